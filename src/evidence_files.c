/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names begin with the finding's time, so that they sort by it, and another run does not use them
 * again. Only what has such a name is ours. */
#include "evidence_files.h"

#include "annotate.h"
#include "output.h"
#include "report_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".pcapng"
#define TEMPORARY ".XXXXXX" /* output.c */

/* "20261123T051002.123456Z" */
static const char *
compact_time(int64_t nsec, char out[TIME_TEXT_MAX])
{
	char text[TIME_TEXT_MAX], *to = out;

	for (const char *p = time_text(nsec, text); *p; p++)
		if (*p != '-' && *p != ':')
			*to++ = *p;
	*to = '\0';
	return out;
}

/* Steps over `pattern`, in which 9 stands for any digit; NULL if it is not there. */
static const char *
skip(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++)
		if (*pattern == '9' ? *text < '0' || *text > '9' : *text != *pattern)
			return NULL;
	return text;
}

/* What follows "TIME-f12-MECHANISM[-2].pcapng", or NULL if it is not one of our names. */
static const char *
after_name(const char *name)
{
	const char *p = skip(name, "99999999T999999.999999Z-f9");
	size_t n;

	if (!p)
		return NULL;
	p += strspn(p, "0123456789");
	if (*p++ != '-')
		return NULL;
	for (unsigned m = 0; m < NMECHANISMS; m++) {
		n = strlen(mechanism_words[m]);
		if (strncmp(p, mechanism_words[m], n) != 0)
			continue;
		n += strspn(p + n, "-0123456789");
		if (strncmp(p + n, SUFFIX, strlen(SUFFIX)) == 0)
			return p + n + strlen(SUFFIX);
	}
	return NULL;
}

static bool
is_ours(const char *name)
{
	const char *rest = after_name(name);

	return rest && !*rest;
}

static bool
is_unfinished(const char *name)
{
	const char *rest = after_name(name);

	return rest && strlen(rest) == strlen(TEMPORARY) && *rest == '.';
}

/* Whoever writes a file holds a lock on it, which dies with him. */
static void
remove_if_orphan(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(folder, name, 0);
	close(fd);
}

int
evidence_files_begin(const struct evidence_files *e, char **ret_why)
{
	const struct dirent *entry;
	DIR *all = opendir(e->folder);

	if (!all || access(e->folder, W_OK | X_OK)) {
		int error = -errno;

		*ret_why =
		    xasprintf("%s: evidence cannot be kept there: %s", e->folder, strerror(-error));
		if (all)
			closedir(all);
		return error;
	}
	while ((entry = readdir(all)))
		if (is_unfinished(entry->d_name))
			remove_if_orphan(dirfd(all), entry->d_name);
	closedir(all);
	return 0;
}

struct kept {
	char *name;
	uint64_t bytes;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->name, ((const struct kept *)b)->name);
}

/* Lists our files, the oldest first. */
static size_t
list(DIR *all, struct kept **ret, uint64_t *ret_bytes)
{
	size_t n = 0, size = 0;
	const struct dirent *entry;
	struct stat file;

	*ret = NULL;
	*ret_bytes = 0;
	while ((entry = readdir(all))) {
		if (!is_ours(entry->d_name) ||
		    fstatat(dirfd(all), entry->d_name, &file, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(file.st_mode))
			continue;
		if (n == size) {
			size = 2 * size + 64;
			*ret = xrealloc(*ret, size, sizeof **ret);
		}
		(*ret)[n++] = (struct kept){xstrdup(entry->d_name), (uint64_t)file.st_size};
		*ret_bytes += (uint64_t)file.st_size;
	}
	if (n)
		qsort(*ret, n, sizeof **ret, by_name);
	return n;
}

/* So that `bytes` more are no more than what is allowed. Returns how many files it took. */
static size_t
make_room(const struct evidence_files *e, uint64_t bytes)
{
	DIR *all = opendir(e->folder);
	struct kept *kept;
	uint64_t sum;
	size_t n, removed = 0;

	if (!all)
		return 0;
	n = list(all, &kept, &sum);
	for (size_t i = 0; i < n; i++) {
		if (sum + bytes > e->most && unlinkat(dirfd(all), kept[i].name, 0) == 0) {
			sum -= kept[i].bytes;
			removed++;
		}
		free(kept[i].name);
	}
	free(kept);
	closedir(all);
	return removed;
}

/* A name that nothing has. */
static char *
path_for(const struct evidence_files *e, const struct finding *f)
{
	char time[TIME_TEXT_MAX], *path = NULL;
	unsigned again = 1;

	compact_time(f->nsec, time);
	do {
		free(path);
		if (again == 1)
			path = xasprintf("%s/%s-f%u-%s" SUFFIX, e->folder, time, f->number,
					 mechanism_words[f->mechanism]);
		else
			path = xasprintf("%s/%s-f%u-%s-%u" SUFFIX, e->folder, time, f->number,
					 mechanism_words[f->mechanism], again);
		again++;
	} while (access(path, F_OK) == 0);
	return path;
}

/* Does the ring hold any of the packets that it cites? */
static bool
is_held(const struct ring *ring, const struct finding *f)
{
	struct frame frame;

	for (uint64_t at = 0; ring_next(ring, &at, &frame);)
		for (size_t i = 0; i < f->ncites; i++)
			if (f->cites[i].at.frame == frame.number &&
			    f->cites[i].at.capture == frame.capture)
				return true;
	return false;
}

static int
write_one(const struct report *r, const struct ring *ring, const struct finding *f, FILE *out)
{
	struct finding *one[] = {(struct finding *)f};
	struct report alone = *r;
	char *why = NULL;
	int error;

	alone.findings = one;
	alone.nfindings = 1;
	error = evidence_write_ring(&alone, ring, out, &why);
	free(why);
	return error ? error : finish(out);
}

int
evidence_files_keep(const struct evidence_files *e, const struct report *r, const struct ring *ring,
		    const struct finding *f, char **ret_name, size_t *ret_removed)
{
	char *path;
	struct stat file = {0};
	struct output out;
	int error;

	*ret_removed = 0;
	if (!is_held(ring, f))
		return -ENODATA;
	path = path_for(e, f);
	error = output_open(path, &out);
	if (!error) {
		flock(fileno(out.file), LOCK_EX);
		error = write_one(r, ring, f, out.file);
		if (!error && fstat(fileno(out.file), &file))
			error = -errno;
		if (!error && e->most && (uint64_t)file.st_size > e->most)
			error = -EFBIG;
		if (!error && e->most)
			*ret_removed = make_room(e, (uint64_t)file.st_size);
		if (error)
			output_discard(&out);
		else
			error = output_keep(&out);
	}
	if (!error)
		*ret_name = xstrdup(path + strlen(e->folder) + 1);
	free(path);
	return error;
}
