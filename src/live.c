/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop. Frames go into the analysis and into the ring; once a second, if there were any, a copy
 * of the process looks at what can be said (glance.c). */
#include "live.h"

#include "bulletins.h"
#include "capture.h"
#include "glance.h"
#include "recording.h"
#include "report_parts.h"
#include "safety.h"
#include "signals.h"
#include "workers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* How long a wait for frames lasts at most. */
#define WAIT_MSEC 100LL
/* Time between two looks, and the part of all time that looks may take. */
#define LOOK_EVERY NSEC_PER_SEC
#define LOOK_SHARE 3

struct live {
	const struct live_options *o;
	void (*tell)(const char *fmt, ...);
	struct livecap **captures; /* one for each worker */
	struct livecap *capture;   /* this one's */
	unsigned worker, workers;  /* which of how many it is, from 0 */
	pid_t parent;              /* of a worker; 0 if it is alone */
	char **interfaces,
	    **names;  /* all that there are: worker by worker; what reports call them */
	size_t first; /* of them is this worker's first */
	struct analysis *analysis;
	struct ring *ring;
	struct told *told;
	struct glance glance;
	struct bulletins bulletins;
	struct metrics_file metrics;
	struct metrics *shared;      /* of each worker, in memory that their parent sees; or NULL */
	struct recording *recording; /* NULL: nothing is stored */
	int error;                   /* of it */
	int line_error;              /* of a line that frames gave rise to */
	struct output out;
	int evidence_error;                   /* that was told; 0: evidence is kept */
	const char *report;                   /* file, or NULL */
	uint64_t looked;                      /* frames when the last look began */
	int64_t began, look_began, next_look; /* of the steady clock */
	struct live_state state, *shown_to_parent;
	struct statusline status;
};

static void
take(void *context, size_t interface, struct frame *f)
{
	struct live *l = context;
	int error = bulletins_frame(&l->bulletins, f->nsec, l->out.file);

	if (error && !l->line_error)
		l->line_error = error;
	analysis_push(l->analysis, l->first + interface, f);
	ring_add(l->ring, f);
	l->state.frames++;
	if (l->recording && !l->error)
		l->error = recording_add(l->recording, f);
}

/* Drops are part of what a report must say. */
static void
take_stock(struct live *l)
{
	l->state.open_flows = analysis_open_flows(l->analysis);
	l->state.dropped = 0;
	for (size_t i = 0; i < l->o->capture.n; i++) {
		struct livecap_counts counts;

		livecap_counts(l->capture, i, &counts);
		capture_push_dropped(analysis_capture(l->analysis), l->first + i,
				     counts.dropped + counts.interface_dropped);
		l->state.dropped += counts.dropped + counts.interface_dropped;
	}
	if (l->shown_to_parent)
		*l->shown_to_parent = l->state;
}

/* Once when it begins, and once when it is over. */
static void
tell_of_evidence(struct live *l)
{
	const struct glance_kept *k = &l->glance.kept;
	const char *folder = l->o->evidence.folder;

	if (k->error && k->error != l->evidence_error) {
		statusline_clear(&l->status);
		l->tell("%s: evidence cannot be kept: %s; findings are told all the same", folder,
			strerror(-k->error));
		l->evidence_error = k->error;
	} else if (!k->error && k->files && l->evidence_error) {
		statusline_clear(&l->status);
		l->tell("%s: evidence is kept again", folder);
		l->evidence_error = 0;
	}
	if (k->removed) {
		statusline_clear(&l->status);
		l->tell("%s: the oldest evidence was removed for --max-disk: %zu %s", folder,
			k->removed, k->removed == 1 ? "file" : "files");
	}
}

/* A look that came to nothing is told, and the next one may do better. */
static int
end_look(struct live *l)
{
	int64_t took = clock_steady() - l->look_began;
	int n = glance_end(&l->glance, l->out.file);

	bulletins_looked(&l->bulletins, took, n == -ECHILD);
	l->next_look = clock_steady() +
		       (took * LOOK_SHARE > LOOK_EVERY ? took * LOOK_SHARE : LOOK_EVERY - took);
	if (n == -ECHILD) {
		statusline_clear(&l->status);
		l->tell("a look at what was captured came to nothing");
		return 0;
	}
	tell_of_evidence(l);
	if (n > 0)
		l->state.findings += (size_t)n;
	l->glance.since = analysis_make_room(l->analysis);
	told_forget(l->told, l->glance.since);
	return n < 0 ? n : 0;
}

static void
begin_look(struct live *l)
{
	int64_t now = clock_steady();

	if (l->glance.process || now < l->next_look || l->state.frames == l->looked)
		return;
	take_stock(l);
	l->looked = l->state.frames;
	l->look_began = now;
	if (glance_begin(&l->glance))
		l->next_look = now + LOOK_EVERY;
}

/* A full disk ends the recording, not the watching. */
static void
tell_of_recording(struct live *l)
{
	if (!l->error || !l->recording)
		return;
	recording_end(l->recording);
	l->recording = NULL;
	statusline_clear(&l->status);
	l->tell("%s: %s; what was stored before is whole, and nothing more is stored", l->o->write,
		strerror(-l->error));
}

/* What cannot be opened anew is written on. */
static int
reopen(struct live *l)
{
	struct output anew;
	int error;

	signal_reopen = 0;
	if (!l->o->output)
		return 0;
	error = output_append(l->o->output, &anew);
	if (error) {
		statusline_clear(&l->status);
		l->tell("%s: cannot be opened anew: %s; the file before is written on",
			l->o->output, strerror(-error));
		return 0;
	}
	error = output_close(&l->out);
	l->out = anew;
	return error;
}

static bool
is_over(const struct live *l)
{
	int64_t ran = clock_steady() - l->began;

	if (signal_stop || !livecap_alive(l->capture))
		return true;
	if (l->parent) /* who counts for all */
		return getppid() != l->parent;
	return (l->o->count && l->state.frames >= l->o->count) ||
	       (l->o->duration && ran >= l->o->duration);
}

/* All workers see the same interfaces; one of them tells. */
static void
tell_trouble(struct live *l)
{
	char *trouble = livecap_trouble(l->capture);

	if (trouble && l->worker == 0) {
		statusline_clear(&l->status);
		l->tell("%s", trouble);
	}
	free(trouble);
}

static void
tell_line(const struct live *l, char *line)
{
	if (!line)
		return;
	statusline_clear(&l->status);
	l->tell("%s", line);
	free(line);
}

static void
show_metrics(struct live *l)
{
	if (l->shared)
		l->shared[l->worker] = *bulletins_metrics(&l->bulletins);
	else
		tell_line(l, metrics_file_write(&l->metrics, bulletins_metrics(&l->bulletins)));
}

static int
turn(struct live *l)
{
	int64_t now;
	bool said;
	int error;

	livecap_wait(l->capture, l->glance.process ? l->glance.fd : -1, (int)WAIT_MSEC, &said);
	if (livecap_read(l->capture, take, l))
		bulletins_taken(&l->bulletins);
	/* What the kernel still gathers is older than now. */
	now = clock_wall() - WAIT_MSEC * 2 * NSEC_PER_MSEC;
	error = bulletins_time(&l->bulletins, now, l->out.file);
	analysis_time(l->analysis, now);
	if (said && glance_read(&l->glance) && !error)
		error = end_look(l);
	begin_look(l);
	tell_trouble(l);
	take_stock(l);
	if (metrics_file_due(&l->metrics))
		show_metrics(l);
	if (signal_tell) {
		signal_tell = 0;
		statusline_clear(&l->status);
		state_tell(&l->state, l->tell);
	}
	if (signal_reopen && !error)
		error = reopen(l);
	tell_of_recording(l);
	statusline_draw(&l->status, &l->state);
	return error ? error : l->line_error;
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
	take_stock(l);
	error = glance_last(&l->glance, l->out.file);
	tell_of_evidence(l);
	if (error >= 0)
		error = bulletins_end(&l->bulletins, l->out.file);
	show_metrics(l);
	if (!error)
		error = finish(l->out.file);
	if (!error && l->recording)
		l->error = recording_end(l->recording);
	l->recording = NULL;
	if (error || !l->report)
		return error;
	error = output_open(strcmp(l->report, "-") == 0 ? NULL : l->report, &out);
	if (!error)
		error = l->o->writer->write(analysis_report(l->analysis),
					    &(struct report_style){.columns = 80}, out.file);
	return error ? error : output_keep(&out);
}

/* Why it did less than it was asked for, though it ended well; 0 if it did all. */
static int
fell_short(const struct live *l, char **ret_why)
{
	if (l->error)
		*ret_why =
		    xasprintf("%s: not all was stored: %s", l->o->write, strerror(-l->error));
	else if (!signal_stop && !livecap_alive(l->capture))
		*ret_why = xasprintf("no interface is left to be watched");
	else
		return 0;
	return -EIO;
}

static struct recording *
begin_recording(const struct live *l, const char *name)
{
	const struct recording_options r = {.name = name,
					    .interfaces = (const char *const *)l->interfaces,
					    .n = l->workers * l->o->capture.n,
					    .bytes = l->o->rotate_bytes,
					    .duration = l->o->rotate_nsec};

	return name ? recording_new(&r) : NULL;
}

static unsigned
number(void *context, const struct finding *f)
{
	const struct live *l = context;

	return told_number(l->told, f);
}

/* Opens all interfaces once for each worker. One that cannot be shared is watched by one. */
static int
open_captures(struct live *l, char **ret_why)
{
	struct livecap_options c = l->o->capture;
	uint16_t *groups = xcalloc(c.n, sizeof *groups);
	int error = 0;

	c.groups = l->workers > 1 ? groups : NULL;
	for (unsigned i = 0; i < l->workers && !error; i++) {
		error = livecap_open(&c, &l->captures[i], ret_why);
		if (error != -EOPNOTSUPP || i)
			continue;
		l->tell("%s; one worker watches", *ret_why ? *ret_why : "");
		free(*ret_why);
		*ret_why = NULL;
		l->workers = 1;
		c.groups = NULL;
		error = livecap_open(&c, &l->captures[0], ret_why);
	}
	/* Until the last had joined, frames were shared out among fewer. */
	for (unsigned i = 0; c.groups && i < l->workers && !error; i++)
		livecap_since(l->captures[i], clock_wall());
	free(groups);
	return error;
}

static void
name_interfaces(struct live *l)
{
	size_t n = l->o->capture.n;

	l->interfaces = xcalloc(l->workers * n, sizeof *l->interfaces);
	l->names = xcalloc(l->workers * n, sizeof *l->names);
	for (size_t i = 0; i < l->workers * n; i++) {
		const char *name = l->o->capture.interfaces[i % n];

		l->interfaces[i] = xstrdup(name);
		if (l->workers == 1 ||
		    asprintf(&l->names[i], "%s (worker %zu)", name, i / n + 1) < 0)
			l->names[i] = xstrdup(name);
	}
}

static int
open_all(struct live *l, struct analyze_options *a, char **ret_why)
{
	const struct live_options *o = l->o;
	int error = open_captures(l, ret_why);

	if (error)
		return error;
	name_interfaces(l);
	a->files = (const char *const *)l->names;
	a->nfiles = l->workers * o->capture.n;
	a->workers = l->workers;
	error = analysis_begin(a, &l->analysis, ret_why);
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

/* A file that cannot be written at all is told before anything else. */
static int
begin_metrics(struct live *l, char **ret_why)
{
	struct metrics nothing = {.began = clock_wall()};

	l->metrics.name = l->o->bulletins.metrics;
	l->metrics.interfaces = l->o->capture.interfaces;
	l->metrics.n = l->o->capture.n;
	*ret_why = metrics_file_write(&l->metrics, &nothing);
	return *ret_why ? -EACCES : 0;
}

/* From the first frame to the report. */
static int
watch(struct live *l, const char *write)
{
	int error = 0;

	signals_listen();
	l->told = told_new(l->worker + 1, l->workers);
	l->ring = ring_new(l->o->ring / l->workers);
	l->glance = (struct glance){
	    .analysis = l->analysis, .told = l->told, .ring = l->ring, .evidence = l->o->evidence};
	l->bulletins = (struct bulletins){.o = &l->o->bulletins,
					  .analysis = l->analysis,
					  .capture = l->capture,
					  .glance = &l->glance,
					  .first = l->first,
					  .n = l->o->capture.n};
	bulletins_begin(&l->bulletins);
	l->status.drawn = !l->parent && !l->o->quiet && isatty(STDERR_FILENO);
	l->recording = begin_recording(l, write);
	l->began = l->status.nsec = clock_steady();
	while (!error && !is_over(l))
		error = turn(l);
	statusline_clear(&l->status);
	error = error ? error : end(l);
	take_stock(l);
	if (!l->parent && !l->o->quiet)
		state_tell(&l->state, l->tell);
	return error;
}

static char *
name_of_worker(const struct live *l, const char *file)
{
	char *name;

	if (!file || asprintf(&name, "%s.w%u", file, l->worker + 1) < 0)
		return NULL;
	return name;
}

/* In a process of its own, which ends afterwards. */
static int
work(void *context, unsigned worker, int fd, struct live_state *state)
{
	struct live *l = context;
	char *why = NULL;
	int error;

	for (unsigned i = 0; i < l->workers; i++)
		if (i != worker)
			livecap_leave(l->captures[i]);
	l->worker = worker;
	l->capture = l->captures[worker];
	l->first = worker * l->o->capture.n;
	l->shown_to_parent = state;
	l->out = (struct output){.file = fdopen(fd, "w"), .name = "its parent"};
	l->report = name_of_worker(l, l->o->report);
	error = l->out.file ? watch(l, name_of_worker(l, l->o->write)) : -ENOMEM;
	if (!error)
		error = fell_short(l, &why);
	if (error && getppid() == l->parent)
		l->tell("worker %u: %s", worker + 1, why ? why : strerror(-error));
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Of who leads: what all workers have shown by now. */
static void
gather_metrics(void *context, bool over)
{
	struct live *l = context;
	struct metrics all = {0};

	if (!l->shared || (!metrics_file_due(&l->metrics) && !over))
		return;
	for (unsigned i = 0; i < l->workers; i++)
		metrics_add(&all, &l->shared[i]);
	tell_line(l, metrics_file_write(&l->metrics, &all));
}

static int
share_metrics(struct live *l)
{
	void *p;

	if (!l->metrics.name)
		return 0;
	p = mmap(NULL, l->workers * sizeof *l->shared, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	l->shared = p;
	return 0;
}

static int
lead(struct live *l, char **ret_why)
{
	const struct workers_options o = {.n = l->workers,
					  .work = work,
					  .context = l,
					  .turn = gather_metrics,
					  .name = l->o->output,
					  .duration = l->o->duration,
					  .count = l->o->count,
					  .quiet = l->o->quiet,
					  .tell = l->tell};

	signals_listen();
	l->parent = getpid();
	if (share_metrics(l))
		return -ENOMEM;
	return workers_run(&o, &l->out, ret_why);
}

static void
close_all(struct live *l)
{
	for (unsigned i = 0; i < l->o->workers; i++)
		livecap_close(l->captures[i]);
	for (size_t i = 0; l->names && i < l->workers * l->o->capture.n; i++) {
		free(l->names[i]);
		free(l->interfaces[i]);
	}
	free(l->names);
	free(l->interfaces);
	free(l->captures);
	if (l->shared)
		munmap(l->shared, l->workers * sizeof *l->shared);
	glance_stop(&l->glance);
	recording_end(l->recording);
	ring_free(l->ring);
	told_free(l->told);
	analysis_free(l->analysis);
}

int
live_run(const struct live_options *o, void (*tell)(const char *fmt, ...), char **ret_why)
{
	struct live l = {.o = o, .tell = tell, .workers = o->workers, .report = o->report};
	struct analyze_options a = o->analyze;
	int error;

	*ret_why = NULL;
	a.pushed = true;
	a.number = number;
	a.number_context = &l;
	l.captures = xcalloc(o->workers, sizeof(struct livecap *));
	error = open_all(&l, &a, ret_why);
	if (!error)
		error = begin_metrics(&l, ret_why);
	if (!error && l.workers > 1) {
		error = lead(&l, ret_why);
	} else if (!error) {
		l.capture = l.captures[0];
		error = watch(&l, o->write);
		if (!error)
			error = fell_short(&l, ret_why);
	}
	close_all(&l);
	return error;
}
