/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 19 signatures of connection tampering: Sundara Raman et al., Global, Passive Detection of
 * Connection Tampering, SIGCOMM 2023, table 1. They say how a connection ended, not who ended it.
 */
#pragma once

#include "finding.h"

#define SIGNATURES 19

/* How far a connection had got. */
enum reached { POST_SYN, POST_ACK, POST_PSH, POST_DATA, POST_ODD, NREACHED };
extern const char *const reached_words[NREACHED];

/* How many resets, of which kind. */
enum resets {
	RESETS_NONE,
	RESETS_RST,     /* one or more, without ACK flag */
	RESETS_RST_ACK, /* one or more, with ACK flag */
	RESETS_BOTH,
	RESETS_ONE_RST,
	RESETS_MANY_RST,
	RESETS_ONE_RST_ACK,
	RESETS_MANY_RST_ACK,
	RESETS_SAME,   /* several without ACK flag that name one number */
	RESETS_DIFFER, /* several that name different numbers */
	RESETS_ZERO    /* several, and some, but not all, name zero */
};

struct signature {
	unsigned number;      /* its row in the paper's table */
	const char *name;     /* in reports */
	const char *notation; /* in the paper */
	enum reached reached;
	enum resets resets;
};
extern const struct signature signatures[SIGNATURES];

/* From where one looks: on what reached the server, as in the paper, or, mirrored, on what
 * reached the client. */
enum view { SERVER_VIEW, CLIENT_VIEW, NVIEWS };
extern const char *const view_words[NVIEWS];

struct ending {
	bool connection; /* its first packet was seen: the rest is only told of such flows */
	bool scan;       /* its SYN is that of a scanner, or of a flood */
	bool abrupt;     /* "possibly tampered": a reset among the first ten inbound packets, or
			    three seconds of silence without a FIN */
	enum reached reached;
	const struct signature *signature; /* NULL if none fits */
};

/* end: until when the flow was watched. */
void ending_of(const struct flow *f, enum view view, int64_t end, struct ending *ret);
/* Names the signatures of a finding about that flow. */
void signatures_tell(struct finding *finding, const struct flow *f, int64_t end);
