/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Detectors: each looks at one finished flow and hands over what it suspects, with its evidence.
 * What other flows say about it is added later (correlate.h). */
#pragma once

#include "fingerprint.h"
#include "look.h"

/* What a detector suspects before other flows were asked. */
struct suspicion {
	struct finding *finding;
	int64_t answer_nsec;   /* DNS: how long the suspicious answer took; 0 if unknown */
	uint8_t answer_ttl;    /* DNS: the TTL it came with */
	bool no_edns;          /* DNS: it ignores the EDNS of its query */
	int64_t took;          /* since the words that it answers, if that is told; 0 if unknown */
	bool silence;          /* nothing speaks but silence: a control decides */
	bool hopeless;         /* kept for the fit only: nobody's repetition */
	struct ref silence_at; /* the first unanswered packet */
	int64_t unheard_nsec;  /* when the first packet was sent after the stop */
	uint32_t stop_packets, stop_bytes; /* after which all stopped; bytes: from the server */
	uint8_t data_ttl; /* the TTL of payload in the server's name; 0 if it is none */
};

struct detection {
	const struct fingerprints *fingerprints;
	/* Takes over the finding. */
	void (*suspect)(void *context, const struct look *l, const struct suspicion *s);
	void *context;
	int64_t capture_end; /* time of the newest packet so far */
};

void detect_reset(const struct detection *d, const struct look *l);
void detect_fin(const struct detection *d, const struct look *l);
void detect_syn_ack(const struct detection *d, const struct look *l);
void detect_foreign_syn_ack(const struct detection *d, const struct look *l);
void detect_data(const struct detection *d, const struct look *l);
void detect_page(const struct detection *d, const struct look *l);
void detect_silence(const struct detection *d, const struct look *l);
void detect_dns(const struct detection *d, const struct look *l);
void detect_request(const struct detection *d, const struct look *l);
void detect_freeze(const struct detection *d, const struct look *l);
void detect_rate(const struct detection *d, const struct look *l);
void detect_icmp(const struct detection *d, const struct look *l);
void detect_certificate(const struct detection *d, const struct look *l);
void detect_strip(const struct detection *d, const struct look *l);
void detect_quic(const struct detection *d, const struct look *l);
void detect_alert(const struct detection *d, const struct look *l);
/* All of them. The facts of the packets must have been noted (dissect_packets). */
void detect(const struct detection *d, const struct look *l);

/* --- shared by the detectors (measure.c) --- */

/* What was sent before may be overtaken by this much on the way (the dossier's guard for
 * reordering; captures show one to three milliseconds). */
#define REORDER (3 * NSEC_PER_MSEC)
/* What forgets a connection that is idle does so after a minute or more: NATs, balancers
 * (dossier B-14, B-15; RFC 4787, REQ-5 and RFC 5382, REQ-5 ask for more). */
#define IDLE (60 * NSEC_PER_SEC)

/* How much a packet differs from its alleged sender's ordinary ones, as evidence names; at
 * most MEASURES of them. */
#define MEASURES 12
struct measure {
	const char *evidence[MEASURES];
	size_t n;
	double weight; /* sum of what speaks for a forgery */
	int ttl_usual, ttl_jump;
	double kappa; /* -1 if it cannot be told */
	int64_t rtt;  /* what kappa is measured in; 0 if unknown */
	int64_t took; /* the time that kappa stands for */
	bool early;
};
void measure_packet(struct measure *m, const struct look *l, size_t i, long trigger);
/* The weight of what it would tell apart from time, which is the longest work. */
double measure_but_time(const struct look *l, size_t i, long trigger);
/* Weighs a measure into a finding, with the packet cited as injected. */
void measure_tell(struct finding *f, const struct measure *m, const struct look *l, size_t i);
/* Names the trigger from what the client had said before packet i, and cites it. */
void tell_trigger(struct finding *f, const struct look *l, long trigger);
/* First ordinary packet of that side, cited as baseline; nothing if there is none. */
void tell_baseline(struct finding *f, const struct look *l, enum side from, size_t but);
/* Cites what the forger of packet i sent along with it. */
void tell_companions(struct finding *f, const struct look *l, size_t i);
struct ref no_packet(void);
/* Weighs in what is remarkable about the HTTP answer in packet i, whatever else accuses it
 * (detect_page.c). */
void tell_page(struct finding *f, const struct look *l, size_t i);
/* Does the answer in packet i forbid what was asked for, or lead to a notice about it? */
bool is_notice(const struct look *l, size_t i);
