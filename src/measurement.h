/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measurements of others, as far as packets can speak to them: what was tried, where, when, and
 * what came of it. One file reads one format (struct measurement_format), attach_NAME.c. */
#pragma once

#include "jsonscan.h"

#include <jansson.h>

enum layer { LAYER_DNS, LAYER_TCP, LAYER_TLS, LAYER_HTTP, LAYER_QUIC, LAYER_UDP, NLAYERS };
extern const char *const layer_words[NLAYERS];

/* What the measurement says of a part, or of the whole. */
enum said {
	SAID_NOTHING,
	SAID_SUCCESS,
	SAID_FAILURE, /* a symptom: it failed */
	SAID_BLOCKED, /* a conclusion: somebody made it fail */
	NSAID
};
extern const char *const said_words[NSAID];

/* Addresses of one answer that are looked at; as many as the DNS dissector notes. */
#define PART_ANSWERS_MAX 24

/* One thing that was tried. Texts live in the measurement's arena. */
struct part {
	enum layer layer;
	bool has_addr;
	struct addr addr;  /* of the server, or the resolver */
	uint16_t port;     /* 0: not told */
	const char *name;  /* in lower case; that was asked for; NULL if it is not told */
	const char *where; /* in the document: "test_keys.tcp_connect[3]" */
	int64_t from, to;  /* when it began at the earliest, and was over at the latest: by the
			      measurement's own clock; PART_NEVER if that is not told */
	bool began, ended; /* from is just when it began; to is just when it was over */
	enum said said;
	const char *failure; /* in the measurement's own word, or NULL */
	long dns_id;         /* of the DNS message; -1: not told */
	unsigned dns_type;   /* that was asked for; 0: not told */
	bool hidden;         /* asked inside of TLS: the packets do not show the question */
	bool optional;       /* one of several ways to try the same thing: silent if not there */
	struct addr *answers;
	size_t nanswers;
};
#define PART_NEVER INT64_MIN

/* What the measurement concludes as a whole. */
struct claim {
	const char *key, *value; /* value as JSON */
	enum said said;
	bool (*concerns)(const struct part *p); /* is that part what it concludes from? */
};

/* A router on the way, by a traceroute. */
struct hop {
	unsigned ttl;
	bool answered;
	struct addr addr;
	double rtt; /* milliseconds */
};

struct measurement_format;

struct measurement {
	const struct measurement_format *format;
	struct extent text;  /* its value in the file */
	struct extent home;  /* the object there that x_ keys go into */
	json_t *identity;    /* what identifies it, in its own words */
	int64_t uncertainty; /* of its clock, as far as the format tells; nanoseconds */
	struct part *parts;
	size_t nparts;
	struct claim *claims;
	size_t nclaims;
	struct hop *hops; /* of a traceroute to hops_to */
	size_t nhops;
	struct addr hops_to;
	size_t left_out; /* parts beyond PARTS_MAX */
	struct arena *arena;
};

struct measurement_format {
	const char *name, *title;
	const char *home; /* the member that x_ keys go into, or NULL: the whole */
	bool (*is)(
	    const json_t *root); /* is a document, or an element of a list, of this format? */
	/* Takes what it understands, and leaves the rest: any type may be anywhere. `file` is the
	 * name of the file, which may tell what the document does not. */
	void (*read)(struct measurement *m, const json_t *root, const char *file);
};

/* --- what adapters build with (measurement.c) --- */
/* A part with nothing told; the pointer is good until the next one. NULL if there are too many. */
struct part *measurement_part(struct measurement *m, enum layer layer, const char *where, ...)
    PRINTF_LIKE(3, 4);
/* `value` is written as it stands in the document. */
void measurement_claim(struct measurement *m, const char *key, const json_t *value, enum said said,
		       bool (*concerns)(const struct part *p));
/* Takes over the value. */
void measurement_identify(struct measurement *m, const char *key, json_t *value);
/* Copies members of these names, NULL-terminated, that are texts or numbers. */
void measurement_identify_by(struct measurement *m, const json_t *root, const char *const *keys);
bool part_take_addr(struct part *p, const char *text);
/* "192.0.2.1:443", "[2001:db8::1]:443", "name:443": address or name, and port. */
void part_take_endpoint(struct measurement *m, struct part *p, const char *text);
void part_take_name(struct measurement *m, struct part *p, const char *name);
/* Host and port of a URL; returns its scheme's layer: LAYER_TLS of https, LAYER_HTTP of others. */
enum layer part_take_url(struct measurement *m, struct part *p, const char *url);
/* NULL or "" is success. */
void part_take_failure(struct measurement *m, struct part *p, const char *failure);
void part_take_answer(struct measurement *m, struct part *p, const char *address);
/* A text without NUL bytes, or NULL for anything else. */
const char *json_text(const json_t *object, const char *key);
/* A finite number, or `otherwise`. */
double json_real_or(const json_t *object, const char *key, double otherwise);
bool addr_parse(const char *text, struct addr *ret);
/* "2022-12-02 12:58:49", RFC 3339, or as Go prints it ("2021-10-20 14:51:41.29 -0400 EDT"), with or
 * without fractions; UTC if nothing else is said. */
bool time_parse(const char *text, int64_t *ret);
/* Seconds since the epoch as nanoseconds; false beyond TIMES_MAX. */
bool time_from_seconds(double seconds, int64_t *ret);
/* Seconds that something took; false beyond DURATION_MAX. */
bool duration_from_seconds(double seconds, int64_t *ret);
/* The year 2096: two such times and an offset of a clock add up to what nanoseconds in 64 bits can
 * tell. */
#define TIMES_MAX 4000000000
/* 115 days; no measurement takes as long. */
#define DURATION_MAX 10000000

/* --- what attach reads them by --- */
struct measurements {
	struct bytes text; /* the file, as it is */
	struct measurement *list;
	size_t n;
	bool many; /* several documents, or a list of them */
};

/* Reads a file, "-" being standard input. Returns 0, or a negative errno with one line in *ret_why,
 * to be freed by the caller. */
int measurements_load(const char *file, struct measurements *ret, char **ret_why);
/* The same for a text, which is taken over (malloc). */
int measurements_parse(const char *file, char *text, size_t n, struct measurements *ret,
		       char **ret_why);
void measurements_free(struct measurements *m);

extern const struct measurement_format format_ooni, format_ripe, format_censoredplanet, format_list;
