/* SPDX-License-Identifier: GPL-3.0-or-later */
/* L2TP: how a tunnel is set up, and that data followed. RFC 2661, 3.1 and 4.4.1. */
#include "dissect.h"

/* Control messages of one side: setting up a tunnel and a session takes six. */
#define NOTED_MAX 24

enum { TYPE = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, VERSION = 0x000f };
enum { SCCRQ = 1 };

enum { F_CONTROL, F_REQUEST, F_DATA };

static const struct field fields[] = {
    [F_CONTROL] = {"l2tp.control", FACT_UINT,
		   "type of a control message: 1 asks for a tunnel, 2 grants it, 0 acknowledges"},
    [F_REQUEST] = {"l2tp.request", FACT_MARK, "a tunnel is asked for"},
    [F_DATA] = {"l2tp.data", FACT_MARK, "the first data of that side"},
    {0},
};

struct l2tp {
	bool data[2];
	uint8_t noted[2];
};

/* The first AVP of a control message tells its type; an acknowledgement has none. */
static void
control(struct flow *f, enum side from, struct cursor *in)
{
	struct l2tp *l = f->state;
	uint16_t length = get_be16(in), type = 0, attribute, vendor;
	struct cursor avp;

	if (length < 12) {
		set_bad(in);
		return;
	}
	skip_bytes(in, 8); /* tunnel, session, both numbers */
	if (length > 12) {
		avp = get_fenced(in, length - 12u);
		skip_bytes(&avp, 2);
		vendor = get_be16(&avp);
		attribute = get_be16(&avp);
		type = get_be16(&avp);
		if (!avp.err && (vendor || attribute))
			set_bad(&avp);
	}
	if (in->err || l->noted[from] == NOTED_MAX)
		return;
	l->noted[from]++;
	note_uint(f, from, &fields[F_CONTROL], type);
	if (type == SCCRQ)
		note(f, from, &fields[F_REQUEST]);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct l2tp *l = f->state;
	uint16_t bits = get_be16(in);

	if (in->err)
		return;
	if ((bits & VERSION) != 2)
		set_bad(in);
	else if (bits & TYPE)
		control(f, from, in);
	else if (!l->data[from]) {
		l->data[from] = true;
		note(f, from, &fields[F_DATA]);
	}
	if (l->data[CLIENT] && l->data[SERVER])
		flow_enough(f, from);
	if (!in->err)
		skip_bytes(in, cursor_left(in));
}

static enum guess
probe(struct bytes first, enum side from)
{
	const uint8_t *p = first.p;

	(void)from;
	/* Control messages have a length and a number, and no other bit (RFC 2661, 3.1). */
	return first.n >= 12 && p[0] == (TYPE | LENGTH | SEQUENCE) >> 8 && p[1] == 2 &&
		       ((size_t)p[2] << 8 | p[3]) == first.n
		   ? YES
		   : NO;
}

const struct dissector dissector_l2tp = {
    .name = "l2tp",
    .title = "Layer Two Tunneling Protocol",
    .spec = "RFC 2661",
    .carriers = 1u << DATAGRAMS,
    .trigger = "l2tp",
    .request = "l2tp.request",
    .fields = fields,
    .state_size = sizeof(struct l2tp),
    .probe = probe,
    .message = message,
};
