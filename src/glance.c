/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The copy says: how many tellings, the tellings, then lines. */
#include "glance.h"

#include "annotate.h"
#include "output.h"
#include "report_parts.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What one look says at most: ten thousand findings of 8 KB. */
#define SAID_MAX ((size_t)96 << 20)
#define READ_BYTES 65536

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

/* One file a finding, which appears when it is whole. */
static int
keep_evidence(const struct glance *g, const struct report *r, const struct finding *f)
{
	struct finding *one[] = {(struct finding *)f};
	struct report alone = *r;
	struct output out;
	char *name, *why = NULL;
	int error;

	if (asprintf(&name, "%s/f%u-%s.pcapng", g->evidence_dir, f->number,
		     mechanism_words[f->mechanism]) < 0)
		return -ENOMEM;
	alone.findings = one;
	alone.nfindings = 1;
	error = output_open(name, &out);
	if (!error) {
		error = evidence_write_ring(&alone, g->ring, out.file, &why);
		if (error)
			output_discard(&out);
		else
			error = output_close(&out);
	}
	free(why);
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

		if (!f) {
			error = tell_withdrawn(&news[i], out);
			continue;
		}
		if (g->evidence_dir)
			error = keep_evidence(g, r, f);
		if (!error)
			error = report_line(f, news[i].revises, out);
	}
	return error;
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
	const struct telling *news = conclude(g, &n);
	int error = tell(g, news, n, out);

	return error ? error : (int)n;
}

/* In the copy; what it says is all that is left of it. */
_Noreturn static void
look(struct glance *g, int fd)
{
	FILE *out = fdopen(fd, "w");
	const struct telling *news;
	size_t n;
	int error;

	if (!out)
		_exit(EXIT_FAILURE);
	news = conclude(g, &n);
	if (n) {
		fwrite(&n, sizeof n, 1, out);
		fwrite(news, sizeof *news, n, out);
	}
	error = tell(g, news, n, out);
	if (error)
		fprintf(stderr, "tamperscope: evidence cannot be kept: %s\n", strerror(-error));
	_exit(fclose(out) || error ? EXIT_FAILURE : EXIT_SUCCESS);
}

int
glance_begin(struct glance *g)
{
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
	size_t n = 0, head;

	if (!wait_for(g))
		return -ECHILD;
	if (g->n < sizeof n)
		return 0;
	memcpy(&n, g->said, sizeof n);
	if (n > (g->n - sizeof n) / sizeof *news)
		return -ECHILD;
	news = xcalloc(n, sizeof *news);
	memcpy(news, g->said + sizeof n, n * sizeof *news);
	told_learn(g->told, news, n);
	free(news);
	head = sizeof n + n * sizeof *news;
	if (fwrite(g->said + head, 1, g->n - head, out) != g->n - head || fflush(out))
		return errno ? -errno : -EIO;
	return (int)n;
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
