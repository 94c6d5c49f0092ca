/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers are forked by one that has everything open, and has no rights any more. */
#include "workers.h"

#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MSEC 100
#define READ_BYTES 65536
/* A line that is longer is none: a finding takes 8 KB. */
#define LINE_MAX_BYTES ((size_t)96 << 20)
/* How long those that are to end because one died may take: twice what a look at full tables takes.
 * Then they are killed. */
#define PATIENCE (20 * NSEC_PER_SEC)

struct worker {
	pid_t process; /* 0: it ended */
	int fd;
	char *said; /* and not yet passed on: no whole line */
	size_t n, size;
};

struct workers {
	const struct workers_options *o;
	struct output *out;
	struct worker *each;
	struct live_state *states;
	struct pollfd *polled;
	struct statusline status;
	unsigned running;
	bool ending;      /* all were told to */
	int64_t deadline; /* then they are killed; 0: never */
	bool failed;
	char *died; /* who was the first, and how */
	int error;  /* of writing */
};

static void
send_all(struct workers *w, int number)
{
	for (unsigned i = 0; i < w->o->n; i++)
		if (w->each[i].process > 0)
			kill(w->each[i].process, number);
}

static void
end_all(struct workers *w, bool one_died)
{
	if (one_died && !w->deadline)
		w->deadline = clock_steady() + PATIENCE;
	if (!w->ending)
		send_all(w, SIGTERM);
	w->ending = true;
}

/* In the copy. */
_Noreturn static void
work(struct workers *w, unsigned number, int fd)
{
	for (unsigned i = 0; i < number; i++)
		close(w->each[i].fd);
	/* Who leads reopens files and tells how it goes. */
	signal(SIGHUP, SIG_IGN);  /* NOLINT(cert-err33-c): cannot fail */
	signal(SIGUSR1, SIG_IGN); /* NOLINT(cert-err33-c) */
	_exit(w->o->work(w->o->context, number, fd, &w->states[number]));
}

static int
start(struct workers *w, unsigned number)
{
	struct worker *new = &w->each[number];
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	new->process = fork();
	if (new->process < 0) {
		int error = -errno;

		new->process = 0;
		close(fds[0]);
		close(fds[1]);
		return error;
	}
	if (new->process == 0) {
		close(fds[0]);
		work(w, number, fds[1]);
	}
	close(fds[1]);
	new->fd = fds[0];
	w->running++;
	return 0;
}

/* Whole lines only: others may stand between two. */
static void
pass_lines(struct workers *w, struct worker *one)
{
	const char *last = memrchr(one->said, '\n', one->n);
	size_t n = last ? (size_t)(last - one->said) + 1 : 0;

	if (n && !w->error)
		w->error = output_lines(w->out->file, one->said, n);
	one->n -= n;
	memmove(one->said, one->said + n, one->n);
}

static void
note_end(struct workers *w, unsigned number)
{
	struct worker *one = &w->each[number];
	int status = 0;

	while (waitpid(one->process, &status, 0) < 0 && errno == EINTR)
		;
	close(one->fd);
	one->process = 0;
	w->running--;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		end_all(w, false);
		return;
	}
	w->failed = true;
	if (!w->died && (WIFSIGNALED(status)
			     ? asprintf(&w->died,
					"worker %u was ended by signal %d (%s); the others are "
					"ended, too",
					number + 1, WTERMSIG(status), strsignal(WTERMSIG(status)))
			     : asprintf(&w->died, "worker %u failed; the others are ended, too",
					number + 1)) < 0)
		w->died = NULL;
	end_all(w, true);
}

static void
hear(struct workers *w, unsigned number)
{
	struct worker *one = &w->each[number];
	ssize_t n;

	if (one->size - one->n < READ_BYTES) {
		one->size = 2 * one->size + READ_BYTES;
		one->said = xrealloc(one->said, one->size, 1);
	}
	n = read(one->fd, one->said + one->n, one->size - one->n);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0) {
		one->n += (size_t)n;
		pass_lines(w, one);
		if (one->n < LINE_MAX_BYTES)
			return;
		kill(one->process, SIGKILL);
	}
	note_end(w, number);
}

static struct live_state
sum(const struct workers *w)
{
	struct live_state all = {0};

	for (unsigned i = 0; i < w->o->n; i++) {
		const struct live_state one = w->states[i];

		all.frames += one.frames;
		all.dropped += one.dropped;
		all.findings += one.findings;
		all.open_flows += one.open_flows;
	}
	return all;
}

static void
wait_for_some(struct workers *w)
{
	for (unsigned i = 0; i < w->o->n; i++)
		w->polled[i] = (struct pollfd){.fd = w->each[i].process ? w->each[i].fd : -1,
					       .events = POLLIN};
	if (poll(w->polled, w->o->n, WAIT_MSEC) <= 0)
		return;
	for (unsigned i = 0; i < w->o->n; i++)
		if (w->polled[i].revents)
			hear(w, i);
}

static void
reopen(struct workers *w)
{
	struct output anew;
	int error;

	signal_reopen = 0;
	if (!w->o->name || w->error)
		return;
	error = output_append(w->o->name, &anew);
	if (error) {
		statusline_clear(&w->status);
		w->o->tell("%s: cannot be opened anew: %s; the file before is written on",
			   w->o->name, strerror(-error));
		return;
	}
	w->error = output_close(w->out);
	*w->out = anew;
}

static void
turn(struct workers *w, int64_t began)
{
	const struct workers_options *o = w->o;
	struct live_state all;

	wait_for_some(w);
	all = sum(w);
	if (signal_tell) {
		signal_tell = 0;
		statusline_clear(&w->status);
		state_tell(&all, o->tell);
	}
	if (signal_reopen)
		reopen(w);
	if (signal_stop || w->error || (o->count && all.frames >= o->count) ||
	    (o->duration && clock_steady() - began >= o->duration))
		end_all(w, w->error != 0);
	if (w->deadline && clock_steady() >= w->deadline)
		send_all(w, SIGKILL);
	o->turn(o->context, false);
	statusline_draw(&w->status, &all);
}

/* Memory that workers write and their parent reads. */
static int
share_states(struct workers *w)
{
	w->states = mmap(NULL, w->o->n * sizeof *w->states, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->states != MAP_FAILED)
		return 0;
	w->states = NULL;
	return -ENOMEM;
}

static int
start_all(struct workers *w, char **ret_why)
{
	int error = share_states(w);

	fflush(w->out->file);
	for (unsigned i = 0; i < w->o->n && !error; i++)
		error = start(w, i);
	if (error &&
	    asprintf(ret_why, "%u workers cannot be started: %s", w->o->n, strerror(-error)) < 0)
		*ret_why = NULL;
	if (error)
		end_all(w, true);
	return error;
}

int
workers_run(const struct workers_options *o, struct output *out, char **ret_why)
{
	struct workers w = {.o = o, .out = out};
	int64_t began = clock_steady();
	struct live_state all;
	int error;

	w.each = xcalloc(o->n, sizeof *w.each);
	w.polled = xcalloc(o->n, sizeof *w.polled);
	w.status = (struct statusline){.drawn = !o->quiet && isatty(STDERR_FILENO), .nsec = began};
	error = start_all(&w, ret_why);
	while (w.running)
		turn(&w, began);
	statusline_clear(&w.status);
	o->turn(o->context, true);
	if (!error && !o->quiet) {
		all = sum(&w);
		state_tell(&all, o->tell);
	}
	for (unsigned i = 0; i < o->n; i++)
		free(w.each[i].said);
	if (w.states)
		munmap(w.states, o->n * sizeof *w.states);
	free(w.each);
	free(w.polled);
	if (!error && w.died)
		*ret_why = w.died;
	else
		free(w.died);
	return error ? error : w.error ? w.error : w.failed ? -ECHILD : 0;
}
