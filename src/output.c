/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes to a temporary name beside the final one, and renames (rename(2) is atomic). */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The temporary files, for a signal that ends the program: a report, its evidence, a log. */
#define UNFINISHED_MAX 8
static const char *volatile unfinished[UNFINISHED_MAX];
/* Other things to take away then. */
static void (*volatile tidy)(void);

static void
ended(int signal_number)
{
	for (size_t i = 0; i < UNFINISHED_MAX; i++)
		if (unfinished[i])
			unlink(unfinished[i]);
	if (tidy)
		tidy();
	signal(signal_number,
	       SIG_DFL);      /* NOLINT(cert-err33-c,cert-sig30-c,bugprone-signal-handler) */
	raise(signal_number); /* NOLINT(cert-sig30-c,bugprone-signal-handler): POSIX allows both */
}

static void
catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = ended}, before;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
}

/* Notes a temporary file in the place of another, or of none. */
static void
note_unfinished(const char *before, const char *now)
{
	for (size_t i = 0; i < UNFINISHED_MAX; i++) {
		if (unfinished[i] != before)
			continue;
		unfinished[i] = now;
		return;
	}
}

void
output_tidy_on_signals(void (*take_away)(void))
{
	tidy = take_away;
	if (take_away)
		catch_signals();
}

/* What open(2) would give a new file; mkstemp(3) gives less. */
static mode_t
mode_for(const struct stat *old)
{
	mode_t mask;

	if (old)
		return old->st_mode & 07777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static int
open_temporary(struct output *o, const struct stat *old)
{
	int fd, error;

	o->temporary = xcalloc(strlen(o->final) + sizeof ".XXXXXX", 1);
	stpcpy(stpcpy(o->temporary, o->final), ".XXXXXX");
	fd = mkstemp(o->temporary);
	if (fd < 0) {
		error = -errno;
		free(o->temporary);
		o->temporary = NULL;
		return error;
	}
	note_unfinished(NULL, o->temporary);
	catch_signals();
	if (fchmod(fd, mode_for(old)) == 0 && (o->file = fdopen(fd, "w")))
		return 0;
	error = -errno;
	close(fd);
	return error;
}

int
output_open(const char *name, struct output *ret)
{
	struct output o = {.file = stdout, .name = "standard output"};
	struct stat old;
	bool exists;
	int error = 0;

	if (!name) {
		*ret = o;
		return 0;
	}
	o.name = name;
	exists = stat(name, &old) == 0;
	if (exists && S_ISDIR(old.st_mode))
		return -EISDIR;
	if (exists && !S_ISREG(old.st_mode)) {
		o.file = fopen(name, "we");
		error = o.file ? 0 : -errno;
	} else if (exists && access(name, W_OK)) {
		error = -errno; /* a file that must not be written must not be replaced either */
	} else {
		/* A symbolic link stays one: the file that it names is what is written. */
		o.final = exists ? realpath(name, NULL) : xstrdup(name);
		error = o.final ? open_temporary(&o, exists ? &old : NULL) : -errno;
	}
	if (error) {
		o.file = NULL;
		output_discard(&o);
		return error;
	}
	*ret = o;
	return 0;
}

int
output_append(const char *name, struct output *ret)
{
	struct output o = {.name = name, .file = fopen(name, "ae")};

	if (!o.file)
		return -errno;
	*ret = o;
	return 0;
}

int
output_lines(FILE *out, const void *lines, size_t n)
{
	struct stat before;
	bool regular = fstat(fileno(out), &before) == 0 && S_ISREG(before.st_mode);
	int error;

	errno = 0;
	if (fwrite(lines, 1, n, out) == n && fflush(out) == 0)
		return 0;
	error = errno ? -errno : -EIO;
	__fpurge(out);
	clearerr(out);
	return regular && ftruncate(fileno(out), before.st_size) ? -errno : error;
}

int
output_close(struct output *o)
{
	int error = 0;

	errno = 0;
	if (ferror(o->file))
		error = -EIO;
	if (fclose(o->file) && !error)
		error = errno ? -errno : -EIO;
	o->file = NULL;
	if (!error && o->temporary && rename(o->temporary, o->final))
		error = -errno;
	if (!error && o->temporary) {
		note_unfinished(o->temporary, NULL);
		free(o->temporary);
		o->temporary = NULL;
	}
	output_discard(o);
	return error;
}

/* Some file systems cannot, and say so. */
static int
sync_fd(int fd)
{
	return fsync(fd) && errno != EINVAL && errno != ENOTSUP ? -errno : 0;
}

static int
sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int error = fd < 0 ? -errno : sync_fd(fd);

	if (fd >= 0)
		close(fd);
	free(folder);
	return error == -EACCES ? 0 : error; /* a folder may be written and not read */
}

int
output_keep(struct output *o)
{
	char *final = o->final && o->temporary ? xstrdup(o->final) : NULL;
	int error = 0;

	if (final && (fflush(o->file) || (error = sync_fd(fileno(o->file))))) {
		error = error ? error : errno ? -errno : -EIO;
		output_discard(o);
	} else {
		error = output_close(o);
	}
	if (!error && final)
		error = sync_folder_of(final);
	free(final);
	return error;
}

void
output_discard(struct output *o)
{
	if (o->file && o->file != stdout)
		fclose(o->file);
	if (o->temporary) {
		note_unfinished(o->temporary, NULL);
		unlink(o->temporary);
	}
	free(o->temporary);
	free(o->final);
	*o = (struct output){0};
}

bool
output_is(const char *name, const char *input)
{
	struct stat a, b;

	return stat(name, &a) == 0 && stat(input, &b) == 0 && S_ISREG(a.st_mode) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}
