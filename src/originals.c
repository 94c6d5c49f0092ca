/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks through folders and hashes what has the size of an original. */
#include "originals.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders that are open at once; nftw(3) goes deeper, and takes longer. */
#define FOLDERS_OPEN 20

/* nftw(3) hands nothing through. */
static struct {
	const struct manifest *manifest;
	bool redacted;
	char **found;
	size_t left;
} search;

static const struct file_sums *
sums_of(size_t i)
{
	const struct original *o = &search.manifest->originals[i];

	return search.redacted ? &o->redacted : &o->sums;
}

static bool
is_wanted(uint64_t size)
{
	for (size_t i = 0; i < search.manifest->noriginals; i++)
		if (!search.found[i] && sums_of(i)->size == size)
			return true;
	return false;
}

static void
take(const char *path, const struct file_sums *sums)
{
	for (size_t i = 0; i < search.manifest->noriginals; i++) {
		const struct file_sums *s = sums_of(i);

		if (search.found[i] || s->size != sums->size ||
		    strcmp(s->sha256, sums->sha256) != 0 ||
		    (*s->sha512 && strcmp(s->sha512, sums->sha512) != 0))
			continue;
		search.found[i] = xstrdup(path);
		search.left--;
		return;
	}
}

static void
look_at(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct file_sums sums;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_wanted((uint64_t)st.st_size) &&
	    file_sums(fd, true, (uint64_t)st.st_size, &sums) == 0)
		take(path, &sums);
	close(fd);
}

/* A link to a folder is not followed, as it may lead round in a circle; one to a file is. */
static int
visit(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)where;
	if (kind == FTW_F || kind == FTW_SL)
		look_at(path);
	return search.left == 0;
}

static int
look_in(const char *place, char **ret_why)
{
	struct stat st;
	char *real = NULL;

	if (stat(place, &st) < 0 || !(real = realpath(place, NULL))) {
		*ret_why = xasprintf("--originals %s: %s", place, strerror(errno));
		return -EINVAL;
	}
	if (S_ISDIR(st.st_mode))
		nftw(real, visit, FOLDERS_OPEN, FTW_PHYS);
	else
		look_at(real);
	free(real);
	return 0;
}

char **
originals_find(const struct manifest *m, bool redacted, const char *const *places, size_t nplaces,
	       char **ret_why)
{
	int r = 0;

	search.manifest = m;
	search.redacted = redacted;
	search.left = m->noriginals;
	search.found = xcalloc(m->noriginals, sizeof(char *));
	for (size_t i = 0; i < nplaces && !r && search.left; i++)
		r = look_in(places[i], ret_why);
	if (!r)
		return search.found;
	originals_free(search.found, m);
	return NULL;
}

void
originals_free(char **paths, const struct manifest *m)
{
	for (size_t i = 0; paths && i < m->noriginals; i++)
		free(paths[i]);
	free(paths);
}
