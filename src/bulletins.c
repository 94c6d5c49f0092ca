/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows are of capture time; metrics are for those who live now. */
#include "bulletins.h"

#include "output.h"
#include "statusline.h"

#include <errno.h>
#include <stdlib.h>

/* Those who collect metrics ask every few seconds at most. */
#define WRITE_EVERY NSEC_PER_SEC

bool
metrics_file_due(struct metrics_file *f)
{
	int64_t now = clock_steady();

	if (!f->name || now < f->next)
		return false;
	f->next = now + WRITE_EVERY;
	return true;
}

/* What could be written once is worth a line when it cannot be any more, not one a second. */
char *
metrics_file_write(struct metrics_file *f, const struct metrics *m)
{
	int error = f->name ? metrics_write(m, f->interfaces, f->n, f->name) : 0;
	bool told = f->complained;
	char *why;

	f->complained = error != 0;
	if (!error || told)
		return NULL;
	if (asprintf(&why, "--metrics %s: cannot be written: %s", f->name, strerror(-error)) < 0)
		out_of_memory();
	return why;
}

void
bulletins_begin(struct bulletins *b)
{
	int64_t from, to;

	b->metrics.began = clock_wall();
	b->window.length = b->o->stats_interval;
	if (b->window.length)
		window_over(&b->window, clock_wall(), &from, &to);
}

/* The line appears whole, or not at all. */
static int
write_window(struct bulletins *b, int64_t from, int64_t to, FILE *out)
{
	char *line = NULL;
	size_t n = 0;
	FILE *memory = open_memstream(&line, &n);
	int error;

	if (!memory)
		return -ENOMEM;
	error = analysis_stats_window(b->analysis, b->o->view, from, to, memory);
	if (fclose(memory) && !error)
		error = -ENOMEM;
	if (!error)
		error = output_lines(out, line, n);
	free(line);
	return error;
}

int
bulletins_time(struct bulletins *b, int64_t now, FILE *out)
{
	int64_t from, to;

	if (!b->window.length || !window_over(&b->window, now, &from, &to))
		return 0;
	return write_window(b, from, to, out);
}

int
bulletins_frame(struct bulletins *b, int64_t nsec, FILE *out)
{
	b->newest = nsec;
	return bulletins_time(b, nsec, out);
}

void
bulletins_taken(struct bulletins *b)
{
	b->metrics.lag = clock_wall() - b->newest;
}

void
bulletins_looked(struct bulletins *b, int64_t took, bool failed)
{
	b->metrics.look_took = took;
	b->metrics.looks++;
	b->metrics.looks_failed += failed;
}

const struct metrics *
bulletins_metrics(struct bulletins *b)
{
	struct metrics *m = &b->metrics;

	memset(m->interfaces, 0, sizeof m->interfaces);
	for (size_t i = 0; i < b->n; i++) {
		const struct capture_info *info =
		    capture_info(analysis_capture(b->analysis), b->first + i);
		size_t at = i < METRICS_INTERFACES_MAX ? i : METRICS_INTERFACES_MAX - 1;
		struct livecap_counts kernel;

		livecap_counts(b->capture, i, &kernel);
		m->interfaces[at].packets += info->packets;
		m->interfaces[at].bytes += info->bytes;
		m->interfaces[at].dropped += kernel.dropped;
		m->interfaces[at].interface_dropped += kernel.interface_dropped;
		m->last = info->last > m->last ? info->last : m->last;
	}
	m->told = b->glance->counts;
	m->flows = analysis_flows(b->analysis);
	m->open = analysis_open_flows(b->analysis);
	m->resident = metrics_resident();
	return m;
}

int
bulletins_end(struct bulletins *b, FILE *out)
{
	if (!b->window.length)
		return 0;
	return write_window(b, b->window.from, b->window.last, out);
}
