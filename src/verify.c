/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verifies a case: its files by the manifest, the manifest by what vouches for it, and all of it by
 * doing it again. The folder may have come from anybody. */
#include "verify.h"

#include "case_manifest.h"
#include "case_outputs.h"
#include "printable.h"
#include "sign.h"
#include "timestamp.h"
#include "verify_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many files that do not belong there are named; more are counted. */
#define EXTRA_MOST 50
/* Of 64 digits, two blanks and a name; this version writes a dozen lines. */
#define SUMS_MAX (1 << 20)

void
verify_say(struct verifying *v, enum remark remark, const char *what, const char *fmt, ...)
{
	static const char *const words[] = {
	    [FINE] = "intact",         [NOTED] = "note",  [CHANGED] = "changed",
	    [MISSING] = "missing",     [EXTRA] = "extra", [SAME] = "same",
	    [DIFFERENT] = "different", [BAD] = "bad",     [GOOD] = "good"};
	char *text, *line, *shown;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	line = xasprintf("%s%s%s", what, *text ? ": " : "", text);
	shown = printable(line);
	fprintf(v->out, "%-9s  %s\n", words[remark], shown);
	free(shown);
	free(line);
	free(text);
	v->wrong += remark == CHANGED || remark == MISSING || remark == EXTRA ||
		    remark == DIFFERENT || remark == BAD;
}

/* Says why a file of the folder cannot be read. */
static void
say_unreadable(struct verifying *v, const char *name, int error)
{
	if (error == -ENOENT)
		verify_say(v, MISSING, name, "expected here");
	else if (error == -ELOOP)
		verify_say(v, CHANGED, name, "a symbolic link, expected a file");
	else if (error == -EINVAL)
		verify_say(v, CHANGED, name, "no regular file");
	else if (error == -EFBIG)
		verify_say(v, CHANGED, name, "larger than any that a case has");
	else
		verify_say(v, CHANGED, name, "cannot be read: %s", strerror(-error));
}

/* A file that stands for itself, or an empty text if it is not there; then it was told. */
static bool
read_file(struct verifying *v, const char *name, size_t most, struct bytes *ret)
{
	uint8_t *text = NULL;
	size_t n = 0;
	int r = file_read_in(v->folder, name, most, &text, &n);

	if (r)
		say_unreadable(v, name, r);
	*ret = (struct bytes){text, n};
	return r == 0;
}

/* What SHA256SUMS says of a file: 64 digits, or NULL. */
static const char *
said_of(const struct verifying *v, const char *name)
{
	const char *line = (const char *)v->sums.p;
	size_t n = strlen(name);

	while (line && *line) {
		size_t length = strcspn(line, "\n");

		if (length == SUM256_HEX + 2 + n && strncmp(line + SUM256_HEX, "  ", 2) == 0 &&
		    strncmp(line + SUM256_HEX + 2, name, n) == 0)
			return line;
		line += length + (line[length] == '\n');
	}
	return NULL;
}

static bool
says_of(const struct verifying *v, const char *name, const struct file_sums *sums)
{
	const char *said = said_of(v, name);

	return said && strncmp(said, sums->sha256, SUM256_HEX) == 0;
}

static void
check_file(struct verifying *v, const struct case_file *f)
{
	struct file_sums now = {0};
	int fd = file_open_in(v->folder, f->name), r = 0;
	struct stat st;

	if (fd < 0) {
		say_unreadable(v, f->name, fd);
		return;
	}
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size != f->sums.size) {
		verify_say(v, CHANGED, f->name, "expected %llu bytes, found %lld",
			   (unsigned long long)f->sums.size, (long long)st.st_size);
		close(fd);
		return;
	}
	r = file_sums(fd, false, f->sums.size, &now);
	close(fd);
	if (r)
		say_unreadable(v, f->name, r);
	else if (strcmp(now.sha256, f->sums.sha256) == 0)
		verify_say(v, FINE, f->name, "%llu bytes", (unsigned long long)now.size);
	else if (!v->manifest_vouched && says_of(v, f->name, &now))
		verify_say(v, FINE, f->name, "by " SUMS_FILE ", not by the manifest");
	else
		verify_say(v, CHANGED, f->name, "expected SHA-256 %s, found %s", f->sums.sha256,
			   now.sha256);
}

static struct sign_key *
folder_key(struct verifying *v)
{
	struct sign_key *key = NULL;
	uint8_t *pem;
	size_t n;

	if (file_read_in(v->folder, PUBLIC_FILE, SUMS_MAX, &pem, &n))
		return NULL;
	key = sign_key_parse((struct bytes){pem, n});
	free(pem);
	return key;
}

/* Whose key the folder's is, if that was said. */
static void
check_pin(struct verifying *v, const struct sign_key *key)
{
	uint8_t here[PUBLIC_BYTES], pinned[PUBLIC_BYTES];

	sign_public_bytes(key, here);
	if (!v->pin) {
		char hex[2 * PUBLIC_BYTES + 1];

		verify_say(v, NOTED, "signature",
			   "made by the key %s; whose that is, only --public can tell",
			   hex_text((struct bytes){here, sizeof here}, sizeof here, hex));
		return;
	}
	sign_public_bytes(v->pin, pinned);
	if (memcmp(here, pinned, sizeof here) == 0)
		verify_say(v, GOOD, PUBLIC_FILE, "it is the key of --public");
	else
		verify_say(v, BAD, PUBLIC_FILE, "another key than that of --public");
}

/* True if the signature vouches for the manifest. */
static bool
check_signature(struct verifying *v)
{
	struct sign_key *key = folder_key(v);
	const struct sign_key *by = v->pin ? v->pin : key;
	bool good = by && v->signature.p && sign_is_good(by, v->text, v->signature);

	if (!by)
		verify_say(v, BAD, SIGNATURE_FILE, "there is no key to check it with");
	else if (good)
		verify_say(v, GOOD, SIGNATURE_FILE, "the manifest is what was signed");
	else if (v->signature.p)
		verify_say(v, BAD, SIGNATURE_FILE, "not a signature of this manifest by this key");
	if (key)
		check_pin(v, key);
	sign_key_free(key);
	return good;
}

/* Which of those that vouch for the manifest does not say what the others say? Two against one are
 * right; one against one leaves the manifest intact and blames the other. */
static void
check_seals(struct verifying *v)
{
	struct bytes query = {0};
	struct file_sums sums;
	struct case_seals seals;
	bool by_sums, by_query, by_signature = false;
	char *expected;

	bytes_sums(v->text, &sums);
	v->query_now = timestamp_query(v->text, &v->nquery_now);
	read_file(v, QUERY_FILE, STAMP_MAX, &query);
	if (v->manifest.is_signed) {
		read_file(v, SIGNATURE_FILE, SUMS_MAX, &v->signature);
		by_signature = check_signature(v);
	} else if (v->pin) {
		verify_say(v, BAD, SIGNATURE_FILE, "expected for --public, but nobody signed this");
	}
	by_sums = says_of(v, MANIFEST_FILE, &sums);
	by_query = query.n == v->nquery_now && memcmp(query.p, v->query_now, query.n) == 0;
	v->manifest_vouched = by_sums || by_query || by_signature;
	if (v->manifest_vouched)
		verify_say(v, FINE, MANIFEST_FILE, "SHA-256 %s", sums.sha256);
	else
		verify_say(v, CHANGED, MANIFEST_FILE,
			   "SHA-256 %s; neither " SUMS_FILE " nor " QUERY_FILE
			   " say that it was so",
			   sums.sha256);
	if (query.p && by_query)
		verify_say(v, FINE, QUERY_FILE, "the query for this manifest");
	else if (query.p && v->manifest_vouched)
		verify_say(v, CHANGED, QUERY_FILE, "not the query for this manifest");
	seals = (struct case_seals){v->text, query, v->signature};
	expected = case_sums(&v->manifest, &seals);
	if (v->sums.p && v->sums.n == strlen(expected) &&
	    memcmp(v->sums.p, expected, v->sums.n) == 0)
		verify_say(v, FINE, SUMS_FILE, "it says the same");
	else if (v->sums.p && v->manifest_vouched)
		verify_say(v, CHANGED, SUMS_FILE, "not what the manifest and the files say");
	free(expected);
	free((void *)query.p);
}

static void
check_stamp(struct verifying *v, const char *authorities, char **ret_why)
{
	struct stamp stamp;
	uint8_t *answer;
	size_t n;
	int r = file_read_in(v->folder, STAMP_FILE, STAMP_MAX, &answer, &n);

	if (r) {
		if (r != -ENOENT || authorities)
			say_unreadable(v, STAMP_FILE, r);
		return;
	}
	r = timestamp_check((struct bytes){answer, n}, v->text, authorities, &stamp, ret_why);
	free(answer);
	if (r)
		return;
	if (stamp.state == STAMP_BAD)
		verify_say(v, BAD, STAMP_FILE, "no time stamp of this manifest: %s", stamp.why);
	else if (stamp.state == STAMP_FITS)
		verify_say(v, GOOD, STAMP_FILE,
			   "the manifest was stamped at %s; whose stamp that is, only --tsa can "
			   "tell",
			   stamp.time);
	else
		verify_say(v, GOOD, STAMP_FILE, "the manifest was stamped at %s by one of --tsa",
			   stamp.time);
}

static bool
belongs(const struct verifying *v, const char *name)
{
	static const char *const others[] = {MANIFEST_FILE, SUMS_FILE, QUERY_FILE,
					     STAMP_FILE,    ".",       ".."};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(others[i], name) == 0)
			return true;
	return manifest_file(&v->manifest, name) ||
	       (v->manifest.is_signed && strcmp(name, SIGNATURE_FILE) == 0);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
check_extra(struct verifying *v)
{
	int fd = openat(v->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const char *extra[EXTRA_MOST];
	size_t n = 0;
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (!belongs(v, e->d_name) && n++ < EXTRA_MOST)
			extra[n - 1] = arena_printf(v->arena, "%s", e->d_name);
	if (d)
		closedir(d);
	qsort(extra, n < EXTRA_MOST ? n : EXTRA_MOST, sizeof *extra, by_name);
	for (size_t i = 0; i < n && i < EXTRA_MOST; i++)
		verify_say(v, EXTRA, extra[i], "the case does not know it");
	if (n > EXTRA_MOST)
		verify_say(v, EXTRA, "and", "%zu more", n - EXTRA_MOST);
}

/* What nobody signed proves only that nothing happened by accident. */
static void
say_what_it_proves(struct verifying *v)
{
	if (!v->manifest.is_signed)
		verify_say(v, NOTED, "signature",
			   "nobody signed this: who changed a file could have made all digests "
			   "anew; compare the SHA-256 of " MANIFEST_FILE
			   " with one that came another way");
}

static int
check_folder(struct verifying *v, const struct verify_request *q, char **ret_why)
{
	char *why = NULL;

	if (!read_file(v, MANIFEST_FILE, MANIFEST_MAX, &v->text)) {
		v->wrong_here = v->wrong;
		return 0;
	}
	if (manifest_parse(v->arena, v->text, &v->manifest, &why)) {
		verify_say(v, CHANGED, MANIFEST_FILE, "not what a case has there: %s", why);
		free(why);
		v->wrong_here = v->wrong;
		return 0;
	}
	read_file(v, SUMS_FILE, SUMS_MAX, &v->sums);
	check_seals(v);
	for (size_t i = 0; i < v->manifest.nfiles; i++)
		check_file(v, &v->manifest.files[i]);
	check_extra(v);
	check_stamp(v, q->authorities, ret_why);
	if (*ret_why)
		return -EINVAL;
	say_what_it_proves(v);
	v->wrong_here = v->wrong;
	return verify_again(v, q, ret_why);
}

static void
conclude(const struct verifying *v)
{
	unsigned n = v->wrong;
	const char *things = n == 1 ? "thing" : "things";

	if (n > v->wrong_here && v->wrong_here == 0)
		fprintf(v->out,
			"\nThe folder is intact, but it could not be made again as it is: %u %s to "
			"look at above.\n",
			n, things);
	else if (n)
		fprintf(v->out, "\nNot as it was made: %u %s to look at above.\n", n, things);
	else if (v->made_again)
		fputs("\nIntact, and made again from the originals byte for byte.\n", v->out);
	else
		fputs("\nIntact. The originals were not asked for (--originals).\n", v->out);
}

int
verify_case(const struct verify_request *q, FILE *out, char **ret_why)
{
	struct verifying v = {.out = out, .folder = -1};
	int r = 0;

	v.folder = open(q->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (v.folder < 0) {
		r = -errno;
		*ret_why =
		    xasprintf("%s: expected the folder of a case: %s", q->folder, strerror(-r));
		return r;
	}
	v.arena = arena_new();
	if (q->public_key)
		r = sign_key_public(q->public_key, &v.pin, ret_why);
	if (!r)
		r = check_folder(&v, q, ret_why);
	if (!r)
		conclude(&v);
	sign_key_free(v.pin);
	free((void *)v.text.p);
	free((void *)v.sums.p);
	free((void *)v.signature.p);
	free(v.query_now);
	arena_free(v.arena);
	close(v.folder);
	return r ? r : v.wrong == 0;
}
