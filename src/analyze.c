/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data path, from capture files to a report. Nothing here names a protocol above TCP, a censor
 * or an output format. */
#include "analyze.h"
#include "asked.h"
#include "complain.h"
#include "decode.h"
#include "decoy.h"
#include "dissect_engine.h"
#include "feed.h"
#include "weighing.h"
#include "flow_table.h"
#include "judge.h"
#include "proxies.h"
#include "pool.h"
#include "reassemble.h"
#include "targets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Costly fields that may be left out; there are half a dozen. */
#define COSTLY_MAX 15

/* Packets that are decoded before the first of them is looked at, so that the memory of their
 * conversations comes while others are being decoded: a tenth of all CPU on the 1 GB mix. */
#define AHEAD 16

struct analysis {
	const struct analyze_options *options;
	struct capture *capture;
	struct frame frames[AHEAD], *frame; /* read, and the next one to be decoded */
	size_t nframes;                     /* from there on */
	struct fingerprints *fingerprints;
	struct services *services;
	struct reassembler *reassembler;
	struct defrag *defrag;
	struct decoder *decoder;
	struct flow_table *flows;
	struct history *history;
	struct shown_store *shown;
	struct rates *rates;
	struct rows *rows;
	struct stats *stats;
	struct vantage_votes *votes;
	struct hygiene hygiene;
	struct judge judge;
	const struct field *left_out[COSTLY_MAX + 1];

	struct arena *arena; /* of the report */
	struct finding **findings;
	struct report report;
};

static void
watch(const struct analysis *a, const struct flow *f)
{
	if (a->options->watch)
		a->options->watch(a->options->watch_context, f);
}

static void
judge(void *context, struct flow *f)
{
	struct analysis *a = context;

	if (f->bits & FLOW_RELEASED)
		feed_last(f);
	if (f->nfacts)
		facts_unpack(f);
	judge_flow(&a->judge, f);
	if (a->stats)
		stats_count(a->stats, f, a->judge.now);
	watch(a, f);
}

static void
take_packet(struct analysis *a, const struct packet *pkt)
{
	struct flow *f;
	enum side from;

	if (pkt->nsec > a->judge.now)
		a->judge.now = pkt->nsec;
	f = flow_track(a->flows, pkt, &from);
	if (f && feed_packet(a->reassembler, f, pkt, from)) {
		facts_unpack(f);
		watch(a, f);
		judge_part(&a->judge, f);
	}
	flow_retire(a->flows, pkt->nsec);
}

/* Whether the packet's bytes lie in its frame, and not in a buffer of the decoder's. */
static bool
lies_in(const struct packet *pkt, const struct frame *frame)
{
	return !pkt->payload.n ||
	       (uintptr_t)pkt->payload.p - (uintptr_t)frame->data < frame->caplen;
}

/* Gets frames if there are none. With `held`, only such as leave the ones before where they are. */
static bool
have_frame(struct analysis *a, bool held)
{
	size_t n = 0;

	if (a->nframes)
		return true;
	if (!held)
		n = (size_t)capture_next(a->capture, a->frames);
	if (held || n)
		n += capture_more(a->capture, a->frames + n, AHEAD - n);
	a->frame = a->frames;
	a->nframes = n;
	return n > 0;
}

/* The next packets of the capture; 0 at its end. */
static size_t
read_ahead(struct analysis *a, struct packet packets[AHEAD])
{
	size_t n = 0;

	while (n < AHEAD && have_frame(a, n > 0)) {
		const struct frame *frame = a->frame++;

		a->nframes--;
		if (decode(a->decoder, frame, &packets[n]) != DECODED)
			continue;
		flow_expect(a->flows, &packets[n++]);
		if (!lies_in(&packets[n - 1], frame))
			break;
	}
	return n;
}

static void
take_all(struct analysis *a)
{
	struct packet packets[AHEAD];
	size_t n;

	while ((n = read_ahead(a, packets)) > 0) {
		for (size_t i = 0; i < n; i++)
			flow_fetch(a->flows, &packets[i]);
		for (size_t i = 0; i < n; i++)
			flow_fetch_trace(a->flows, &packets[i]);
		for (size_t i = 0; i < n; i++)
			take_packet(a, &packets[i]);
	}
}

/* Nothing is derived for a healthy flow that no rule needs. */
static void
leave_out_costly(struct analysis *a)
{
	size_t n = 0;

	for (const struct dissector *const *d = dissectors; *d; d++)
		for (const struct field *f = (*d)->fields; f && f->name; f++)
			if (f->costly && n < COSTLY_MAX &&
			    !fingerprints_mention(a->fingerprints, f))
				a->left_out[n++] = f;
	dissect_leave_out(a->options->suggest ? NULL : a->left_out);
	dissect_ask(a->options->suggest ? NULL : fingerprints_want, a->fingerprints);
}

static int
load_services(struct analysis *a, const char *fingerprints, char **ret_why)
{
	struct arena *scratch = arena_new();
	struct complaints c = {0};

	a->services = services_load(services_default_folder(scratch, fingerprints), &c);
	arena_free(scratch);
	*ret_why = c.first;
	return a->services ? 0 : -EINVAL;
}

static int
open_stats(struct analysis *a, char **ret_why)
{
	const struct analyze_options *o = a->options;
	struct mmdb *mmdb = NULL;
	int error = o->nmmdb ? mmdb_open(o->mmdb, o->nmmdb, &mmdb, ret_why) : 0;

	if (!error)
		a->stats = stats_new(o->nfiles, mmdb);
	return error;
}

static int
open_all(struct analysis *a, char **ret_why)
{
	const struct analyze_options *o = a->options;
	struct capture_options c = {
	    .filter = o->filter, .labels = o->labels, .hash = o->hash, .progress = o->progress};
	const char *folder = o->fingerprints ? o->fingerprints : fingerprints_default_folder();
	int r = fingerprints_load(folder, &a->fingerprints, ret_why);

	for (size_t i = 0; i < o->nlists && r == 0; i++)
		r = fingerprints_add(a->fingerprints, o->lists[i], ret_why);
	if (r == 0)
		r = load_services(a, folder, ret_why);
	if (r == 0 && o->stats)
		r = open_stats(a, ret_why);
	if (r == 0 && o->pushed)
		a->capture = capture_pushed(o->files, o->nfiles);
	else if (r == 0)
		r = capture_open(o->files, o->nfiles, &c, &a->capture, ret_why);
	if (r)
		return r;
	if (o->flows && (r = rows_new(&a->rows))) {
		if (asprintf(ret_why, "--flows: no temporary file: %s", strerror(-r)) < 0)
			*ret_why = NULL;
		return r;
	}
	a->reassembler = reassembler_new(&feed_sink, FLOWS_MAX);
	if (!a->reassembler) {
		*ret_why = xstrdup("the stream reassembler cannot start");
		return -ENOMEM;
	}
	a->defrag = defrag_new(a->reassembler);
	a->decoder = decoder_new(a->defrag);
	a->flows = flow_table_new(FLOWS_MAX, judge, a);
	a->history = history_new();
	a->shown = shown_new();
	a->rates = rates_new(&flow_counts(a->flows)->rate_points);
	a->votes = xcalloc(o->nfiles, sizeof *a->votes);
	a->hygiene.decode = decode_counts(a->decoder);
	a->hygiene.flows = flow_counts(a->flows);
	a->hygiene.defrag = defrag_counts(a->defrag);
	leave_out_costly(a);
	a->judge.fingerprints = a->fingerprints;
	a->judge.services = a->services;
	a->judge.history = a->history;
	a->judge.shown = a->shown;
	a->judge.rates = a->rates;
	a->judge.rows = a->rows;
	a->judge.hygiene = &a->hygiene;
	a->judge.votes = a->votes;
	a->judge.capture = a->capture;
	a->judge.suggest = o->suggest;
	a->judge.keep_all = o->weighing;
	return 0;
}

/* A file of which not one frame could be read was not analysed. */
static int
check_inputs(const struct analysis *a, char **ret_why)
{
	for (size_t i = 0; i < capture_count(a->capture); i++) {
		const struct capture_info *info = capture_info(a->capture, i);

		if (!info->trouble || info->packets)
			continue;
		if (asprintf(ret_why, "%s: %s", info->file, info->trouble) < 0)
			*ret_why = NULL;
		return -EINVAL;
	}
	return 0;
}

static bool
next_flow(struct report *r, struct flow_row *ret)
{
	struct analysis *a = r->flow_state;
	unsigned *numbers = NULL;
	size_t n = 0;

	if (!rows_next(a->rows, ret))
		return false;
	for (size_t i = 0; i < r->nfindings; i++) {
		if (r->findings[i]->flow.id != ret->flow.id)
			continue;
		if (!numbers)
			numbers = arena_alloc(a->arena, (r->nfindings - i) * sizeof *numbers);
		numbers[n++] = r->findings[i]->number;
		if (r->findings[i]->confidence >= CONFIDENCE_LIKELY)
			ret->outcome = OUTCOME_INTERFERED;
	}
	/* Of what never answers in a capture of one direction nothing is known. */
	if (ret->outcome == OUTCOME_FAILED &&
	    (hygiene_one_way(&a->hygiene) || hygiene_udp_unheard(&a->hygiene)))
		ret->outcome = OUTCOME_PARTIAL;
	ret->findings = numbers;
	ret->nfindings = n;
	return true;
}

static void
make_report(struct analysis *a)
{
	const struct analyze_options *o = a->options;
	const struct asked asked = {o->min_confidence, o->only, o->target, o->number,
				    o->number_context};
	struct report *r = &a->report;
	const struct capture_info **info;
	size_t n = capture_count(a->capture);
	struct target *targets;
	const char **limits;

	info = arena_alloc(a->arena, n * sizeof(struct capture_info *));
	for (size_t i = 0; i < n; i++)
		info[i] = capture_info(a->capture, i);
	r->fingerprints_sha256 = fingerprints_sha256(a->fingerprints);
	r->services_sha256 = services_sha256(a->services);
	r->captures = info;
	r->ncaptures = n;
	r->flows = flow_counts(a->flows)->flows;
	a->findings = findings_asked(&a->judge, &asked, &r->nfindings);
	r->findings = a->findings;
	targets_tell(a->arena, a->services, a->history, a->findings, r->nfindings, o->target,
		     &targets, &r->ntargets, &a->hygiene.targets_left_out);
	r->targets = targets;
	a->hygiene.forgotten = history_forgotten(a->history) + shown_forgotten(a->shown);
	a->hygiene.unlearnt = history_unlearnt(a->history);
	a->hygiene.rates_forgotten = rates_forgotten(a->rates);
	a->hygiene.given_up = fingerprints_given_up(a->fingerprints);
	a->hygiene.workers = a->options->workers;
	a->hygiene.http_proxied = proxies_of_http(a->history);
	r->nlimits = limits_tell(a->arena, &a->hygiene, a->capture, &limits);
	r->limits = limits;
	r->next_flow = a->rows ? next_flow : NULL;
	r->flow_state = a;
	r->history = a->history;
}

/* All flows were judged: what they say about each other, and the report. */
static void
conclude(struct analysis *a)
{
	struct correlation c = {
	    .history = a->history, .fingerprints = a->fingerprints, .services = a->services};
	size_t n = capture_count(a->capture);
	enum vantage *vantages;

	a->arena = arena_new();
	vantages = arena_alloc(a->arena, n * sizeof *vantages);
	for (size_t i = 0; i < n; i++)
		vantages[i] = vantage_told(&a->votes[i]);
	c.vantages = a->report.vantages = vantages;
	c.rates = a->rates;
	judge_resolvers(&a->judge);
	judge_impostors(&a->judge);
	c.candidates = a->judge.candidates;
	c.n = a->judge.n;
	c.one_way = hygiene_one_way(&a->hygiene);
	c.udp_unheard = hygiene_udp_unheard(&a->hygiene);
	c.flat_ttl = hygiene_flat_ttl(&a->hygiene);
	c.lossy = hygiene_lossy(&a->hygiene);
	correlate(&c);
	for (size_t i = 0; a->options->weighing && i < c.n; i++)
		weighing_print(c.candidates[i].suspicion.finding, stdout);
	make_report(a);
}

/* There is one libnids: whoever reads captures again needs it. */
static void
stop_reading(struct analysis *a)
{
	decoder_free(a->decoder);
	defrag_free(a->defrag);
	reassembler_free(a->reassembler);
	a->decoder = NULL;
	a->defrag = NULL;
	a->reassembler = NULL;
}

int
analysis_begin(const struct analyze_options *options, struct analysis **ret, char **ret_why)
{
	struct analysis *a = xcalloc(1, sizeof *a);
	int r;

	a->options = options;
	r = open_all(a, ret_why);
	if (r)
		analysis_free(a);
	else
		*ret = a;
	return r;
}

void
analysis_push(struct analysis *a, size_t i, struct frame *f)
{
	struct packet packet;

	capture_push(a->capture, i, f);
	if (decode(a->decoder, f, &packet) == DECODED)
		take_packet(a, &packet);
}

void
analysis_time(struct analysis *a, int64_t nsec)
{
	if (nsec > a->judge.now)
		a->judge.now = nsec;
	flow_retire(a->flows, nsec);
	judge_slide(&a->judge);
}

void
analysis_end(struct analysis *a)
{
	flow_drain(a->flows);
	pool_trim();
	conclude(a);
	stop_reading(a);
}

int
analyze(const struct analyze_options *options, struct analysis **ret, char **ret_why)
{
	int r = analysis_begin(options, ret, ret_why);

	if (r)
		return r;
	take_all(*ret);
	r = check_inputs(*ret, ret_why);
	if (r)
		analysis_free(*ret);
	else
		analysis_end(*ret);
	return r;
}

size_t
analysis_open_flows(const struct analysis *a)
{
	return flow_open(a->flows);
}

uint64_t
analysis_flows(const struct analysis *a)
{
	return flow_counts(a->flows)->flows;
}

int
analysis_stats_window(struct analysis *a, enum view view, int64_t from, int64_t to, FILE *out)
{
	size_t n = capture_count(a->capture);
	const struct capture_info **captures = xcalloc(n, sizeof(struct capture_info *));
	enum vantage *vantages = xcalloc(n, sizeof *vantages);
	const struct report so_far = {.captures = captures, .vantages = vantages, .ncaptures = n};
	int error;

	for (size_t i = 0; i < n; i++) {
		captures[i] = capture_info(a->capture, i);
		vantages[i] = vantage_told(&a->votes[i]);
	}
	error = stats_window(a->stats, &so_far, view, from, to, out);
	free(captures);
	free(vantages);
	return error;
}

int64_t
analysis_make_room(struct analysis *a)
{
	return judge_make_room(&a->judge);
}

struct capture *
analysis_capture(struct analysis *a)
{
	return a->capture;
}

struct report *
analysis_report(struct analysis *a)
{
	return &a->report;
}

const struct stats *
analysis_stats(const struct analysis *a)
{
	return a->stats;
}

void
analysis_free(struct analysis *a)
{
	if (!a)
		return;
	judge_free(&a->judge);
	rates_free(a->rates);
	flow_table_free(a->flows);
	stop_reading(a);
	history_free(a->history);
	shown_free(a->shown);
	rows_free(a->rows);
	stats_free(a->stats);
	fingerprints_free(a->fingerprints);
	services_free(a->services);
	capture_close(a->capture);
	dissect_leave_out(NULL);
	dissect_ask(NULL, NULL);
	arena_free(a->arena);
	free(a->findings);
	free(a->votes);
	free(a);
}
