/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first packets of one side, four bits each. */
#include "shape.h"

static enum shape_kind
kind_of(const struct half *h, const struct trace *t, bool fresh)
{
	if (t->flags & TH_RST_)
		return t->flags & TH_ACK_ ? SHAPE_RST_ACK : SHAPE_RST;
	if (t->flags & TH_SYN_)
		return h->syns > 1 ? SHAPE_REPEAT : SHAPE_SYN;
	if (t->flags & TH_FIN_)
		return SHAPE_FIN;
	if (t->odd & (ODD_RETRANSMISSION | ODD_KEEPALIVE))
		return SHAPE_REPEAT;
	if (t->len && !(t->odd & ODD_PADDED))
		return t->flags & TH_PSH_ ? SHAPE_PUSH : SHAPE_DATA;
	return fresh ? SHAPE_ACK : SHAPE_REPEAT;
}

void
shape_note(struct flow *f, const struct trace *t, bool paused, bool fresh)
{
	struct half *h = &f->half[t->from];
	unsigned n = shape_count(h->shape);
	uint64_t nibble;

	if (t->flags & TH_RST_ && h->resets == 1)
		h->shape |= (uint64_t)shape_count(f->half[other_side((enum side)t->from)].shape)
			    << SHAPE_CUT_AT;
	if (n == SHAPE_PACKETS)
		return;
	nibble = (uint64_t)kind_of(h, t, fresh) | (paused ? 8u : 0u);
	h->shape |= nibble << 4 * n;
	h->shape += (uint64_t)1 << 4 * SHAPE_PACKETS;
}
