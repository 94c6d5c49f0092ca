/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads the fingerprint database: where it lies, its files, their digest. */
#include "fpdb.h"
#include "markers.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

/* The largest file in the tree has 20 kB; a megabyte is no hand-written text. */
#define FILE_MAX (1 << 20)
#define FILE_FIRST (1 << 14) /* most are smaller; the room is doubled as needed */
/* From the binary up to its build folder: at most tests/fuzz/. */
#define LEVELS_MAX 3

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && name[0] != '.' && strcmp(name + n - k, suffix) == 0;
}

/* The names in a folder that end so, sorted by byte; the array is to be freed, and its names
 * live in the arena. Returns a count or a negative errno. */
static ssize_t
names_in(struct arena *arena, const char *folder, const char *suffix, char ***ret)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	char **v = NULL;
	size_t n = 0;

	*ret = NULL;
	if (!dir)
		return -errno;
	while ((d = readdir(dir))) {
		if (!has_suffix(d->d_name, suffix))
			continue;
		v = xrealloc(v, n + 1, sizeof *v);
		v[n++] = arena_printf(arena, "%s", d->d_name);
	}
	closedir(dir);
	if (n)
		qsort(v, n, sizeof *v, by_name);
	*ret = v;
	return (ssize_t)n;
}

/* The whole file, in the arena. */
static int
read_whole(struct arena *arena, const char *path, struct bytes *ret)
{
	FILE *in = fopen(path, "re");
	size_t n = 0, size = FILE_FIRST, got;
	uint8_t *b = NULL, *larger;
	int r = 0;

	if (!in)
		return -errno;
	do {
		larger = arena_alloc(arena, size);
		if (n)
			memcpy(larger, b, n);
		b = larger;
		got = fread(b + n, 1, size - n, in);
		n += got;
		size *= 2;
	} while (got && n == size / 2 && n <= FILE_MAX);
	if (ferror(in))
		r = -EIO;
	else if (n > FILE_MAX)
		r = -EFBIG;
	fclose(in);
	*ret = (struct bytes){b, n};
	return r;
}

/* Name and length go into the digest too: moving a stanza to another file changes it. */
static void
digest_file(EVP_MD_CTX *digest, const char *name, struct bytes b)
{
	uint64_t n = b.n;
	uint8_t length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)(n >> (56 - 8 * i));
	EVP_DigestUpdate(digest, name, strlen(name) + 1);
	EVP_DigestUpdate(digest, length, sizeof length);
	EVP_DigestUpdate(digest, b.p, b.n);
}

struct load {
	struct fingerprints *db;
	struct complaints *complaints;
	EVP_MD_CTX *digest;
	const char *folder;
};

static void
load_file(struct load *l, const char *sub, const char *name)
{
	struct arena *scratch = arena_new();
	const char *path = arena_printf(scratch, "%s/%s%s", l->folder, sub, name);
	struct bytes b = {0};
	int r = read_whole(scratch, path, &b);

	if (r < 0) {
		complain(l->complaints, path, 1, "%s, expected a readable file of at most %d bytes",
			 strerror(-r), FILE_MAX);
	} else {
		digest_file(l->digest, arena_printf(scratch, "%s%s", sub, name), b);
		if (*sub) {
			char *list = arena_printf(scratch, "%s", name);

			list[strlen(list) - strlen(".txt")] = '\0';
			lists_parse(l->db->lists, list, path, b, l->complaints);
		} else {
			database_parse(l->db, path, b, l->complaints);
		}
	}
	arena_free(scratch);
}

static void
load_folder(struct load *l, const char *sub, const char *suffix)
{
	struct arena *scratch = arena_new();
	const char *folder = arena_printf(scratch, "%s/%s", l->folder, sub);
	char **names;
	ssize_t n = names_in(scratch, folder, suffix, &names);

	if (n < 0 && !(*sub && n == -ENOENT)) /* there need be no lists */
		complain(l->complaints, folder, 0, "%s, expected a folder of fingerprints",
			 strerror((int)-n));
	else if (n == 0 && !*sub)
		complain(l->complaints, folder, 0, "no *.fp file here, expected at least one");
	for (ssize_t i = 0; names && i < n && complaints_go_on(l->complaints); i++)
		load_file(l, sub, names[i]);
	free(names);
	arena_free(scratch);
}

static void
finish_digest(EVP_MD_CTX *digest, char *out)
{
	uint8_t b[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_DigestFinal_ex(digest, b, &n);
	hex_text((struct bytes){b, n}, 32, out);
}

struct fingerprints *
database_load(const char *folder, const struct field *const *tables, struct complaints *c)
{
	struct load l = {database_new(tables), c, EVP_MD_CTX_new(), folder};

	EVP_DigestInit_ex(l.digest, EVP_sha256(), NULL);
	load_folder(&l, "lists/", ".txt");
	if (complaints_go_on(c))
		load_folder(&l, "", ".fp");
	finish_digest(l.digest, l.db->sha256);
	EVP_MD_CTX_free(l.digest);
	if (!complaints_go_on(c)) {
		fingerprints_free(l.db);
		return NULL;
	}
	database_finish(l.db);
	return l.db;
}

bool
fingerprints_is_list(const char *path)
{
	return has_suffix(path, ".csv");
}

void
database_add(struct fingerprints *db, const char *path, struct complaints *c)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	struct bytes b = {0};
	int r = read_whole(db->arena, path, &b);

	if (r < 0) {
		complain(c, path, 1, "%s, expected a readable file of at most %d bytes",
			 strerror(-r), FILE_MAX);
	} else {
		if (!db->markers)
			db->markers = markers_new(db->arena);
		markers_parse(db->markers, path, b, c);
		EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
		EVP_DigestUpdate(digest, db->sha256, sizeof db->sha256);
		digest_file(digest, "", b);
		finish_digest(digest, db->sha256);
	}
	EVP_MD_CTX_free(digest);
}

/* A build folder of meson holds meson-private/ beside or above the binary. */
static bool
runs_from_build_folder(void)
{
	char path[4096], probe[sizeof path + sizeof "/meson-private"];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	struct stat st;

	if (n <= 0)
		return false;
	path[n] = '\0';
	for (int level = 0; level < LEVELS_MAX; level++) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path)
			return false;
		*slash = '\0';
		snprintf(probe, sizeof probe, "%s/meson-private", path);
		if (stat(probe, &st) == 0 && S_ISDIR(st.st_mode))
			return true;
	}
	return false;
}

const char *
fingerprints_default_folder(void)
{
	const char *said = getenv("TAMPERSCOPE_FINGERPRINTS");

	if (said && *said)
		return said;
	if (runs_from_build_folder() && access(SOURCE_FINGERPRINTS, R_OK | X_OK) == 0)
		return SOURCE_FINGERPRINTS;
	return DATADIR "/fingerprints";
}
