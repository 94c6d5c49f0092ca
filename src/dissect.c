/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hands bytes to the dissectors: who claims a conversation, where a message begins, what to do
 * when it is unfinished or makes no sense. */
#include "config.h"
#include "buffer.h"
#include "dissect_engine.h"
#include "pool.h"
#include "reassemble.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define DECLARE(name) extern const struct dissector dissector_##name;
DISSECTORS(DECLARE)
#define ENTRY(name) &dissector_##name,
const struct dissector *const dissectors[] = {DISSECTORS(ENTRY) NULL};

/* What the core itself notes of a protocol. */
#define MALFORMED(name)                                                                            \
	{#name ".malformed", FACT_MARK,                                                            \
	 "bytes that contradict the protocol, or a message too long"},
const struct field malformed_fields[] = {DISSECTORS(MALFORMED){0}};

/* How much of a side's beginning the probes may ask for: the longest magic of a protocol that
 * they know is HTTP/2's preface of 24 bytes (RFC 9113, 3.4); 64 leaves room. */
#define PROBE_MAX 64
#define MESSAGE_MAX_DEFAULT 16384
/* A dissector's state is saved before each message, to undo an unfinished one. */
#define STATE_MAX 256

/* Datagrams of one side that are asked about: tools that hide a tunnel or a call send some of junk
 * ahead of it (AmneziaWG recommends 4 to 12). */
#define DATAGRAM_TRIES 16

const struct dissector *
dissector_find(const char *name)
{
	for (const struct dissector *const *d = dissectors; *d; d++)
		if (strcmp((*d)->name, name) == 0)
			return *d;
	return NULL;
}

static const struct field *
malformed_field(const struct dissector *d)
{
	for (size_t i = 0; dissectors[i]; i++)
		if (dissectors[i] == d)
			return &malformed_fields[i];
	return NULL;
}

enum carrier
flow_carrier(const struct flow *f)
{
	return f->proto == IPPROTO_TCP ? STREAM : DATAGRAMS;
}

void
flow_enough(struct flow *f, enum side from)
{
	f->half[from].done = true;
	if (f->stream)
		stream_stop(f->stream, from);
}

/* Another dissector, or none, with a state of its own. */
static void
hand_to(struct flow *f, const struct dissector *d)
{
	if (f->dissector)
		pool_free(f->state, f->dissector->state_size);
	f->dissector = d;
	f->state = d && d->state_size ? pool_alloc(d->state_size) : NULL;
}

void
flow_becomes(struct flow *f, const char *name)
{
	hand_to(f, name ? dissector_find(name) : NULL);
	for (int s = 0; s < 2; s++)
		if (f->buffer[s])
			f->buffer[s]->refused = false;
}

void
flow_disclaim(struct flow *f)
{
	flow_becomes(f, NULL);
	flow_forget(f, CLIENT);
	flow_forget(f, SERVER);
	facts_take_back(f, (struct noted){0, 0});
	f->bits |= FLOW_AHEAD;
}

void
flow_skip(struct flow *f, enum side from, uint64_t n)
{
	struct message_buffer *m = buffer_of(f, from);

	m->skip = n > UINT64_MAX - m->skip ? UINT64_MAX : m->skip + n;
}

void *
flow_memory(struct flow *f, enum side from, size_t n)
{
	return buffer_memory(buffer_of(f, from), n);
}

void
flow_forget(struct flow *f, enum side from)
{
	if (f->buffer[from])
		buffer_drop(f->buffer[from]);
}

void
flow_at(struct flow *f, const struct trace *t)
{
	f->at = t->at;
	f->at_nsec = t->nsec;
}

bool
dissect_done(const struct flow *f, enum side from)
{
	return f->half[from].done;
}

void
dissect_free(struct flow *f)
{
	buffer_free(f, CLIENT);
	buffer_free(f, SERVER);
	if (f->state)
		pool_free(f->state, f->dissector->state_size);
	f->state = NULL;
}

/* Gives back what sides of which no more is wanted have no use for. */
static void
forget_done(struct flow *f)
{
	if (f->half[CLIENT].done && f->half[SERVER].done)
		dissect_free(f);
	else if (f->half[CLIENT].done)
		buffer_free(f, CLIENT);
	else if (f->half[SERVER].done)
		buffer_free(f, SERVER);
}

static void
set_time(struct flow *f)
{
	if (!f->now)
		return;
	f->at = (struct ref){f->now->number, f->now->capture};
	f->at_nsec = f->now->nsec;
}

static bool
port_hints(const struct dissector *d, const struct flow *f)
{
	for (const uint16_t *p = d->ports; p && *p; p++)
		if (f->port[SERVER] == *p || f->port[CLIENT] == *p)
			return true;
	return false;
}

/* Does a dissector take what this flow carries at all? */
static bool
is_carried(const struct dissector *d, const struct flow *f, enum carrier carrier)
{
	if (!(d->carriers & 1u << carrier) || !d->probe)
		return false;
	if (carrier == STREAM || !d->protocols)
		return carrier == STREAM || f->proto == IPPROTO_UDP;
	return strchr((const char *)d->protocols, f->proto) && f->proto;
}

static bool
is_hinted(const struct flow *f, enum carrier carrier)
{
	for (const struct dissector *const *d = dissectors; *d; d++)
		if (is_carried(*d, f, carrier) && port_hints(*d, f))
			return true;
	return false;
}

/* Who claims a conversation of which one side began like this? YES wins at once; MAYBE wins by
 * its port or protocol. *ret_wait is set if more bytes could tell. */
static const struct dissector *
probe(const struct flow *f, enum side from, struct bytes first, enum carrier carrier,
      bool *ret_wait)
{
	const struct dissector *hinted = NULL;

	*ret_wait = false;
	for (const struct dissector *const *d = dissectors; *d; d++) {
		enum guess guess;

		if (!is_carried(*d, f, carrier))
			continue;
		guess = (*d)->probe(first, from);
		if (guess == YES)
			return *d;
		if (guess == MAYBE && !hinted && (port_hints(*d, f) || (*d)->protocols))
			hinted = *d;
		else if (guess == MAYBE && first.n < PROBE_MAX && carrier == STREAM)
			*ret_wait = true;
	}
	return hinted;
}

/* One message from the front of b. Returns how many bytes it took; 0 means unfinished, or that
 * the side is given up (its buffer says so). */
static size_t
take_message(struct flow *f, enum side from, struct bytes b)
{
	const struct dissector *d = f->dissector;
	struct message_buffer *m = buffer_of(f, from);
	struct cursor in = cursor_over(b, CURSOR_SHORT);
	uint8_t saved[STATE_MAX];
	struct noted noted = facts_noted(f);
	uint64_t skip = m->skip;
	size_t max = d->message_max ? d->message_max : MESSAGE_MAX_DEFAULT;
	size_t used;

	if (d->state_size && d->state_size <= STATE_MAX)
		memcpy(saved, f->state, d->state_size);
	f->messages++;
	d->message(f, from, &in);
	used = (size_t)(in.p - b.p);
	if (in.err == CURSOR_OK && used > 0)
		return used;
	if (in.err == CURSOR_SHORT && b.n < max) {
		f->messages--;
		facts_take_back(f, noted);
		m->skip = skip;
		if (d->state_size && d->state_size <= STATE_MAX && f->dissector == d)
			memcpy(f->state, saved, d->state_size);
		return 0;
	}
	note(f, from, malformed_field(d));
	flow_enough(f, from);
	return 0;
}

/* As many messages as there are. Returns how many bytes were used up. */
static size_t
take_messages(struct flow *f, enum side from, struct bytes b)
{
	struct message_buffer *m = buffer_of(f, from);
	size_t used = 0;

	while (used < b.n && !f->half[from].done && f->dissector) {
		struct bytes rest = {b.p + used, b.n - used};
		size_t n;

		if (m->skip) {
			n = m->skip < rest.n ? (size_t)m->skip : rest.n;
			m->skip -= n;
			used += n;
			continue;
		}
		n = take_message(f, from, rest);
		if (n == 0)
			break;
		used += n;
	}
	return f->half[from].done ? b.n : used;
}

static void
drain(struct flow *f, enum side from)
{
	struct message_buffer *m = f->buffer[from];

	if (!m || m->n == 0)
		return;
	buffer_consume(m, take_messages(f, from, buffer_bytes(m)));
	if (f->half[from].done)
		buffer_drop(m);
}

/* Does somebody claim what begins like this? What the other side said earlier is told first: it
 * came first. */
static bool
is_claimed(struct flow *f, enum side from, struct bytes first, bool *ret_wait)
{
	const struct dissector *d;

	if (first.n > PROBE_MAX)
		first.n = PROBE_MAX;
	d = probe(f, from, first, STREAM, ret_wait);
	if (!d)
		return false;
	hand_to(f, d);
	drain(f, other_side(from));
	return true;
}

/* Somebody may claim what waits: at the beginning, or behind another protocol that ended. */
static void
find_claimant(struct flow *f, enum side from)
{
	struct message_buffer *m = f->buffer[from], *o;
	bool wait;

	if (f->dissector || !m || m->n == 0 || f->half[from].done ||
	    is_claimed(f, from, buffer_bytes(m), &wait) || wait)
		return;
	/* Unknown so far. The other side may tell better, so keep what is known of this one only
	 * until it has spoken. */
	m->refused = true;
	o = buffer_of(f, other_side(from));
	if (o->refused || m->n >= MESSAGE_MAX_DEFAULT) {
		flow_enough(f, CLIENT);
		flow_enough(f, SERVER);
		buffer_drop(m);
		buffer_drop(o);
	}
}

/* A protocol that ended handed the rest to whoever claims it, on both sides. */
static void
hand_over(struct flow *f, enum side from)
{
	enum side sides[2] = {other_side(from), from};

	for (int i = 0; i < 2; i++) {
		if (!f->buffer[sides[i]])
			continue;
		find_claimant(f, sides[i]);
		if (f->dissector)
			drain(f, sides[i]);
	}
}

static void
take_bytes(struct flow *f, enum side from, struct bytes b)
{
	struct message_buffer *m = buffer_of(f, from);
	bool claimed, wait;

	/* The first bytes nearly always tell who speaks. */
	claimed = !f->dissector && m->n == 0 && is_claimed(f, from, b, &wait);
	if (f->dissector && m->n == 0) {
		/* The common case: nothing is waiting, so nothing is copied. */
		size_t used = take_messages(f, from, b);

		if (!f->half[from].done)
			buffer_append(m, f, (struct bytes){b.p + used, b.n - used});
	} else {
		buffer_append(m, f, b);
		if (!claimed)
			find_claimant(f, from);
		if (!f->dissector)
			return;
		drain(f, from);
	}
	if (!f->dissector)
		hand_over(f, from);
}

void
dissect_stream_bytes(struct flow *f, enum side from, struct bytes b)
{
	if (f->half[from].done || b.n == 0)
		return;
	set_time(f);
	take_bytes(f, from, b);
	forget_done(f);
}

/* No more bytes of that side will come: its last message may take what there is of it, and notes
 * nothing if it cannot. */
void
dissect_stream_end(struct flow *f, enum side from)
{
	struct message_buffer *m = f->buffer[from];
	struct cursor in;
	struct noted noted = facts_noted(f);

	if (!m || f->half[from].done || m->n == 0 || m->skip || !f->dissector)
		return;
	buffer_cite(m, f);
	in = cursor_over(buffer_bytes(m), CURSOR_BAD);
	f->messages++;
	f->dissector->message(f, from, &in);
	if (in.err || in.p == buffer_bytes(m).p) {
		f->messages--;
		facts_take_back(f, noted);
	}
	buffer_drop(m);
	f->half[from].done = true;
	facts_sort(f);
}

void
dissect_stream_gap(struct flow *f, enum side from, uint64_t n)
{
	struct message_buffer *m;

	if (f->half[from].done)
		return;
	m = buffer_of(f, from);
	if (f->dissector && m->n == 0 && m->skip >= n) {
		m->skip -= n; /* the hole lies in a body that nobody reads */
		return;
	}
	/* A message with a hole cannot be read beyond it, and where the next one begins is
	 * unknown. */
	dissect_stream_end(f, from);
	flow_enough(f, from);
	forget_done(f);
}

void
dissect_datagram(struct flow *f, enum side from, struct bytes b, bool cut)
{
	struct cursor in = cursor_over(b, cut ? CURSOR_SHORT : CURSOR_BAD);
	bool wait;

	if ((b.n == 0 && f->proto == IPPROTO_UDP) || dissect_done(f, from))
		return;
	if (!f->dissector && from == CLIENT && f->proto == IPPROTO_UDP &&
	    !f->half[SERVER].packets && opening_is_filler(b)) {
		f->bits |= FLOW_AHEAD;
		return;
	}
	set_time(f);
	if (!f->dissector) {
		const struct dissector *d = probe(f, from, b, DATAGRAMS, &wait);

		if (!d) {
			/* What the first datagrams of each side do not tell, later ones will not,
			 * unless their port says that they should. */
			struct message_buffer *m = buffer_of(f, from);

			if (++m->tries < DATAGRAM_TRIES)
				return;
			m->tries--;
			if (is_hinted(f, DATAGRAMS))
				return;
			flow_enough(f, from);
			buffer_free(f, from);
			return;
		}
		hand_to(f, d);
	}
	f->messages++;
	f->dissector->message(f, from, &in);
	if (!f->dissector) { /* it was disclaimed: who else knows it? */
		const struct dissector *d = probe(f, from, b, DATAGRAMS, &wait);

		if (!d)
			return;
		hand_to(f, d);
		in = cursor_over(b, cut ? CURSOR_SHORT : CURSOR_BAD);
		f->dissector->message(f, from, &in);
	}
	if (in.err == CURSOR_BAD && f->dissector)
		note(f, from, malformed_field(f->dissector));
}

void
dissect_packets(struct flow *f)
{
	facts_unpack(f);
	for (const struct dissector *const *d = dissectors; *d; d++) {
		if (!((*d)->carriers & 1u << PACKETS) || !(*d)->packets)
			continue;
		f->messages++;
		(*d)->packets(f);
	}
	facts_sort(f);
}
