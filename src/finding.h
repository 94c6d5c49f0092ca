/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a detector, or a correlation, concludes: the words of the report contract. */
#pragma once

#include "flow.h"

enum mechanism {
	RST_INJECTION,
	FIN_INJECTION,
	SYN_ACK_INJECTION,
	DATA_INJECTION,
	BLOCK_PAGE,
	DROP,
	FREEZE,
	THROTTLE,
	DNS_INJECTION,
	DNS_TAMPERING,
	TLS_INTERCEPTION,
	TLS_ALERT_INJECTION,
	ICMP_REJECTION,
	PROTOCOL_STRIPPING,
	NMECHANISMS
};

enum trigger_kind {
	TRIGGER_UNKNOWN,
	TRIGGER_IP,
	TRIGGER_IP_PORT,
	TRIGGER_SNI,
	TRIGGER_ECH,
	TRIGGER_HTTP_HOST,
	TRIGGER_HTTP_URL,
	TRIGGER_DNS_NAME,
	TRIGGER_QUIC_SNI,
	TRIGGER_QUIC,
	TRIGGER_PROTOCOL,
	TRIGGER_FULLY_ENCRYPTED,
	TRIGGER_VOLUME,
	TRIGGER_RESIDUAL,
	NTRIGGERS
};

enum trigger_basis { BASIS_CONTENT = 1, BASIS_CONTRAST = 2, BASIS_REPEAT = 4 };

enum stage {
	STAGE_DNS,
	STAGE_SYN,
	STAGE_HANDSHAKE,
	STAGE_FIRST_DATA,
	STAGE_ESTABLISHED,
	STAGE_DATAGRAM,
	NSTAGES
};

enum direction { TO_CLIENT, TO_SERVER, BOTH_WAYS };

enum role {
	ROLE_TRIGGER,
	ROLE_INJECTED,
	ROLE_BASELINE,
	ROLE_CONTRADICTION,
	ROLE_RETRANSMISSION,
	ROLE_UNANSWERED,
	ROLE_CONTROL,
	NROLES
};

enum outcome {
	OUTCOME_OK,
	OUTCOME_REFUSED,
	OUTCOME_FAILED,
	OUTCOME_INTERFERED,
	OUTCOME_PARTIAL,
	NOUTCOMES
};
enum vantage { VANTAGE_UNKNOWN, VANTAGE_CLIENT, VANTAGE_SERVER, VANTAGE_PATH, NVANTAGES };

/* The contract's words, indexed by the enums above. */
extern const char *const mechanism_words[NMECHANISMS];
extern const char *const trigger_words[NTRIGGERS];
extern const char *const stage_words[NSTAGES];
extern const char *const direction_words[3];
extern const char *const role_words[NROLES];
extern const char *const outcome_words[NOUTCOMES];
extern const char *const vantage_words[NVANTAGES];
/* From so much on a finding is "possible", "likely", "confirmed". */
#define CONFIDENCE_POSSIBLE 0.3
#define CONFIDENCE_LIKELY 0.6
#define CONFIDENCE_CONFIRMED 0.9
/* Nothing is certain: packets can be made up. */
#define CONFIDENCE_MAX 0.999
const char *verdict_word(double confidence); /* or NULL, if it is less than possible */

/* One measured feature of a cited packet: "ip.ttl", 61, 48. Texts belong to the finding. */
struct observation {
	const char *feature, *observed, *baseline; /* baseline may be NULL */
};

/* Who sent a packet that a report shows: an end of its flow, or something between them. */
enum seen_from { SEEN_NOWHERE, SEEN_CLIENT, SEEN_SERVER, SEEN_PATH, NSEENS };
extern const char *const seen_words[NSEENS]; /* NULL, "client", "server", "path" */

/* What a packet of the finding's flow was, for those who draw or comment it (cited.h). `from` is
 * SEEN_NOWHERE where nothing is known of it: it belongs to another flow, or its record is gone. */
struct seen {
	int64_t nsec;
	uint32_t seq, ack; /* TCP: counted from the initial numbers, as Wireshark shows them */
	uint32_t len;      /* payload bytes on the wire */
	uint8_t from;      /* enum seen_from */
	uint8_t to;        /* enum side */
	uint8_t flags;     /* enum tcp_flag; of TCP only */
	uint8_t ttl;
	bool again;          /* its bytes had been sent before */
	const char *summary; /* "TLS ClientHello for web.whatsapp.com", "RST, ACK" */
};

struct cite {
	struct ref at;
	enum role role;
	struct observation *observations;
	size_t nobservations;
	struct seen seen;
};

/* A packet that nothing is claimed of: it shows how far its flow had come. */
struct context {
	struct ref at;
	struct seen seen;
};
#define CONTEXT_MAX 4 /* a handshake, and the first word of the server */

/* One weighed piece of evidence: its name is a row of the weights (weigh.h). */
struct evidence {
	const char *name;
	const char
	    *words;    /* the same for a reader: "it came before the server can have answered" */
	int family;    /* enum evidence_family of weigh.h */
	double weight; /* log-odds, natural logarithm, after caps */
	struct ref at; /* the packet that shows it; frame 0 if it is a property of the flow */
};

struct alternative {
	const char *explanation, *against;
};

struct attribution {
	const char *fingerprint;       /* id */
	double score;                  /* 0..1 */
	const char *const *references; /* NULL-terminated */
};

/* The flow as the report shows it: a copy, since the flow itself is long gone. */
struct flow_name {
	uint8_t proto;
	struct addr addr[2];
	uint16_t port[2];
	uint64_t id;
	char community_id[40];
};

/* How many hops lie between who forged it and one end; basis NULL if nothing tells. */
struct injector {
	int hops;
	enum side from;
	const char *basis; /* "ttl", or "copied-ttl" of one that copies headers */
};

/* How long interference stayed in force after its cause, and for whom. */
struct residual {
	uint8_t tuple;                    /* 2: between these hosts, 3: and for this port of the
					     server's, 4: and of the client's; 0: nothing was left */
	double seconds_low, seconds_high; /* high: 0 if its end is not in the capture */
};

struct finding {
	unsigned number; /* from 1 in the report: "f1" */
	enum mechanism mechanism;
	enum trigger_kind trigger;
	const char *trigger_value; /* "" if there is none */
	unsigned basis;            /* enum trigger_basis */
	enum stage stage;
	enum direction direction;
	double confidence;
	int64_t nsec;
	struct flow_name flow;
	bool of_resolver; /* the server is a resolver that is asked in secret: DoT, DoH, DoQ */
	const char *name; /* the target's name for this flow (SNI, Host, DNS name), or NULL */
	const char *url;  /* host and path that were asked for over HTTP, or NULL */
	struct residual residual;
	const char **signatures;
	size_t nsignatures;
	struct cite *cites; /* never empty */
	size_t ncites;
	struct context context[CONTEXT_MAX]; /* not among the cites; in order of time */
	size_t ncontext;
	struct evidence *evidence;
	size_t nevidence;
	struct alternative *alternatives;
	size_t nalternatives;
	struct attribution *attributions;
	size_t nattributions;
	struct injector injector;
	/* Of a rate that is held down: bits of payload a second, and the interval that half of what
	 * was measured lies in; 0 if there is none. */
	double rate, rate_low, rate_high;
	uint64_t burst; /* bytes that pass at once */
	const char *explanation;
	struct arena *arena; /* owns all of the above */
};

/* --- how detectors build one (finding.c) --- */
struct look;
/* A new finding about a flow; freed with finding_free() unless it is handed on. */
struct finding *finding_new(const struct look *l, enum mechanism mechanism, int64_t nsec);
/* The same about a flow of which only this is left, without any evidence yet. */
struct finding *finding_bare(const struct flow_name *flow, enum mechanism mechanism, int64_t nsec);
void finding_free(struct finding *f); /* accepts NULL */
/* Cites a packet; the same packet in the same role is cited once. */
struct cite *finding_cite(struct finding *f, struct ref at, enum role role);
/* Adds what was measured at the cited packet. `baseline` may be NULL. */
void finding_observe(struct finding *f, struct cite *c, const char *feature, const char *baseline,
		     const char *observed, ...) PRINTF_LIKE(5, 6);
/* Weighs in one piece of evidence, by its name in the table of weights; the same name counts
 * once. */
void finding_weigh(struct finding *f, const char *name, struct ref at);
/* The same for evidence whose weight was measured in the captures at hand: name and words are
 * literals, family is one of weigh.h. */
void finding_evidence(struct finding *f, int family, const char *name, double weight,
		      const char *words, struct ref at);
bool finding_has(const struct finding *f, const char *name);
/* Takes a piece of evidence back. */
void finding_forget(struct finding *f, const char *name);
/* An innocent explanation, and what speaks against it. */
void finding_excludes(struct finding *f, const char *explanation, const char *against, ...)
    PRINTF_LIKE(3, 4);
void finding_signature(struct finding *f, const char *name);
void finding_attribute(struct finding *f, const char *fingerprint, double score,
		       const char *const *references);
void finding_explain(struct finding *f, const char *text, ...) PRINTF_LIKE(2, 3);
void finding_trigger(struct finding *f, enum trigger_kind kind, const char *value, unsigned basis);

/* How surely at least one of several findings is true. Those of one mechanism stand and fall
 * together, as one outage silences many relays: the surest speaks for all of them. */
struct chances {
	double surest[NMECHANISMS];
};
void chances_add(struct chances *c, const struct finding *f);
/* At most 0.999, as of a finding. */
double chances_of_any(const struct chances *c);
