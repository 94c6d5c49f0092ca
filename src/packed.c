/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of a flow that lives, packed: there may be tens of thousands of such flows, and nobody
 * looks at their facts before they are judged. The eleven of a TLS handshake take some 90 bytes, a
 * sixth of what a list of struct fact takes.
 *
 * One after the other: a byte of enum mark; the packet and the message, unless they are as of the
 * fact before; the field; the value. Numbers are as in LEB128. */
#include "packed.h"
#include "dissect_engine.h"
#include "leb128.h"
#include "pool.h"

enum mark {
	BY_SERVER = 1 << 0,
	IS_V4 = 1 << 1,       /* the last four bytes of an address are all there is to it */
	SAME_PACKET = 1 << 2, /* as that of the fact before */
	SAME_MESSAGE = 1 << 3,
	NEXT_MESSAGE = 1 << 4, /* the one after that of the fact before */
	IN_FIRST = 1 << 5,     /* the packet is in the first of the captures */
};

/* A mark, six numbers of ten bytes at most, or five and an address. */
#define HEAD_MOST (1 + 5 * LEB_MOST + sizeof(struct addr))
/* The facts of a handshake in TLS; grows by half. */
#define SIZE_FIRST 128
#define NO_MESSAGE UINT32_MAX

struct packed {
	uint32_t n, size; /* bytes of b */
	int64_t base;     /* what times count from */
	/* Of the last fact. */
	uint32_t frame, message;
	uint16_t capture;
	uint16_t nsorted; /* so many of the first are to be put in order of time */
	uint8_t b[];
};

#define HEAD offsetof(struct packed, b)

static struct packed *
with_room(struct flow *f, size_t more, int64_t base)
{
	struct packed *p = f->packed;
	size_t had = p ? p->size : 0, want = p ? p->size + p->size / 2 : SIZE_FIRST - HEAD;

	if (p && p->size - p->n >= more)
		return p;
	if (want - (p ? p->n : 0) < more)
		want = (p ? p->n : 0) + more;
	memory_grows(want - had);
	p = pool_grow(p, p ? HEAD + had : 0, HEAD + want, 1);
	if (!f->packed) {
		p->n = 0;
		p->base = base;
		p->message = NO_MESSAGE;
		p->nsorted = 0;
	}
	p->size = (uint32_t)want;
	f->packed = p;
	return p;
}

void
packed_free(struct flow *f)
{
	if (!f->packed)
		return;
	memory_shrinks(f->packed->size);
	pool_free(f->packed, HEAD + f->packed->size);
	f->packed = NULL;
}

/* Fields are known by where they lie, in words: all tables lie close together. */
#define WORD ((intptr_t) _Alignof(struct field))

static uint64_t
number_of(const struct field *field)
{
	return leb_fold(((intptr_t)field - (intptr_t)malformed_fields) / WORD);
}

static const struct field *
numbered(uint64_t number)
{
	return (const struct field *)((intptr_t)malformed_fields + leb_unfold(number) * WORD);
}

/* Times come from the wire, and may lie at both ends of the scale. */
static int64_t
difference(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t
sum(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* All of a value but the bytes of a text. */
static uint8_t *
put_value(uint8_t *b, const struct fact *fact)
{
	size_t from;

	switch (fact->field->type) {
	case FACT_MARK:
		break;
	case FACT_UINT:
		return leb_put(b, fact->u);
	case FACT_TEXT:
		return leb_put(b, fact->text.n);
	case FACT_ADDR:
		from = addr_is_v4(&fact->addr) ? ADDR_V4_AT : 0;
		memcpy(b, fact->addr.b + from, sizeof fact->addr.b - from);
		return b + sizeof fact->addr.b - from;
	}
	return b;
}

static void
append(struct packed *p, const void *b, size_t n)
{
	if (n)
		memcpy(p->b + p->n, b, n);
	p->n += (uint32_t)n;
}

/* What is told of a fact beside its field and value. */
static unsigned
mark_of(const struct packed *p, const struct fact *fact)
{
	unsigned mark = fact->from == SERVER ? BY_SERVER : 0;

	if (fact->field->type == FACT_ADDR && addr_is_v4(&fact->addr))
		mark |= IS_V4;
	if (fact->at.capture == 0)
		mark |= IN_FIRST;
	if (!p || p->message == NO_MESSAGE)
		return mark;
	if (p->frame == fact->at.frame && p->capture == fact->at.capture)
		mark |= SAME_PACKET;
	if (p->message == fact->message)
		mark |= SAME_MESSAGE;
	else if (p->message + 1 == fact->message)
		mark |= NEXT_MESSAGE;
	return mark;
}

void
packed_add(struct flow *f, const struct fact *fact)
{
	struct packed *p = f->packed;
	size_t ntext = fact->field->type == FACT_TEXT ? fact->text.n + 1 : 0;
	unsigned mark = mark_of(p, fact);
	uint8_t head[HEAD_MOST], *b = head;

	*b++ = (uint8_t)mark;
	if (!(mark & SAME_PACKET)) {
		b = leb_put(b, leb_fold(difference(fact->nsec, p ? p->base : fact->nsec)));
		b = leb_put(b, fact->at.frame);
		if (!(mark & IN_FIRST))
			b = leb_put(b, fact->at.capture);
	}
	if (!(mark & (SAME_MESSAGE | NEXT_MESSAGE)))
		b = leb_put(b, fact->message);
	b = leb_put(b, number_of(fact->field));
	b = put_value(b, fact);
	p = with_room(f, (size_t)(b - head) + ntext, fact->nsec);
	p->frame = fact->at.frame;
	p->capture = fact->at.capture;
	p->message = fact->message;
	append(p, head, (size_t)(b - head));
	if (ntext) {
		append(p, fact->text.p, fact->text.n);
		append(p, "", 1);
	}
}

static const uint8_t *
take_value(const uint8_t *b, unsigned mark, struct fact *fact)
{
	switch (fact->field->type) {
	case FACT_MARK:
		break;
	case FACT_UINT:
		fact->u = leb_take(&b);
		break;
	case FACT_TEXT:
		fact->text.n = leb_take(&b);
		fact->text.p = b;
		return b + fact->text.n + 1;
	case FACT_ADDR:
		if (mark & IS_V4) {
			fact->addr = addr_from_v4(b);
			return b + 4;
		}
		fact->addr = addr_from_v6(b);
		return b + sizeof fact->addr.b;
	}
	return b;
}

size_t
packed_read(const struct packed *p, struct fact *facts, size_t n)
{
	const uint8_t *b = p->b;
	struct fact last = {0};

	for (size_t i = 0; i < n; i++) {
		unsigned mark = *b++;

		if (!(mark & SAME_PACKET)) {
			last.nsec = sum(p->base, leb_unfold(leb_take(&b)));
			last.at.frame = (uint32_t)leb_take(&b);
			last.at.capture = mark & IN_FIRST ? 0 : (uint16_t)leb_take(&b);
		}
		if (mark & NEXT_MESSAGE)
			last.message++;
		else if (!(mark & SAME_MESSAGE))
			last.message = (uint32_t)leb_take(&b);
		facts[i] = last;
		facts[i].from = mark & BY_SERVER ? SERVER : CLIENT;
		facts[i].field = numbered(leb_take(&b));
		b = take_value(b, mark, &facts[i]);
	}
	return p->nsorted;
}

size_t
packed_bytes(const struct packed *p)
{
	return p ? p->n : 0;
}

void
packed_cut(struct packed *p, size_t bytes)
{
	if (!p)
		return;
	p->n = (uint32_t)bytes;
	p->message = NO_MESSAGE;
}

void
packed_sort(struct packed *p, size_t n)
{
	if (p)
		p->nsorted = (uint16_t)n;
}
