/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an analysis found, complete and sorted, and the writers that put it into words.
 * docs/report.schema.json says
 * what the JSON looks like. */
#pragma once

#include <stdio.h>

#include "capture.h"
#include "finding.h"
#include "fingerprint.h"
#include "services.h"

struct history;

enum target_kind { TARGET_DOMAIN, TARGET_ADDRESS, TARGET_SERVICE, TARGET_RESOLVER, NTARGETKINDS };
enum target_state { STATE_BLOCKED, STATE_IMPAIRED, STATE_REACHABLE, STATE_UNCLEAR, NSTATES };
extern const char *const target_kind_words[NTARGETKINDS];
extern const char *const target_state_words[NSTATES];

/* A time in which attempts fared alike, from the first to the last one. */
enum fate { FATE_WORKED, FATE_FAILED, FATE_INTERFERED, NFATES };
extern const char *const fate_words[NFATES];
struct span {
	enum function function; /* of a service; of others FUNCTION_DNS, or NFUNCTIONS: the rest */
	enum fate fate;
	int64_t from, to;
	struct ref at; /* the first packet of the first attempt */
	uint64_t attempts;
};

struct target {
	const char *name;
	enum target_kind kind;
	enum target_state state;
	double confidence;
	unsigned mechanisms; /* bits: 1 << enum mechanism */
	uint64_t flows, interfered;
	const unsigned *findings; /* numbers */
	size_t nfindings;
	const char *const *controls; /* in words, with flow and frame */
	size_t ncontrols;
	uint8_t functions[NFUNCTIONS]; /* of a service: 1 + enum target_state; 0: not tried */
	const struct span *spans;      /* by function, then time */
	size_t nspans;
};

/* One flow of --flows. */
struct flow_row {
	struct flow_name flow;
	enum outcome outcome;
	const char *const *names;
	size_t nnames;
	const char *application; /* dissector's name, or NULL */
	struct ref first, last;
	int64_t first_nsec, last_nsec;
	const unsigned *findings;
	size_t nfindings;
};

struct report {
	const char *fingerprints_sha256;
	const char *services_sha256;
	const struct capture_info *const *captures;
	const enum vantage *vantages; /* one a capture */
	size_t ncaptures;
	uint64_t flows;
	struct finding *const *findings; /* sorted by time, then frame; numbers are 1, 2, ... */
	size_t nfindings;
	const struct target
	    *targets; /* blocked first, then impaired, unclear, reachable; by name */
	size_t ntargets;
	const char *const *limits;
	size_t nlimits;
	/* Hands over the flows one by one, in order of id; NULL if --flows was not given. Returns
	 * false at the end. The row is valid until the next call. */
	bool (*next_flow)(struct report *r, struct flow_row *ret);
	void *flow_state;
	const struct history *history; /* knows addresses' names; NULL in reports made by hand */
};

struct report_style {
	bool colour;
	unsigned columns; /* of the terminal; 80 if there is none */
	unsigned verbose; /* -v: evidence and weights too */
};

/* Write the whole report. Return 0, or a negative errno if writing failed. */
int report_text(struct report *r, const struct report_style *style, FILE *out);
int report_json(struct report *r, const struct report_style *style, FILE *out);
int report_ndjson(struct report *r, const struct report_style *style, FILE *out);
int report_html(struct report *r, const struct report_style *style, FILE *out);

struct report_writer {
	const char *format; /* "text", "json", "ndjson", "html" */
	int (*write)(struct report *r, const struct report_style *style, FILE *out);
};
extern const struct report_writer report_writers[]; /* ends with {0} */
