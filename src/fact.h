/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts: what a dissector noticed, each tied to the packet that shows it. Downstream of the
 * dissectors nobody sees bytes again. */
#pragma once

#include "base.h"

enum fact_type { FACT_MARK, FACT_UINT, FACT_TEXT, FACT_ADDR };

/* A declared fact: static, documented, and the name by which fingerprints speak of it. */
struct field {
	const char *name; /* "tls.sni"; Wireshark's name where Wireshark has one */
	enum fact_type type;
	const char *doc; /* one line */
	bool costly;     /* noted only where somebody asks for it: flow_wants() */
	bool telling;    /* a flow that has it is looked at, however well it went */
	bool bulky;      /* noted only if a rule may find something in it: flow_wants_text() */
};

struct fact {
	const struct field *field;
	int64_t nsec;
	struct ref at; /* the packet that completed the message */
	uint32_t
	    message; /* ordinal of the message within its flow: facts of one message share it */
	enum side from;
	union {
		uint64_t u;
		struct bytes text; /* lives in the flow's arena; may hold any bytes */
		struct addr addr;
	};
};
