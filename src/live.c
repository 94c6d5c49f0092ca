/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop. Frames go into the analysis and into the ring; once a second, if there were any, a copy
 * of the process looks at what can be said (glance.c). */
#include "live.h"

#include "capture.h"
#include "glance.h"
#include "recording.h"
#include "report_parts.h"
#include "safety.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* How long a wait for frames lasts at most. */
#define WAIT_MSEC 100LL
/* Time between two looks, and the part of all time that looks may take. */
#define LOOK_EVERY NSEC_PER_SEC
#define LOOK_SHARE 3

struct live {
	const struct live_options *o;
	void (*tell)(const char *fmt, ...);
	struct livecap *capture;
	struct analysis *analysis;
	struct ring *ring;
	struct told *told;
	struct glance glance;
	struct recording *recording; /* NULL: nothing is stored */
	int error;                   /* of it */
	struct output out;
	uint64_t frames, looked; /* frames so far, and when the last look began */
	int64_t began, look_began, next_look, shown; /* of the steady clock */
	uint64_t shown_frames;
	size_t findings;
	int evidence_error; /* that was told; 0: evidence is kept */
	bool status_line;
};

static volatile sig_atomic_t stopped, hung_up, asked;

static void
on_signal(int number)
{
	if (number == SIGHUP)
		hung_up = 1;
	else if (number == SIGUSR1)
		asked = 1;
	else
		stopped = 1;
}

static void
listen_to_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
}

static int64_t
clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static void
take(void *context, size_t interface, struct frame *f)
{
	struct live *l = context;

	analysis_push(l->analysis, interface, f);
	ring_add(l->ring, f);
	l->frames++;
	if (l->recording && !l->error)
		l->error = recording_add(l->recording, f);
}

/* Drops are part of what a report must say. */
static uint64_t
count_drops(struct live *l)
{
	uint64_t all = 0;

	for (size_t i = 0; i < l->o->capture.n; i++) {
		struct livecap_counts counts;

		livecap_counts(l->capture, i, &counts);
		capture_push_dropped(analysis_capture(l->analysis), i,
				     counts.dropped + counts.interface_dropped);
		all += counts.dropped + counts.interface_dropped;
	}
	return all;
}

static void
tell_state(struct live *l)
{
	l->tell("%llu packets, %zu conversations open, %zu findings, %llu packets dropped",
		(unsigned long long)l->frames, analysis_open_flows(l->analysis), l->findings,
		(unsigned long long)count_drops(l));
}

static void
draw_status(struct live *l)
{
	int64_t now = clock_now(CLOCK_MONOTONIC);
	double seconds = (double)(now - l->shown) / (double)NSEC_PER_SEC;

	if (!l->status_line || seconds < 1)
		return;
	fprintf(stderr, "\r\033[K%.0f packets/s, %zu open, %zu findings, %llu dropped",
		(double)(l->frames - l->shown_frames) / seconds, analysis_open_flows(l->analysis),
		l->findings, (unsigned long long)count_drops(l));
	fflush(stderr);
	l->shown = now;
	l->shown_frames = l->frames;
}

static void
clear_status(const struct live *l)
{
	if (l->status_line)
		fputs("\r\033[K", stderr);
}

/* Once when it begins, and once when it is over. */
static void
tell_of_evidence(struct live *l)
{
	const struct glance_kept *k = &l->glance.kept;
	const char *folder = l->o->evidence.folder;

	if (k->error && k->error != l->evidence_error) {
		clear_status(l);
		l->tell("%s: evidence cannot be kept: %s; findings are told all the same", folder,
			strerror(-k->error));
		l->evidence_error = k->error;
	} else if (!k->error && k->files && l->evidence_error) {
		clear_status(l);
		l->tell("%s: evidence is kept again", folder);
		l->evidence_error = 0;
	}
	if (k->removed) {
		clear_status(l);
		l->tell("%s: the oldest evidence was removed for --max-disk: %zu %s", folder,
			k->removed, k->removed == 1 ? "file" : "files");
	}
}

/* A look that came to nothing is told, and the next one may do better. */
static int
end_look(struct live *l)
{
	int64_t took = clock_now(CLOCK_MONOTONIC) - l->look_began;
	int n = glance_end(&l->glance, l->out.file);

	l->next_look = clock_now(CLOCK_MONOTONIC) +
		       (took * LOOK_SHARE > LOOK_EVERY ? took * LOOK_SHARE : LOOK_EVERY - took);
	if (n == -ECHILD) {
		clear_status(l);
		l->tell("a look at what was captured came to nothing");
		return 0;
	}
	tell_of_evidence(l);
	if (n > 0)
		l->findings += (size_t)n;
	l->glance.since = analysis_make_room(l->analysis);
	told_forget(l->told, l->glance.since);
	return n < 0 ? n : 0;
}

static void
begin_look(struct live *l)
{
	int64_t now = clock_now(CLOCK_MONOTONIC);

	if (l->glance.process || now < l->next_look || l->frames == l->looked)
		return;
	count_drops(l);
	l->looked = l->frames;
	l->look_began = now;
	if (glance_begin(&l->glance))
		l->next_look = now + LOOK_EVERY;
}

static int
reopen(struct live *l)
{
	int error;

	hung_up = 0;
	if (!l->o->output)
		return 0;
	error = output_close(&l->out);
	return error ? error : output_append(l->o->output, &l->out);
}

static bool
is_over(const struct live *l)
{
	int64_t ran = clock_now(CLOCK_MONOTONIC) - l->began;

	return stopped || !livecap_alive(l->capture) || (l->o->count && l->frames >= l->o->count) ||
	       (l->o->duration && ran >= l->o->duration);
}

static int
turn(struct live *l)
{
	bool said;
	char *trouble;
	int error = 0;

	livecap_wait(l->capture, l->glance.process ? l->glance.fd : -1, (int)WAIT_MSEC, &said);
	livecap_read(l->capture, take, l);
	/* What the kernel still gathers is older than now. */
	analysis_time(l->analysis, clock_now(CLOCK_REALTIME) - WAIT_MSEC * 2 * NSEC_PER_MSEC);
	if (said && glance_read(&l->glance))
		error = end_look(l);
	begin_look(l);
	trouble = livecap_trouble(l->capture);
	if (trouble) {
		clear_status(l);
		l->tell("%s", trouble);
		free(trouble);
	}
	if (asked) {
		asked = 0;
		clear_status(l);
		tell_state(l);
	}
	if (hung_up && !error)
		error = reopen(l);
	draw_status(l);
	return error ? error : l->error;
}

/* What is told at last, and the report of all. */
static int
end(struct live *l)
{
	struct output out;
	int error;

	while (l->glance.process && !glance_read(&l->glance))
		;
	if (l->glance.process)
		end_look(l);
	count_drops(l);
	error = glance_last(&l->glance, l->out.file);
	tell_of_evidence(l);
	if (error >= 0)
		error = finish(l->out.file);
	if (!error)
		error = recording_end(l->recording);
	l->recording = NULL;
	if (error || !l->o->report)
		return error;
	error = output_open(strcmp(l->o->report, "-") == 0 ? NULL : l->o->report, &out);
	if (!error)
		error = l->o->writer->write(analysis_report(l->analysis),
					    &(struct report_style){.columns = 80}, out.file);
	return error ? error : output_keep(&out);
}

static struct recording *
begin_recording(const struct live_options *o)
{
	const struct recording_options r = {.name = o->write,
					    .interfaces = o->capture.interfaces,
					    .n = o->capture.n,
					    .bytes = o->rotate_bytes,
					    .duration = o->rotate_nsec};

	return o->write ? recording_new(&r) : NULL;
}

static unsigned
number(void *context, const struct finding *f)
{
	return told_number(context, f);
}

static int
open_all(struct live *l, struct analyze_options *a, char **ret_why)
{
	const struct live_options *o = l->o;
	int error = analysis_begin(a, &l->analysis, ret_why);

	if (!error)
		error = livecap_open(&o->capture, &l->capture, ret_why);
	if (error)
		return error;
	error = o->output ? output_append(o->output, &l->out) : output_open(NULL, &l->out);
	if (error) {
		if (asprintf(ret_why, "%s: cannot be written: %s", o->output, strerror(-error)) < 0)
			*ret_why = NULL;
		return error;
	}
	error = safety_begin(o->user, ret_why);
	return error || !o->evidence.folder ? error : evidence_files_begin(&o->evidence, ret_why);
}

int
live_run(const struct live_options *o, void (*tell)(const char *fmt, ...), char **ret_why)
{
	struct live l = {.o = o, .tell = tell, .told = told_new()};
	struct analyze_options a = o->analyze;
	int error;

	*ret_why = NULL;
	a.pushed = true;
	a.number = number;
	a.number_context = l.told;
	error = open_all(&l, &a, ret_why);
	if (!error) {
		listen_to_signals();
		l.ring = ring_new(o->ring);
		l.glance = (struct glance){.analysis = l.analysis,
					   .told = l.told,
					   .ring = l.ring,
					   .evidence = o->evidence};
		l.status_line = !o->quiet && isatty(STDERR_FILENO);
		l.recording = begin_recording(o);
		l.began = l.shown = clock_now(CLOCK_MONOTONIC);
		while (!error && !is_over(&l))
			error = turn(&l);
		clear_status(&l);
		error = error ? error : end(&l);
		if (!o->quiet)
			tell_state(&l);
	}
	glance_stop(&l.glance);
	recording_end(l.recording);
	ring_free(l.ring);
	told_free(l.told);
	livecap_close(l.capture);
	analysis_free(l.analysis);
	return error;
}
