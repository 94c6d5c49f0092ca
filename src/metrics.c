/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names follow https://prometheus.io/docs/practices/naming/: base units, _total for what only
 * grows.
 */
#include "metrics.h"
#include "output.h"
#include "report_parts.h"

#include "config.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static void
family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP tamperscope_%s %s\n# TYPE tamperscope_%s %s\n", name, help, name,
		type);
}

static void
whole(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
	family(out, name, type, help);
	fprintf(out, "tamperscope_%s %" PRIu64 "\n", name, value);
}

static void
seconds(FILE *out, const char *name, const char *help, int64_t nsec)
{
	family(out, name, "gauge", help);
	fprintf(out, "tamperscope_%s %.6f\n", name, (double)nsec / (double)NSEC_PER_SEC);
}

/* The kernel lets interfaces be called almost anything. */
static void
label(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		fputc(*value, out);
	}
}

struct table {
	const struct metrics *m;
	const char *const *names;
	size_t n;
};

/* A value of each interface, which lies so far into struct metrics_interface; `also`: a label more,
 * or "". */
static void
each(FILE *out, const struct table *t, const char *name, const char *also, size_t at)
{
	for (size_t i = 0; i < t->n && i < METRICS_INTERFACES_MAX; i++) {
		bool others = i == METRICS_INTERFACES_MAX - 1 && t->n > METRICS_INTERFACES_MAX;
		uint64_t value;

		memcpy(&value, (const uint8_t *)&t->m->interfaces[i] + at, sizeof value);
		fprintf(out, "tamperscope_%s{interface=\"", name);
		label(out, others ? "others" : t->names[i]);
		fprintf(out, "\"%s} %" PRIu64 "\n", also, value);
	}
}

#define AT(member) offsetof(struct metrics_interface, member)

static void
put_packets(const struct table *t, FILE *out)
{
	family(out, "packets_total", "counter", "Packets that were captured.");
	each(out, t, "packets_total", "", AT(packets));
	family(out, "bytes_total", "counter", "Bytes of them, as far as they were captured.");
	each(out, t, "bytes_total", "", AT(bytes));
	family(out, "dropped_packets_total", "counter",
	       "Packets that were lost, by the kernel for want of room, or by the interface.");
	each(out, t, "dropped_packets_total", ",by=\"kernel\"", AT(dropped));
	each(out, t, "dropped_packets_total", ",by=\"interface\"", AT(interface_dropped));
	seconds(out, "last_packet_timestamp_seconds", "When the newest packet was captured.",
		t->m->last);
}

static void
put_findings(const struct told_counts *t, FILE *out)
{
	family(out, "findings_total", "counter",
	       "Findings that were told, by what was done, and to which kind of target.");
	for (unsigned m = 0; m < NMECHANISMS; m++)
		for (unsigned k = 0; k < NTARGETKINDS; k++)
			fprintf(out,
				"tamperscope_findings_total{mechanism=\"%s\",target=\"%s\"} "
				"%" PRIu64 "\n",
				mechanism_words[m], target_kind_words[k], t->findings[m][k]);
	whole(out, "findings_revised_total", "counter",
	      "Findings that were told again because later packets changed them.", t->revised);
	whole(out, "findings_withdrawn_total", "counter",
	      "Findings that were taken back because of later packets.", t->withdrawn);
}

/* proc(5): the second number of statm is in pages. */
uint64_t
metrics_resident(void)
{
	char line[128] = "", *second;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && !fgets(line, sizeof line, f))
		line[0] = '\0';
	if (f)
		fclose(f);
	second = strchr(line, ' ');
	return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void
put(const struct table *t, FILE *out)
{
	const struct metrics *m = t->m;

	family(out, "build_info", "gauge", "Always 1; the version is a label.");
	fprintf(out, "tamperscope_build_info{version=\"%s\"} 1\n", VERSION);
	seconds(out, "start_time_seconds", "When watching began.", m->began);
	put_packets(t, out);
	whole(out, "flows_total", "counter", "Conversations that were seen.", m->flows);
	whole(out, "flows_open", "gauge", "Conversations that are not over.", m->open);
	put_findings(&m->told, out);
	whole(out, "looks_total", "counter", "How often it was looked what can be told.", m->looks);
	whole(out, "looks_failed_total", "counter", "Looks that came to nothing.", m->looks_failed);
	seconds(out, "look_duration_seconds", "How long the last look took.", m->look_took);
	seconds(out, "lag_seconds", "How old the newest packet was when it was taken.", m->lag);
	whole(out, "resident_memory_bytes", "gauge", "Memory of the process, or of all workers.",
	      m->resident);
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void
metrics_add(struct metrics *sum, const struct metrics *more)
{
	for (size_t i = 0; i < METRICS_INTERFACES_MAX; i++) {
		sum->interfaces[i].packets += more->interfaces[i].packets;
		sum->interfaces[i].bytes += more->interfaces[i].bytes;
		sum->interfaces[i].dropped += more->interfaces[i].dropped;
		sum->interfaces[i].interface_dropped += more->interfaces[i].interface_dropped;
	}
	told_counts_add(&sum->told, &more->told);
	sum->flows += more->flows;
	sum->open += more->open;
	sum->looks += more->looks;
	sum->looks_failed += more->looks_failed;
	sum->resident += more->resident;
	sum->look_took = later(sum->look_took, more->look_took);
	sum->lag = later(sum->lag, more->lag);
	sum->last = later(sum->last, more->last);
	if (more->began && (!sum->began || more->began < sum->began))
		sum->began = more->began;
}

int
metrics_write(const struct metrics *m, const char *const *names, size_t n, const char *file)
{
	const struct table table = {m, names, n};
	struct output out;
	int error = output_open(file, &out);

	if (error)
		return error;
	put(&table, out.file);
	error = finish(out.file);
	if (error)
		output_discard(&out);
	else
		error = output_close(&out);
	return error;
}
