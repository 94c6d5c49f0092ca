/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mkdtemp(3), fsync(2) and rename(2). */
#include "case_folder.h"

#include "output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* This version writes a dozen files into it. */
#define NAMES_MOST 32

/* For a signal that ends the program, or exit(3): what would be left. */
static struct {
	int fd;
	const char *volatile folder;
	const char *volatile names[NAMES_MOST];
	volatile size_t n;
} unfinished;

static void
take_away(void)
{
	const char *folder = unfinished.folder;

	if (!folder)
		return;
	for (size_t i = 0; i < unfinished.n; i++)
		unlinkat(unfinished.fd, unfinished.names[i], 0);
	rmdir(folder);
	unfinished.folder = NULL;
	unfinished.n = 0;
}

static bool
is_empty(const char *name)
{
	DIR *d = opendir(name);
	struct dirent *e;
	bool empty = d != NULL;

	while (d && (e = readdir(d)))
		empty &= strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (d)
		closedir(d);
	return empty;
}

static int
check_place(const char *name, char **ret_why)
{
	struct stat st;

	if (lstat(name, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode) && is_empty(name))
		return 0;
	*ret_why = xasprintf("%s: is there already%s; expected the name of a new folder", name,
			     S_ISDIR(st.st_mode) ? " and is not empty" : "");
	return -EEXIST;
}

static char *
without_slashes(const char *name)
{
	size_t n = strlen(name);

	while (n > 1 && name[n - 1] == '/')
		n--;
	return xasprintf("%.*s", (int)n, name);
}

/* A signal between the making of the folder and the note of it would leave it there. */
static int
make_folder(struct case_folder *f)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (mkdtemp(f->temporary) &&
	    (f->fd = open(f->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
		unfinished.fd = f->fd;
		unfinished.folder = f->temporary;
		atexit(take_away); /* without memory the program ends anywhere */
		output_tidy_on_signals(take_away);
	} else {
		r = -errno;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

int
case_folder_begin(const char *name, struct case_folder *ret, char **ret_why)
{
	struct case_folder f = {.final = without_slashes(name), .fd = -1};
	mode_t mask = umask(0);
	int r;

	umask(mask);
	f.temporary = xasprintf("%s.XXXXXX", f.final);
	r = check_place(f.final, ret_why);
	if (!r) {
		r = make_folder(&f);
		if (!r && fchmod(f.fd, 0777 & ~mask) < 0)
			r = -errno;
		if (r)
			*ret_why = xasprintf("%s: cannot be written: %s", name, strerror(-r));
	}
	if (r)
		case_folder_discard(&f);
	else
		*ret = f;
	return r;
}

int
case_folder_create(const struct case_folder *f, const char *name, FILE **ret)
{
	int fd;

	if (unfinished.n == NAMES_MOST)
		return -E2BIG;
	unfinished.names[unfinished.n++] = name;
	fd = openat(f->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	*ret = fdopen(fd, "w+");
	if (!*ret)
		out_of_memory();
	return 0;
}

int
case_folder_sync(FILE *file)
{
	errno = 0;
	if (fflush(file) || ferror(file))
		return errno ? -errno : -EIO;
	/* EINVAL: file systems that know no fsync(2) */
	return fsync(fileno(file)) && errno != EINVAL ? -errno : 0;
}

/* The folder that holds the case must keep its new name, too. */
static void
sync_parent(const char *name)
{
	const char *slash = strrchr(name, '/');
	char *parent =
	    slash ? xasprintf("%.*s", slash > name ? (int)(slash - name) : 1, name) : xstrdup(".");
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(parent);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int
case_folder_commit(struct case_folder *f)
{
	int r = 0;

	if ((fsync(f->fd) && errno != EINVAL) || rename(f->temporary, f->final))
		r = -errno;
	if (!r) {
		unfinished.folder = NULL;
		unfinished.n = 0;
		sync_parent(f->final);
	}
	case_folder_discard(f);
	return r;
}

void
case_folder_discard(struct case_folder *f)
{
	if (unfinished.folder && unfinished.folder == f->temporary)
		take_away();
	output_tidy_on_signals(NULL);
	if (f->fd >= 0)
		close(f->fd);
	free(f->temporary);
	free(f->final);
	*f = (struct case_folder){.fd = -1};
}
