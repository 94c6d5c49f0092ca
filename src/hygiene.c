/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a capture cannot show, in plain words: told to the reader, and heeded by correlation. */
#include "hygiene.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sentences about single files: more than a screenful nobody reads. */
#define FILE_LIMITS_MAX 24
/* With those about all of the capture, of which there are two dozen. */
#define LIMITS_MAX (FILE_LIMITS_MAX + 1 + 24)
/* Acknowledged bytes that are nowhere in the capture, in more than one flow of a thousand: the
 * dossier's B-22. */
#define LOSSY_PER_MILLE 1

struct sentences {
	struct arena *arena;
	const char **text;
	size_t n, most;
	uint64_t left_out;
};

static void
keep(struct sentences *s, const char *text)
{
	if (s->n == s->most)
		s->left_out++;
	else
		s->text[s->n++] = arena_printf(s->arena, "%s", text);
}

static void say(struct sentences *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct sentences *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	keep(s, text);
}

static unsigned long long
u(uint64_t n)
{
	return (unsigned long long)n;
}

/* "# {frame has|frames have} ..." says how many, and agrees with it. */
static void
say_count(struct sentences *s, uint64_t n, const char *words)
{
	char text[256];
	size_t at = 0;

	for (; *words && at + 24 < sizeof text; words++) {
		if (*words == '#') {
			at += (size_t)snprintf(text + at, sizeof text - at, "%llu", u(n));
		} else if (*words == '{' && n != 1) {
			words = strchr(words, '|');
		} else if (*words == '|') {
			words = strchr(words, '}');
		} else if (*words != '{' && *words != '}') {
			text[at++] = *words;
		}
	}
	text[at] = '\0';
	keep(s, text);
}

static void
count_server(struct hygiene *h, const struct flow *f)
{
	if (h->nservers && h->server_ttl != f->half[SERVER].ttl)
		h->server_ttls_differ = true;
	h->server_ttl = f->half[SERVER].ttl;
	if (h->nservers == SERVERS_MANY)
		return;
	for (size_t i = 0; i < h->nservers; i++)
		if (addr_equal(&h->servers[i], &f->addr[SERVER]))
			return;
	h->servers[h->nservers++] = f->addr[SERVER];
}

void
hygiene_count(struct hygiene *h, const struct look *l)
{
	const struct flow *f = l->flow;

	h->facts_full += f->bits & FLOW_FACTS_FULL ? 1 : 0;
	h->trace_full += f->bits & FLOW_TRACE_FULL ? 1 : 0;
	if (f->proto == IPPROTO_UDP) {
		h->udp_both_ways += f->half[CLIENT].packets && f->half[SERVER].packets;
		h->quic_flows += look_first(l, FIRST_QUIC_VERSION) != NULL;
	}
	if (f->proto != IPPROTO_TCP)
		return;
	h->tcp_flows++;
	h->tcp_both_ways += f->half[CLIENT].packets && f->half[SERVER].packets;
	h->middle += f->bits & FLOW_MIDDLE ? 1 : 0;
	h->unseen_acked += f->half[CLIENT].unseen_acked || f->half[SERVER].unseen_acked;
	if (f->half[SERVER].ttl)
		count_server(h, f);
}

bool
hygiene_one_way(const struct hygiene *h)
{
	return h->tcp_flows && !h->tcp_both_ways;
}

bool
hygiene_udp_unheard(const struct hygiene *h)
{
	return h->quic_flows && !h->udp_both_ways && !h->tcp_both_ways;
}

bool
hygiene_flat_ttl(const struct hygiene *h)
{
	return h->nservers == SERVERS_MANY && !h->server_ttls_differ;
}

bool
hygiene_lossy(const struct hygiene *h)
{
	return h->tcp_both_ways && h->unseen_acked * 1000 > h->tcp_flows * LOSSY_PER_MILLE &&
	       h->unseen_acked > 1;
}

static void
tell_file(struct sentences *s, const struct capture_info *i)
{
	if (i->trouble)
		say(s, "%s could be read up to frame %llu only: %s.", i->file, u(i->packets),
		    i->trouble);
	else if (i->truncated)
		say(s,
		    "%s breaks off inside a packet after frame %llu: what came later is unknown.",
		    i->file, u(i->packets));
	if (i->cut_frames)
		say(s,
		    "%s cuts packets short (%llu frame%s%s): names and pages beyond the cut are "
		    "not seen.",
		    i->file, u(i->cut_frames), i->cut_frames == 1 ? "" : "s",
		    i->snaplen ? ", by its snap length" : "");
	if (i->out_of_order)
		say(s, "%llu %s out of time order in %s, by at most %.3f ms.", u(i->out_of_order),
		    i->out_of_order == 1 ? "frame is" : "frames are", i->file,
		    (double)i->largest_step_back / (double)NSEC_PER_MSEC);
	if (i->dropped)
		say(s, "The capture itself reports %llu dropped packet%s in %s.", u(i->dropped),
		    i->dropped == 1 ? "" : "s", i->file);
	if (i->filtered)
		say(s, "%llu frame%s of %s did not pass the filter.", u(i->filtered),
		    i->filtered == 1 ? "" : "s", i->file);
}

static void
tell_hygiene(struct sentences *s, const struct hygiene *h)
{
	const struct decode_counts *d = h->decode;
	const struct flow_counts *f = h->flows;

	if (h->workers > 1)
		say(s,
		    "%u workers watched: what passes between two addresses is seen by one of them, "
		    "and held against what the same worker saw only, so that controls at other "
		    "addresses are missing: a failure of the whole network may look like "
		    "interference with single addresses.",
		    h->workers);
	if (hygiene_one_way(h))
		say(s, "No TCP connection is seen in both directions: nothing can be concluded "
		       "from silence.");
	else if (f->one_way)
		say(s, "%llu of %llu TCP connections are seen in one direction only.",
		    u(f->one_way), u(f->tcp));
	if (hygiene_udp_unheard(h))
		say(s, "Nothing in this capture was answered: whether QUIC was blocked, or its "
		       "answers were not recorded, cannot be told.");
	if (h->middle)
		say_count(
		    s, h->middle,
		    "# TCP connection{|s} began before the capture: what opened {it|them} is not "
		    "known.");
	if (h->unseen_acked)
		say_count(
		    s, h->unseen_acked,
		    "In # connection{|s} bytes were confirmed that the capture does not hold: "
		    "packets are missing.");
	if (f->duplicates)
		say_count(s, f->duplicates,
			  "# packet{ was|s were} captured twice; {it is|they are} counted once.");
	if (d->superframes)
		say_count(
		    s, d->superframes,
		    "# packet{ is|s are} larger than a network carries: the capturing machine "
		    "joined or split {it|them} (offload), so that count and timing are its own.");
	if (d->bad_sum + d->bad_ip_sum > h->tricks.wrong_sums)
		say_count(
		    s, d->bad_sum + d->bad_ip_sum - h->tricks.wrong_sums,
		    "# packet{ has a wrong checksum|s have wrong checksums}, as those have that "
		    "the network card completes after the capture; {it was|they were} not "
		    "discarded.");
	if (hygiene_flat_ttl(h))
		say(s,
		    "All servers' packets arrive with TTL %u: something rewrites it, so it tells "
		    "nothing about distance.",
		    h->server_ttl);
	if (h->http_proxied)
		say(s,
		    "%u servers answer on port 80 from much nearer than on port 443: a proxy on "
		    "the way handles HTTP, and what it says need not be the servers'.",
		    h->http_proxied);
	if (h->defrag->expired + h->defrag->dropped)
		say_count(
		    s, h->defrag->expired + h->defrag->dropped,
		    "# IP datagram{|s} could not be put together from {its|their} fragments.");
	if (d->unknown_link)
		say_count(s, d->unknown_link, "# frame{ has|s have} a link type that is not read.");
	if (d->bad)
		say_count(s, d->bad, "# frame{ has|s have} headers that do not hold.");
}

static void
tell_tricks(struct sentences *s, const struct hygiene *h, const struct capture *c)
{
	for (size_t i = 0; i < TRICKS_SENTENCES; i++) {
		const char *words = tricks_words(&h->tricks, i, c, s->arena);

		if (words)
			say(s, "%s", words);
	}
}

static void
tell_caps(struct sentences *s, const struct hygiene *h)
{
	if (h->flows->evicted)
		say_count(
		    s, h->flows->evicted,
		    "# conversation{ was|s were} judged before {its|their} end, to keep the memory "
		    "bounded.");
	if (h->facts_full)
		say_count(
		    s, h->facts_full,
		    "# conversation{|s} said more than is kept of one: later messages were not "
		    "judged.");
	if (h->trace_full)
		say_count(s, h->trace_full,
			  "Of # conversation{|s} not all odd packets could be kept.");
	if (h->forgotten)
		say_count(
		    s, h->forgotten,
		    "# conversation{ was|s were} forgotten as {a control|controls} for want of "
		    "room.");
	if (h->unlearnt)
		say_count(s, h->unlearnt,
			  "Of # address{|es} it was forgotten, for want of room, what DNS had said "
			  "of {it|them}.");
	if (h->rates_forgotten)
		say_count(
		    s, h->rates_forgotten,
		    "# connection{ that loses packets was|s that lose packets were} noted in part "
		    "only: a rate limit was looked for in what was noted.");
	if (h->given_up)
		say_count(
		    s, h->given_up,
		    "{Once|# times} a fingerprint was not tried to the end, since a conversation "
		    "asked for too much work.");
	if (h->suspicions_dropped)
		say_count(s, h->suspicions_dropped,
			  "# suspicion{ was|s were} dropped for want of room.");
	if (h->suspicions_forgotten)
		say_count(s, h->suspicions_forgotten,
			  "# old suspicion{ was|s were} forgotten to make room for new ones.");
	if (h->targets_left_out)
		say_count(
		    s, h->targets_left_out,
		    "# more target{ is|s are} not listed; {it was not|none of them was} interfered "
		    "with.");
}

size_t
limits_tell(struct arena *a, const struct hygiene *h, const struct capture *c, const char ***ret)
{
	struct sentences s = {.arena = a,
			      .text = arena_alloc(a, LIMITS_MAX * sizeof(char *)),
			      .most = FILE_LIMITS_MAX};
	uint64_t left_out;

	for (size_t i = 0; i < capture_count(c); i++)
		tell_file(&s, capture_info(c, i));
	left_out = s.left_out;
	s.most = LIMITS_MAX;
	if (left_out)
		say(&s, "Of more files there are %llu limits that are not listed.", u(left_out));
	tell_hygiene(&s, h);
	tell_tricks(&s, h, c);
	tell_caps(&s, h);
	*ret = s.text;
	return s.n;
}
