/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 19 signatures of Sundara Raman et al. (SIGCOMM 2023, table 1), each in the server's view (as
 * servers capture: inbound only, and both ways) and mirrored in the client's, and what comes near
 * to them. */
#include "flows.h"
#include "signature.h"

/* One letter a packet, the client's in capitals: S SYN, A ACK of something new, D payload, P
 * payload with PSH, F FIN, G FIN that confirms nothing, R RST, K RST+ACK; Z and Y are RSTs with
 * other numbers than R (0 and another one). "=" says the last payload again, "^" the SYN; "." is a
 * silence of three seconds. */
struct story {
	const char *packets, *name; /* name NULL: possibly tampered, but no signature */
	enum reached reached;
};

#define HEALTHY "-" /* for a name: not even possibly tampered */

struct teller {
	struct talk t;
	uint32_t data_seq;
	uint8_t ttl;
	bool no_options;
	uint16_t syn_id;
};

static void
send_new(struct teller *w, enum side from, uint8_t flags, const char *text)
{
	struct packet p = talk_packet(&w->t, from, flags, text);

	if (flags & TH_SYN_ && !w->no_options)
		p.options = OPT_ANY | OPT_MSS;
	if (flags & TH_SYN_ && w->syn_id)
		p.ip_id = w->syn_id;
	if (text[0])
		w->data_seq = p.seq;
	assert_non_null(talk_hear(&w->t, p));
	w->t.seq[from] += p.payload_len + (flags & TH_SYN_ ? 1 : 0) + (flags & TH_FIN_ ? 1 : 0);
	w->t.ip_id[from]++;
}

static void
send_again(struct teller *w, enum side from, uint8_t flags, const char *text)
{
	struct packet p = talk_packet(&w->t, from, flags, text);

	p.seq = flags & TH_SYN_ ? w->t.seq[from] - 1 : w->data_seq;
	p.options = flags & TH_SYN_ ? OPT_ANY | OPT_MSS : 0;
	w->t.ip_id[from]++;
	talk_hear(&w->t, p);
}

static void
send_reset(struct teller *w, enum side from, uint8_t flags, uint32_t ack)
{
	struct packet p = talk_packet(&w->t, from, flags, "");

	p.ip_id = 4321;
	if (!(flags & TH_ACK_))
		p.ack = ack;
	talk_hear(&w->t, p);
}

static void
tell(struct teller *w, char c)
{
	enum side from = c >= 'a' && c <= 'z' ? SERVER : CLIENT;

	w->t.now += NSEC_PER_MSEC;
	switch (from == SERVER ? c - 'a' + 'A' : c) {
	case 'S':
		send_new(w, from, from == SERVER ? TH_SYN_ | TH_ACK_ : TH_SYN_, "");
		break;
	case 'A':
		/* Without the other direction in the capture its numbers still rise. */
		if (from == CLIENT)
			w->t.seq[SERVER]++;
		send_new(w, from, TH_ACK_, "");
		break;
	case 'D':
		send_new(w, from, TH_ACK_, "first half");
		break;
	case 'P':
		send_new(w, from, TH_ACK_ | TH_PSH_, "a request");
		break;
	case 'F':
		send_new(w, from, TH_ACK_ | TH_FIN_, "");
		break;
	case 'G': {
		struct packet p = talk_packet(&w->t, from, TH_ACK_ | TH_FIN_, "");

		p.ack = w->t.flow->half[other_side(from)].isn + 1;
		talk_hear(&w->t, p);
		break;
	}
	case 'R':
		send_reset(w, from, TH_RST_, 777);
		break;
	case 'Y':
		send_reset(w, from, TH_RST_, 888);
		break;
	case 'Z':
		send_reset(w, from, TH_RST_, 0);
		break;
	case 'K':
		send_reset(w, from, TH_RST_ | TH_ACK_, 0);
		break;
	case '=':
		send_again(w, CLIENT, TH_ACK_ | TH_PSH_, "a request");
		break;
	case '^':
		send_again(w, CLIENT, TH_SYN_, "");
		break;
	default:
		w->t.now += 3 * NSEC_PER_SEC;
	}
}

static void
play(const struct story *s, enum view view, struct teller *w)
{
	struct ending e;

	talk_begin(&w->t, FLOWS_MAX, NULL, NULL);
	for (const char *c = s->packets; *c; c++)
		tell(w, *c);
	ending_of(w->t.flow, view, w->t.now, &e);
	assert_true(e.connection);
	if (s->name && strcmp(s->name, HEALTHY) == 0) {
		if (e.abrupt)
			fail_msg("%s is healthy, and not", s->packets);
	} else {
		if (!e.abrupt)
			fail_msg("%s is not even possibly tampered", s->packets);
		if (!e.signature != !s->name ||
		    (s->name && strcmp(e.signature->name, s->name) != 0))
			fail_msg("%s is %s, expected %s", s->packets,
				 e.signature ? e.signature->name : "nothing",
				 s->name ? s->name : "nothing");
		if (e.reached != s->reached)
			fail_msg("%s is %s, expected %s", s->packets, reached_words[e.reached],
				 reached_words[s->reached]);
	}
	talk_end(&w->t);
}

static void
play_all(const struct story *stories, size_t n, enum view view)
{
	for (size_t i = 0; i < n; i++) {
		struct teller w = {0};

		play(&stories[i], view, &w);
	}
}

#define PLAY_ALL(stories, view) play_all(stories, sizeof(stories) / sizeof *(stories), view)

static const struct story inbound[] = {
    {"S.", "syn-none", POST_SYN},
    {"SR", "syn-rst", POST_SYN},
    {"SRR", "syn-rst", POST_SYN},
    {"SK", "syn-rst-ack", POST_SYN},
    {"SKKK", "syn-rst-ack", POST_SYN},
    {"SRK", "syn-rst-rst-ack", POST_SYN},
    {"SKRK", "syn-rst-rst-ack", POST_SYN},
    {"SA.", "syn-ack-none", POST_ACK},
    {"SAR", "syn-ack-rst", POST_ACK},
    {"SARR", "syn-ack-rst-rst", POST_ACK},
    {"SAK", "syn-ack-rst-ack", POST_ACK},
    {"SAKK", "syn-ack-rst-ack-rst-ack", POST_ACK},
    {"SAP.", "psh-ack-none", POST_PSH},
    {"SAPR", "psh-ack-rst", POST_PSH},
    {"SAPK", "psh-ack-rst-ack", POST_PSH},
    {"SAPRK", "psh-ack-rst-rst-ack", POST_PSH},
    {"SAPRKKK", "psh-ack-rst-rst-ack", POST_PSH},
    {"SAPKK", "psh-ack-rst-ack-rst-ack", POST_PSH},
    {"SAPKKK", "psh-ack-rst-ack-rst-ack", POST_PSH},
    {"SAPRR", "psh-ack-rst-eq-rst", POST_PSH},
    {"SAPZZ", "psh-ack-rst-eq-rst", POST_PSH},
    {"SAPRY", "psh-ack-rst-ne-rst", POST_PSH},
    {"SAPRZ", "psh-ack-rst-rst0", POST_PSH},
    {"SAPZRY", "psh-ack-rst-rst0", POST_PSH},
    {"SAPAPR", "psh-ack-data-rst", POST_DATA},
    {"SAPPRR", "psh-ack-data-rst", POST_DATA},
    {"SAPAPK", "psh-ack-data-rst-ack", POST_DATA},
    {"SAPPKK", "psh-ack-data-rst-ack", POST_DATA},
};

static const struct story inbound_near[] = {
    {"SAPAFA.", HEALTHY, POST_ODD},     /* closed as it should be */
    {"SAPAF.", HEALTHY, POST_ODD},      /* closed by the client; nobody asks for more */
    {"SAPFR", NULL, POST_ODD},          /* a reset after the FIN: a kernel that cleans up */
    {"SAPA", HEALTHY, POST_ODD},        /* not silent for three seconds yet */
    {"SAPAPAPAPA.", HEALTHY, POST_ODD}, /* ten packets: what follows is not looked at */
    {"SAPAPAPAPAR", HEALTHY, POST_ODD}, /* the reset is the eleventh */
    {"SAPAPAPAR", "psh-ack-data-rst", POST_DATA}, /* and here the ninth */
    {"SAA.", NULL, POST_ACK},                     /* the server spoke first, and was heard */
    {"SAAR", NULL, POST_ACK},
    {"SARK", NULL, POST_ACK},                 /* both kinds: no row of the table */
    {"SAPA.", NULL, POST_DATA},               /* the answer came: an idle connection */
    {"SAPAR", "psh-ack-data-rst", POST_DATA}, /* not directly after the first message */
    {"SAPPRK", NULL, POST_DATA},
    {"SADP.", "psh-ack-none", POST_PSH}, /* a hello of two segments is one message */
    {"SADPK", "psh-ack-rst-ack", POST_PSH},
    {"SAD.", "psh-ack-none", POST_PSH}, /* of which the second was swallowed */
    {"S^^.", "syn-none", POST_SYN},     /* the same SYN again is nothing new */
    {"SAP==.", "psh-ack-none", POST_PSH},
    {"SAP.A", NULL, POST_DATA}, /* a slow answer */
    {"SAP.AF", HEALTHY, POST_ODD},
    {"SAPRA", "psh-ack-rst", POST_PSH}, /* who did not send the reset goes on */
};

/* The same with the other direction in the capture. */
static const struct story both_ways[] = {
    {"SsR", "syn-rst", POST_SYN},
    {"SsA.", "syn-ack-none", POST_ACK},
    {"SsAR", "syn-ack-rst", POST_ACK},
    {"SsAPaRRR", "psh-ack-rst-eq-rst", POST_PSH},
    {"SsAPapppp.", "psh-ack-none", POST_PSH},
    {"SsAPapAFfA.", HEALTHY, POST_ODD},
    {"SsAPapAR", "psh-ack-data-rst", POST_DATA},
};

static const struct story mirrored[] = {
    {"S^^.", "syn-none", POST_SYN},
    {"Sr", "syn-rst", POST_SYN},
    {"Sk", "syn-rst-ack", POST_SYN},
    {"Skkk", "syn-rst-ack", POST_SYN},
    {"Srk", "syn-rst-rst-ack", POST_SYN},
    {"SsAP===.", "syn-ack-none", POST_ACK},
    {"SsAr", "syn-ack-rst", POST_ACK},
    {"SsArr", "syn-ack-rst-rst", POST_ACK},
    {"SsAk", "syn-ack-rst-ack", POST_ACK},
    {"SsAkk", "syn-ack-rst-ack-rst-ack", POST_ACK},
    {"SsAPa==.", "psh-ack-none", POST_PSH},
    {"SsAPr", "psh-ack-rst", POST_PSH},
    {"SsAPkapa", "psh-ack-rst-ack", POST_PSH}, /* the server goes on */
    {"SsAPrkkk", "psh-ack-rst-rst-ack", POST_PSH},
    {"SsAPkkk", "psh-ack-rst-ack-rst-ack", POST_PSH},
    {"SsAPrr", "psh-ack-rst-eq-rst", POST_PSH},
    {"SsAPry", "psh-ack-rst-ne-rst", POST_PSH},
    {"SsAPrz", "psh-ack-rst-rst0", POST_PSH},
    {"SsAPapAPr", "psh-ack-data-rst", POST_DATA},
    {"SsAPapAPk", "psh-ack-data-rst-ack", POST_DATA},
};

static const struct story mirrored_near[] = {
    {"SsAPapAFfA.", HEALTHY, POST_ODD},
    {"SsA.", NULL, POST_ACK},               /* a browser's spare connection: nothing was asked */
    {"SsAPap.", NULL, POST_DATA},           /* an answer, and rest */
    {"SsAPaf.", HEALTHY, POST_ODD},         /* the server hung up */
    {"SsAP==.g", "syn-ack-none", POST_ACK}, /* of a request that it never got */
    {"SsAPapAFr", NULL, POST_ODD},
    {"SsAPa=", HEALTHY, POST_ODD},
};

static void
server_alone(void **state)
{
	(void)state;
	PLAY_ALL(inbound, SERVER_VIEW);
	PLAY_ALL(inbound_near, SERVER_VIEW);
	PLAY_ALL(both_ways, SERVER_VIEW);
}

static void
client_mirrored(void **state)
{
	(void)state;
	PLAY_ALL(mirrored, CLIENT_VIEW);
	PLAY_ALL(mirrored_near, CLIENT_VIEW);
}

/* Every row of the table is told at least once in each view, or a test above says less than it
 * seems to. */
static void
nothing_is_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIGNATURES; i++) {
		unsigned server = 0, client = 0;

		assert_int_equal(signatures[i].number, i + 1);
		for (size_t k = 0; k < sizeof inbound / sizeof *inbound; k++)
			server += strcmp(inbound[k].name, signatures[i].name) == 0;
		for (size_t k = 0; k < sizeof mirrored / sizeof *mirrored; k++)
			client += strcmp(mirrored[k].name, signatures[i].name) == 0;
		assert_true(server && client);
	}
}

static bool
is_scan(const char *packets, uint16_t id, bool no_options)
{
	struct teller w = {.syn_id = id, .no_options = no_options};
	struct ending e;

	talk_begin(&w.t, FLOWS_MAX, NULL, NULL);
	for (const char *c = packets; *c; c++)
		tell(&w, *c);
	ending_of(w.t.flow, SERVER_VIEW, w.t.now, &e);
	talk_end(&w.t);
	return e.scan;
}

static void
scanners(void **state)
{
	(void)state;
	assert_true(is_scan("SsR", 54321, false)); /* ZMap with its option of MSS */
	assert_true(is_scan("SsR", 54321, true));
	assert_true(is_scan("S.", 0, true)); /* a flood of SYNs without options */
	assert_false(is_scan("SsR", 54320, false));
	assert_false(is_scan("SAPR", 0, false));
}

/* No SYN: no connection in the paper's sense. */
static void
middle(void **state)
{
	struct teller w = {0};
	struct ending e;

	(void)state;
	talk_begin(&w.t, FLOWS_MAX, NULL, NULL);
	for (const char *c = "APR"; *c; c++)
		tell(&w, *c);
	ending_of(w.t.flow, SERVER_VIEW, w.t.now, &e);
	assert_false(e.connection);
	assert_null(e.signature);
	talk_end(&w.t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(server_alone),
	    cmocka_unit_test(client_mirrored),
	    cmocka_unit_test(nothing_is_left_out),
	    cmocka_unit_test(scanners),
	    cmocka_unit_test(middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
