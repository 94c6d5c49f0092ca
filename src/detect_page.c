/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP answers that something else than the server gave: pages and redirects that tell of a
 * block. What the page says is the fingerprints' business; here is how it came. */
#include "detect.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

/* Injected pages fit into one packet (43 to 553 bytes in the captures that we know). */
#define PAGE_SMALL 1460

static const struct fact *
same_message(const struct flow *f, const struct fact *response, const char *name)
{
	for (size_t i = 0; i < f->nfacts; i++)
		if (f->facts[i].message == response->message &&
		    f->facts[i].from == response->from &&
		    strcmp(f->facts[i].field->name, name) == 0)
			return &f->facts[i];
	return NULL;
}

static bool
ends_at_once(const struct look *l, const struct trace *page)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from == page->from && t->flags & TH_FIN_ && !(t->odd & ODD_ICMP) &&
		    t->nsec >= page->nsec && t->nsec - page->nsec < 5 * NSEC_PER_MSEC)
			return true;
	}
	return false;
}

/* Did anything else of the server's, apart from what looks like the page, confirm the request? */
static bool
server_ever_heard(const struct look *l, const struct trace *page)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from != page->from || t == page || t->odd & (ODD_RST | ODD_ICMP))
			continue;
		if (t->flags & TH_ACK_ && !seq_before(t->ack, page->ack) && !(t->flags & TH_FIN_) &&
		    t->ttl != page->ttl)
			return true;
	}
	return false;
}

/* The client repeats its FIN or its words after the page, and nobody confirms them. */
static bool
deaf_afterwards(const struct look *l, const struct trace *page)
{
	unsigned repeats = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->nsec <= page->nsec || t->odd & ODD_ICMP)
			continue;
		if (t->from != page->from && (t->flags & TH_FIN_ || t->odd & ODD_RETRANSMISSION))
			repeats++;
	}
	return repeats >= 3;
}

static const char *
status_evidence(uint64_t code)
{
	switch (code) {
	case 403:
	case 451:
		return "page.forbidden";
	case 301:
	case 302:
	case 303:
	case 307:
		return "page.redirect";
	default:
		return NULL;
	}
}

static bool
redirects_to_address(const struct fact *location)
{
	static const char scheme[] = "http://";
	const uint8_t *p = location->text.p;
	size_t n = location->text.n, i = sizeof scheme - 1;

	if (n < i + 7 || memcmp(p, scheme, i) != 0)
		return false;
	for (; i < n && p[i] != '/' && p[i] != ':'; i++)
		if ((p[i] < '0' || p[i] > '9') && p[i] != '.')
			return false;
	return true;
}

/* Is there anything about the answer that a block would explain? */
static bool
is_remarkable(const struct look *l, const struct trace *page, const struct fact *response,
	      const char *status)
{
	return !response || status || ends_at_once(l, page);
}

/* The server's answer to a request: its first packet with payload after it. */
static long
first_answer(const struct look *l, const struct fact *request)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from == SERVER && t->len && t->nsec >= request->nsec &&
		    !(t->odd & (ODD_RST | ODD_ICMP | ODD_PADDED | ODD_KEEPALIVE)))
			return (long)i;
	}
	return -1;
}

/* The address of a notice often carries the name that was asked for, as its argument. */
static bool
quotes(const struct fact *location, const char *name)
{
	const uint8_t *mark = memchr(location->text.p, '?', location->text.n);

	return mark && memmem(mark, location->text.n - (size_t)(mark - location->text.p), name,
			      strlen(name));
}

/* A page that consists of, or leads to, a frame of another host. */
static bool
frame_elsewhere(const struct look *l, const struct fact *response)
{
	const struct fact *frame;
	size_t i = 0;

	while ((frame = flow_fact(l->flow, "http.frame", SERVER, &i)))
		if (frame->message >= response->message && frame->text.n > 4 &&
		    memcmp(frame->text.p, "http", 4) == 0 &&
		    !memmem(frame->text.p, frame->text.n, l->name, strlen(l->name)))
			return true;
	return false;
}

/* The answer whose head that packet brought. */
static const struct fact *
response_in(const struct flow *f, struct ref at)
{
	const struct fact *response, *last = NULL;
	size_t i = 0;

	while ((response = flow_fact(f, "http.response", SERVER, &i))) {
		/* The head may end in a later packet, and the body, too. */
		if (response->at.frame > at.frame)
			return last ? last : response;
		last = response;
	}
	return last;
}

bool
is_notice(const struct look *l, size_t i)
{
	const struct fact *response = response_in(l->flow, flow_trace(l->flow, i)->at);
	const struct fact *code, *location;

	if (!response)
		return false;
	code = same_message(l->flow, response, "http.response.code");
	location = same_message(l->flow, response, "http.location");
	return (code && (code->u == 403 || code->u == 451)) || frame_elsewhere(l, response) ||
	       (location && l->name[0] && quotes(location, l->name));
}

void
tell_page(struct finding *f, const struct look *l, size_t i)
{
	const struct trace *page = flow_trace(l->flow, i);
	const struct fact *response = response_in(l->flow, page->at), *code, *location;
	const char *status;

	code = response ? same_message(l->flow, response, "http.response.code") : NULL;
	location = response ? same_message(l->flow, response, "http.location") : NULL;
	status = code ? status_evidence(code->u) : NULL;
	if (status)
		finding_weigh(f, status, page->at);
	else if (!look_first(l, FIRST_HTTP_RESPONSE))
		finding_weigh(f, "page.no_http", page->at);
	if (response && !same_message(l->flow, response, "http.date"))
		finding_weigh(f, "page.undated", page->at);
	if (response && frame_elsewhere(l, response))
		finding_weigh(f, "page.frame", page->at);
	if (location && redirects_to_address(location))
		finding_weigh(f, "page.to_address", page->at);
	if (location && l->name[0] && quotes(location, l->name))
		finding_weigh(f, "page.quotes_name", page->at);
	if (ends_at_once(l, page))
		finding_weigh(f, "page.ends", page->at);
	if (deaf_afterwards(l, page))
		finding_weigh(f, "page.deaf", page->at);
	if (!server_ever_heard(l, page))
		finding_weigh(f, "page.alone", page->at);
	if (l->flow->bits & FLOW_MIDDLE)
		finding_weigh(f, "context.middle", no_packet());
}

void
detect_page(const struct detection *d, const struct look *l)
{
	const struct flow *f = l->flow;
	const struct fact *request = look_first(l, FIRST_HTTP_REQUEST);
	const struct fact *response = look_first(l, FIRST_HTTP_RESPONSE);
	const struct fact *code, *location;
	const struct trace *page;
	struct suspicion x = {0};
	struct measure m;
	const char *status;
	long at = request ? first_answer(l, request) : -1;

	if (at < 0)
		return;
	page = flow_trace(f, (size_t)at);
	code = response ? same_message(f, response, "http.response.code") : NULL;
	location = response ? same_message(f, response, "http.location") : NULL;
	status = code ? status_evidence(code->u) : NULL;
	if (page->len > PAGE_SMALL || page->odd & ODD_CONFLICT ||
	    !is_remarkable(l, page, response, status))
		return;
	measure_packet(&m, l, (size_t)at, look_last_data(l, CLIENT, (size_t)at));
	if (m.weight < 2)
		return;
	x.took = m.took;
	x.finding = finding_new(l, BLOCK_PAGE, page->nsec);
	x.finding->direction = TO_CLIENT;
	x.finding->stage = look_stage(l, (size_t)at);
	measure_tell(x.finding, &m, l, (size_t)at);
	tell_companions(x.finding, l, (size_t)at);
	tell_page(x.finding, l, (size_t)at);
	tell_trigger(x.finding, l, look_last_data(l, CLIENT, (size_t)at));
	tell_baseline(x.finding, l, SERVER, (size_t)at);
	if (m.early)
		finding_excludes(x.finding, "the server itself refused",
				 "the answer in frame %u came after %.0f %% of a round trip",
				 page->at.frame, m.kappa * 100);
	finding_explain(
	    x.finding,
	    "The request for %s was answered by something on the way, with %s that did not come "
	    "from the server.",
	    l->name[0] ? l->name : "this address", status && location ? "a redirect" : "a page");
	d->suspect(d->context, l, &x);
}
