/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The copy says: how many tellings, the tellings, what they are counted as, then lines, and at last
 * what it kept. */
#include "glance.h"

#include "output.h"
#include "report_parts.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What one look says at most: ten thousand findings of 8 KB. */
#define SAID_MAX ((size_t)96 << 20)
#define READ_BYTES 65536
/* Of the copy, above the process itself: by the kernel's weights (335 to 1024, sched(7)) it gets a
 * quarter of a core that both want. */
#define LOOK_NICE 5

static const struct finding *
finding_of(const struct report *r, unsigned number)
{
	for (size_t i = 0; i < r->nfindings; i++)
		if (r->findings[i]->number == number)
			return r->findings[i];
	return NULL;
}

static int
tell_withdrawn(const struct telling *t, FILE *out)
{
	return fprintf(out,
		       "{\"type\": \"withdrawal\", \"id\": \"f%u\", \"revises\": \"f%u\", "
		       "\"explanation\": \"what came later speaks against it\"}\n",
		       t->number, t->revises) < 0
		   ? -EIO
		   : 0;
}

/* Without its evidence a finding is told all the same. */
static int
tell_finding(struct glance *g, const struct finding *f, unsigned revises, FILE *out)
{
	struct beside b = {.revises = revises};
	char *name = NULL;
	size_t removed;
	int error;

	if (g->evidence.folder) {
		error = evidence_files_keep(&g->evidence, analysis_report(g->analysis), g->ring, f,
					    &name, &removed);
		if (error != -ENODATA)
			g->kept.error = error;
		g->kept.files += !error;
		g->kept.removed += removed;
		b.evidence = name;
		if (error)
			b.evidence_error = error == -ENODATA
					       ? "its packets were captured too long ago"
					       : strerror(-error);
	}
	error = report_line(f, &b, out);
	free(name);
	return error;
}

static int
tell(struct glance *g, const struct telling *news, size_t n, FILE *out)
{
	const struct report *r = analysis_report(g->analysis);
	int error = 0;

	for (size_t i = 0; i < n && !error; i++) {
		const struct finding *f = finding_of(r, news[i].number);

		error =
		    f ? tell_finding(g, f, news[i].revises, out) : tell_withdrawn(&news[i], out);
	}
	return error;
}

/* The target that a reader is told of: a service rather than the names that belong to it. */
static enum target_kind
kind_of(const struct report *r, unsigned number)
{
	enum target_kind kind = NTARGETKINDS;

	for (size_t i = 0; i < r->ntargets; i++) {
		const struct target *t = &r->targets[i];

		for (size_t k = 0; k < t->nfindings; k++) {
			if (t->findings[k] != number)
				continue;
			if (kind == NTARGETKINDS || t->kind == TARGET_SERVICE)
				kind = t->kind;
		}
	}
	return kind == NTARGETKINDS ? TARGET_ADDRESS : kind;
}

static void
count_news(const struct report *r, const struct telling *news, size_t n, struct told_counts *ret)
{
	*ret = (struct told_counts){0};
	for (size_t i = 0; i < n; i++) {
		if (news[i].withdrawn)
			ret->withdrawn++;
		else if (news[i].revises)
			ret->revised++;
		else
			ret->findings[news[i].mechanism][kind_of(r, news[i].number)]++;
	}
}

void
told_counts_add(struct told_counts *sum, const struct told_counts *more)
{
	for (unsigned m = 0; m < NMECHANISMS; m++)
		for (unsigned k = 0; k < NTARGETKINDS; k++)
			sum->findings[m][k] += more->findings[m][k];
	sum->revised += more->revised;
	sum->withdrawn += more->withdrawn;
}

static const struct telling *
conclude(struct glance *g, size_t *ret_n)
{
	told_begin(g->told);
	analysis_end(g->analysis);
	return told_news(g->told, g->since, ret_n);
}

int
glance_last(struct glance *g, FILE *out)
{
	size_t n;
	const struct telling *news;
	struct told_counts counts;
	int error;

	g->kept = (struct glance_kept){0};
	news = conclude(g, &n);
	error = tell(g, news, n, out);
	count_news(analysis_report(g->analysis), news, n, &counts);
	told_counts_add(&g->counts, &counts);
	return error ? error : (int)n;
}

/* In the copy; what it says is all that is left of it. */
_Noreturn static void
look(struct glance *g, int fd)
{
	FILE *out = fdopen(fd, "w");
	const struct telling *news;
	struct told_counts counts;
	size_t n;
	int error;

	if (!out)
		_exit(EXIT_FAILURE);
	g->kept = (struct glance_kept){0};
	news = conclude(g, &n);
	if (n) {
		fwrite(&n, sizeof n, 1, out);
		fwrite(news, sizeof *news, n, out);
		count_news(analysis_report(g->analysis), news, n, &counts);
		fwrite(&counts, sizeof counts, 1, out);
	}
	error = tell(g, news, n, out);
	if (n)
		fwrite(&g->kept, sizeof g->kept, 1, out);
	/* Not closed here: the end of the pipe comes when the memory is given back, and nobody
	 * waits for that. */
	_exit(fflush(out) || error ? EXIT_FAILURE : EXIT_SUCCESS);
}

int
glance_begin(struct glance *g)
{
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	g->process = fork();
	if (g->process < 0) {
		int error = -errno;

		g->process = 0;
		close(fds[0]);
		close(fds[1]);
		return error;
	}
	if (g->process == 0) {
		close(fds[0]);
		/* Nobody hears what is said when the process itself is gone. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Where cores are short, capturing comes first. */
		setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + LOOK_NICE);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		/* Who ends the watching waits for what is being said. */
		signal(SIGINT, SIG_IGN);  /* NOLINT(cert-err33-c): cannot fail */
		signal(SIGTERM, SIG_IGN); /* NOLINT(cert-err33-c) */
		signal(SIGHUP, SIG_IGN);  /* NOLINT(cert-err33-c) */
		look(g, fds[1]);
	}
	close(fds[1]);
	g->fd = fds[0];
	g->n = 0;
	return 0;
}

bool
glance_read(struct glance *g)
{
	ssize_t n;

	if (g->size - g->n < READ_BYTES && g->size < SAID_MAX) {
		g->size = 2 * g->size + READ_BYTES;
		g->said = xrealloc(g->said, g->size, 1);
	}
	n = read(g->fd, g->said + g->n, g->size - g->n);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n > 0)
		g->n += (size_t)n;
	return n <= 0;
}

/* Returns whether it ended well. */
static bool
wait_for(struct glance *g)
{
	int status = 0;

	close(g->fd);
	while (waitpid(g->process, &status, 0) < 0 && errno == EINTR)
		;
	g->process = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

int
glance_end(struct glance *g, FILE *out)
{
	struct telling *news;
	struct told_counts counts;
	size_t n = 0, head;
	int error;

	g->kept = (struct glance_kept){0};
	if (!wait_for(g))
		return -ECHILD;
	if (g->n < sizeof n + sizeof counts + sizeof g->kept)
		return g->n ? -ECHILD : 0;
	memcpy(&n, g->said, sizeof n);
	g->n -= sizeof g->kept;
	memcpy(&g->kept, g->said + g->n, sizeof g->kept);
	if (n > (g->n - sizeof n - sizeof counts) / sizeof *news)
		return -ECHILD;
	news = xcalloc(n, sizeof *news);
	memcpy(news, g->said + sizeof n, n * sizeof *news);
	told_learn(g->told, news, n);
	free(news);
	head = sizeof n + n * sizeof *news;
	memcpy(&counts, g->said + head, sizeof counts);
	told_counts_add(&g->counts, &counts);
	head += sizeof counts;
	error = output_lines(out, g->said + head, g->n - head);
	return error ? error : (int)n;
}

void
glance_stop(struct glance *g)
{
	if (g->process) {
		kill(g->process, SIGKILL);
		wait_for(g);
	}
	free(g->said);
	g->said = NULL;
	g->n = g->size = 0;
}
