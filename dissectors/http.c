/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/1: what was asked for, and answers that may be about a block. RFC 9112, RFC 9110, RFC 7725.
 *
 * A message is a head, the beginning of a body that is worth a look, or what frames the rest of
 * it. Bodies that nobody looks at are skipped. */
#include "dissect.h"
#include "httphead.h"
#include "webpage.h"

#include <string.h>

/* Most block pages tell what they are in their first lines, but patterns of others (Censored
 * Planet, OONI) may stand anywhere in a page: as much is looked at as a small page has. */
#define LOOK_MAX 8192
#define TITLE_MAX 128
/* Healthy pages are longer, block pages seldom (the dossier's longest has 4 KB). */
#define SMALL_PAGE 8192
/* A URL of 2048 characters is the most that all browsers and proxies take. */
#define URI_MAX 2048
#define TEXT_MAX 512
/* A line that tells a chunk's size, with extensions that nobody uses. */
#define CHUNK_LINE_MAX 256
/* Requests sent ahead of their answers: browsers that pipelined sent at most 32 (Firefox). */
#define AHEAD_MAX 64

enum {
	F_REQUEST,
	F_METHOD,
	F_URI,
	F_HOST,
	F_USER_AGENT,
	F_RESPONSE,
	F_CODE,
	F_PHRASE,
	F_LOCATION,
	F_SERVER,
	F_VIA,
	F_CONTENT_TYPE,
	F_CONTENT_LENGTH,
	F_CONTENT_ENCODING,
	F_LINK,
	F_CONNECTION,
	F_REFRESH,
	F_UPGRADE,
	F_DATE,
	F_TITLE,
	F_FRAME,
	F_BODY,
};

static const struct field fields[] = {
    [F_REQUEST] = {"http.request", FACT_MARK, "a request's head, whole"},
    [F_METHOD] = {"http.request.method", FACT_TEXT, "its method"},
    [F_URI] = {"http.request.uri", FACT_TEXT, "its target as it stands, at most 2048 bytes"},
    [F_HOST] = {"http.host", FACT_TEXT, "the host it is for, in lower case, without port"},
    [F_USER_AGENT] = {"http.user_agent", FACT_TEXT, "its User-Agent"},
    [F_RESPONSE] = {"http.response", FACT_MARK, "a response's head, whole"},
    [F_CODE] = {"http.response.code", FACT_UINT, "its status code"},
    [F_PHRASE] = {"http.response.phrase", FACT_TEXT, "its reason phrase"},
    [F_LOCATION] = {"http.location", FACT_TEXT, "where it redirects to"},
    [F_SERVER] = {"http.server", FACT_TEXT, "its Server"},
    [F_VIA] = {"http.via", FACT_TEXT, "the proxies it names"},
    [F_CONTENT_TYPE] = {"http.content_type", FACT_TEXT, "its Content-Type"},
    [F_CONTENT_LENGTH] = {"http.content_length", FACT_UINT, "its Content-Length"},
    [F_CONTENT_ENCODING] = {"http.content_encoding", FACT_TEXT, "its Content-Encoding"},
    [F_LINK] = {"http.link", FACT_TEXT, "a Link to who demanded the block (RFC 7725)"},
    [F_CONNECTION] = {"http.connection", FACT_TEXT, "its Connection"},
    [F_REFRESH] = {"http.refresh", FACT_TEXT, "its Refresh, a redirection by the browser"},
    [F_UPGRADE] = {"http.upgrade", FACT_TEXT, "the protocol asked for or changed to"},
    [F_DATE] = {"http.date", FACT_MARK, "it says when it was made, as servers must"},
    [F_FRAME] = {"http.frame", FACT_TEXT,
		 "where a page's first frame comes from, or where it "
		 "sends the browser by itself; at most 512 bytes"},
    [F_TITLE] = {"http.title", FACT_TEXT, "title of the page, at most 128 bytes"},
    [F_BODY] = {"http.body", FACT_TEXT,
		"beginning of a body that may tell of a block, decoded, at most 8192 bytes",
		.bulky = true},
    {0},
};

static const struct {
	enum http_header header;
	unsigned char field;
} response_texts[] = {
    {HTTP_LOCATION, F_LOCATION},
    {HTTP_SERVER, F_SERVER},
    {HTTP_VIA, F_VIA},
    {HTTP_CONTENT_TYPE, F_CONTENT_TYPE},
    {HTTP_CONTENT_ENCODING, F_CONTENT_ENCODING},
    {HTTP_CONNECTION, F_CONNECTION},
    {HTTP_REFRESH, F_REFRESH},
};

enum next { /* what comes next from a side */
	    NEXT_HEAD,
	    NEXT_BODY,       /* of known length, to be looked at */
	    NEXT_REST,       /* all until the connection closes, to be looked at */
	    NEXT_LOOK_CHUNK, /* a chunked body, to be looked at */
	    NEXT_CHUNK,      /* a chunk that nobody looks at */
	    NEXT_TRAILER,
	    NEXT_TUNNEL, /* nothing, until CONNECT has been answered */
};

/* By a request that has no answer yet, as far as the answer's body depends on it. */
enum asked {
	ASKED_OTHER,
	ASKED_HEAD,
	ASKED_CONNECT, /* to the port of HTTPS */
	ASKED_TUNNEL,  /* to another port */
};

struct http {
	uint64_t left; /* NEXT_BODY: bytes of the body */
	uint8_t next[2];
	uint8_t coding; /* enum page_coding of the body to be looked at */
	uint8_t asked[AHEAD_MAX];
	uint8_t first, nasked;
	bool lost; /* more requests than that */
};

static void
note_some(struct flow *f, enum side from, unsigned field, struct bytes t, size_t max)
{
	if (t.n > max)
		t.n = max;
	if (t.n)
		note_text(f, from, &fields[field], t);
}

static void
note_host(struct flow *f, enum side from, struct bytes host)
{
	uint8_t small[TEXT_MAX];

	note_some(f, from, F_HOST, bytes_lower(host, small, sizeof small), sizeof small);
}

static void
give_up(struct flow *f)
{
	flow_enough(f, CLIENT);
	flow_enough(f, SERVER);
}

static enum asked
asked_by(const struct http_head *head)
{
	static const char port[] = ":443";
	size_t n = strlen(port);

	if (text_is(head->method, "HEAD"))
		return ASKED_HEAD;
	if (!text_is(head->method, "CONNECT"))
		return ASKED_OTHER;
	if (head->uri.n < n || memcmp(head->uri.p + head->uri.n - n, port, n) != 0)
		return ASKED_TUNNEL;
	return ASKED_CONNECT;
}

static void
remember(struct http *h, enum asked asked)
{
	if (h->nasked == AHEAD_MAX)
		h->lost = true;
	else
		h->asked[(h->first + h->nasked++) % AHEAD_MAX] = (uint8_t)asked;
}

/* What the answer that comes now was asked for by. */
static enum asked
recall(struct http *h)
{
	enum asked asked;

	if (!h->nasked || h->lost)
		return ASKED_OTHER;
	asked = h->asked[h->first];
	h->first = (uint8_t)((h->first + 1) % AHEAD_MAX);
	h->nasked--;
	return asked;
}

/* Nobody looks at this body. It is endless if it lasts until the connection closes. */
static void
pass_over(struct flow *f, enum side from, const struct http_head *head)
{
	struct http *h = f->state;
	bool endless = !head->request && !head->chunked && !head->has_length;

	if (head->torn || endless)
		flow_enough(f, from);
	else if (head->chunked)
		h->next[from] = NEXT_CHUNK;
	else
		flow_skip(f, from, head->length);
}

static void
request(struct flow *f, enum side from, const struct http_head *head)
{
	struct http *h = f->state;
	enum asked asked = asked_by(head);

	note(f, from, &fields[F_REQUEST]);
	note_some(f, from, F_METHOD, head->method, TEXT_MAX);
	note_some(f, from, F_URI, head->uri, URI_MAX);
	note_host(f, from, http_head_host(head));
	note_some(f, from, F_USER_AGENT, head->header[HTTP_USER_AGENT], TEXT_MAX);
	note_some(f, from, F_UPGRADE, head->header[HTTP_UPGRADE], TEXT_MAX);
	remember(h, asked);
	if (asked == ASKED_CONNECT || asked == ASKED_TUNNEL)
		h->next[from] = NEXT_TUNNEL;
	else
		pass_over(f, from, head);
}

/* Could this be a page about a block? Answers as they should be are not looked at, so that
 * pictures and downloads cost nothing. */
static bool
is_suspect(const struct http_head *head)
{
	struct bytes type = head->header[HTTP_CONTENT_TYPE];

	if (head->code == 206)
		return false;
	if (head->code != 200)
		return true;
	return (!type.n || text_has(type, "text/html")) &&
	       (!head->has_length || head->length <= SMALL_PAGE);
}

static void
look_at_body(struct flow *f, enum side from, const struct http_head *head)
{
	struct http *h = f->state;

	h->coding = (uint8_t)page_coding(head->header[HTTP_CONTENT_ENCODING]);
	if (head->torn || h->coding == PAGE_OTHER || (head->has_length && !head->length)) {
		pass_over(f, from, head);
	} else if (head->chunked) {
		h->next[from] = NEXT_LOOK_CHUNK;
	} else if (head->has_length) {
		h->next[from] = NEXT_BODY;
		h->left = head->length;
	} else {
		h->next[from] = NEXT_REST;
	}
}

static void
note_response(struct flow *f, enum side from, const struct http_head *head)
{
	note(f, from, &fields[F_RESPONSE]);
	note_uint(f, from, &fields[F_CODE], head->code);
	note_some(f, from, F_PHRASE, head->phrase, TEXT_MAX);
	for (size_t i = 0; i < sizeof response_texts / sizeof *response_texts; i++)
		note_some(f, from, response_texts[i].field, head->header[response_texts[i].header],
			  TEXT_MAX);
	if (head->has_length && !head->torn)
		note_uint(f, from, &fields[F_CONTENT_LENGTH], head->length);
	if (head->header[HTTP_DATE].n)
		note(f, from, &fields[F_DATE]);
	if (text_has(head->header[HTTP_LINK], "blocked-by"))
		note_some(f, from, F_LINK, head->header[HTTP_LINK], TEXT_MAX);
	if (head->code == 101)
		note_some(f, from, F_UPGRADE, head->header[HTTP_UPGRADE], TEXT_MAX);
}

/* RFC 9112, 6.3 says when there is a body. */
static void
response(struct flow *f, enum side from, const struct http_head *head)
{
	struct http *h = f->state;
	enum asked asked;

	note_response(f, from, head);
	if (head->code == 101) {
		give_up(f); /* another protocol */
		return;
	}
	if (head->code < 200)
		return; /* the answer is yet to come */
	asked = recall(h);
	if (asked == ASKED_CONNECT && head->code < 300) {
		flow_becomes(f, "tls");
		return;
	}
	if (asked == ASKED_TUNNEL && head->code < 300) {
		flow_becomes(f, NULL);
		return;
	}
	if (asked == ASKED_CONNECT || asked == ASKED_TUNNEL)
		h->next[other_side(from)] = NEXT_HEAD;
	if (asked == ASKED_HEAD || head->code == 204 || head->code == 304)
		return;
	if (is_suspect(head))
		look_at_body(f, from, head);
	else
		pass_over(f, from, head);
}

static void
head(struct flow *f, enum side from, struct cursor *in)
{
	struct http_head head;

	http_head_read(in, &head);
	if (in->err)
		return;
	if (head.request)
		request(f, from, &head);
	else
		response(f, from, &head);
}

static void
look(struct flow *f, enum side from, struct bytes raw)
{
	const struct http *h = f->state;
	uint8_t text[LOOK_MAX + 1];
	struct bytes page = {text, page_decode(raw, (enum page_coding)h->coding, text, LOOK_MAX)};

	text[page.n] = '\0';
	note_some(f, from, F_TITLE, page_title(page), TITLE_MAX);
	note_some(f, from, F_FRAME, page_frame(page), TEXT_MAX);
	/* Healthy pages are many, and say nothing that a rule asks for. */
	if (flow_wants_text(f, &fields[F_BODY], page))
		note_some(f, from, F_BODY, page, LOOK_MAX);
}

/* The first n bytes, or as many as there will ever be. */
static struct bytes
beginning(struct cursor *in, uint64_t n)
{
	if (n > LOOK_MAX)
		n = LOOK_MAX;
	if (in->at_end == CURSOR_BAD && cursor_left(in) < n)
		n = cursor_left(in);
	return get_bytes(in, (size_t)n);
}

static void
body(struct flow *f, enum side from, struct cursor *in)
{
	struct http *h = f->state;
	struct bytes raw = beginning(in, h->left);

	if (in->err)
		return;
	look(f, from, raw);
	flow_skip(f, from, h->left - raw.n);
	h->next[from] = NEXT_HEAD;
}

static void
rest(struct flow *f, enum side from, struct cursor *in)
{
	struct bytes raw = beginning(in, LOOK_MAX);

	if (in->err)
		return;
	look(f, from, raw);
	flow_enough(f, from);
}

/* The line that begins a chunk (RFC 9112, 7.1). */
static uint64_t
chunk_size(struct cursor *in)
{
	struct bytes line = get_line(in, CHUNK_LINE_MAX);
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < line.n; i++) {
		uint8_t b = line.p[i] | 0x20;

		if (line.p[i] >= '0' && line.p[i] <= '9')
			size = size << 4 | (uint64_t)(b - '0');
		else if (b >= 'a' && b <= 'f')
			size = size << 4 | (uint64_t)(b - 'a' + 10);
		else
			break;
	}
	/* No more than 15 digits, so that sums with it cannot overflow. */
	if (!i || i > 15 || (i < line.n && !strchr("; \t", line.p[i])))
		set_bad(in);
	return size;
}

/* Collects the chunks' contents until there is enough to look at. */
static void
look_at_chunks(struct flow *f, enum side from, struct cursor *in)
{
	struct http *h = f->state;
	struct cursor ahead = *in;
	uint8_t raw[LOOK_MAX];
	uint64_t size = 0;
	size_t n = 0;

	for (;;) {
		struct bytes b;

		size = chunk_size(&ahead);
		if (ahead.err || size == 0)
			break;
		b = beginning(&ahead, size < sizeof raw - n ? size : sizeof raw - n);
		if (ahead.err)
			break;
		memcpy(raw + n, b.p, b.n);
		n += b.n;
		size -= b.n;
		if (n == sizeof raw || size)
			break;
		if (get_line(&ahead, 2).n)
			set_bad(&ahead);
	}
	if (ahead.err && !(in->at_end == CURSOR_BAD && n)) {
		cursor_fail(in, ahead.err);
		return;
	}
	look(f, from, (struct bytes){raw, n});
	skip_bytes(in, (size_t)(ahead.p - in->p));
	if (ahead.err) {
		flow_enough(f, from);
	} else if (size || n == sizeof raw) {
		flow_skip(f, from, size + 2);
		h->next[from] = NEXT_CHUNK;
	} else {
		h->next[from] = NEXT_TRAILER;
	}
}

static void
chunk(struct flow *f, enum side from, struct cursor *in)
{
	struct http *h = f->state;
	uint64_t size = chunk_size(in);

	if (in->err)
		return;
	if (size)
		flow_skip(f, from, size + 2); /* and the line's end */
	else
		h->next[from] = NEXT_TRAILER;
}

static void
trailer(struct flow *f, enum side from, struct cursor *in)
{
	struct http *h = f->state;

	if (get_line(in, HTTP_LINE_MAX).n == 0 && !in->err)
		h->next[from] = NEXT_HEAD;
}

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" /* RFC 9113, 3.4 */

static bool
is_preface(const struct cursor *in)
{
	return cursor_left(in) >= 4 && memcmp(in->p, PREFACE, 4) == 0;
}

static void
preface(struct flow *f, enum side from, struct cursor *in)
{
	struct bytes b = get_bytes(in, strlen(PREFACE));

	if (!in->err && memcmp(b.p, PREFACE, b.n) != 0)
		set_bad(in);
	if (in->err)
		return;
	note_string(f, from, &fields[F_UPGRADE], "h2c");
	give_up(f);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct http *h = f->state;

	switch ((enum next)h->next[from]) {
	case NEXT_HEAD:
		/* Empty lines ahead of a message mean nothing (RFC 9112, 2.2). */
		if (cursor_left(in) && (*in->p == '\r' || *in->p == '\n'))
			skip_bytes(in, 1);
		else if (is_preface(in))
			preface(f, from, in);
		else
			head(f, from, in);
		break;
	case NEXT_BODY:
		body(f, from, in);
		break;
	case NEXT_REST:
		rest(f, from, in);
		break;
	case NEXT_LOOK_CHUNK:
		look_at_chunks(f, from, in);
		break;
	case NEXT_CHUNK:
		chunk(f, from, in);
		break;
	case NEXT_TRAILER:
		trailer(f, from, in);
		break;
	case NEXT_TUNNEL:
		cursor_fail(in, CURSOR_SHORT);
		break;
	}
}

/* RFC 9110, 9.3; RFC 5789; RFC 4918, 9; UPnP's that go over TCP; MS-SSTP's, whose line is too long
 * for is_request_line(). */
static const char *const methods[] = {
    "GET ",       "POST ",    "HEAD ",   "CONNECT ",   "PUT ",
    "DELETE ",    "OPTIONS ", "TRACE ",  "PATCH ",     "PRI ",
    "COPY ",      "LOCK ",    "MKCOL ",  "MOVE ",      "PROPFIND ",
    "PROPPATCH ", "UNLOCK ",  "NOTIFY ", "SUBSCRIBE ", "SSTP_DUPLEX_POST ",
};

static enum guess
begins_with(struct bytes b, const char *word)
{
	size_t n = strlen(word);

	if (memcmp(b.p, word, b.n < n ? b.n : n) != 0)
		return NO;
	return b.n < n ? MAYBE : YES;
}

/* Whether a method may have it, of those that are known and of others. */
static bool
is_of_method(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* A request line whose method is none of these, as extensions and those who try filters have. */
static bool
is_request_line(struct bytes b)
{
	static const char version[] = " HTTP/1.";
	const uint8_t *lf = memchr(b.p, '\n', b.n);
	size_t n = strlen(version), i = 0;

	if (lf)
		b.n = (size_t)(lf - b.p);
	while (i < b.n && is_of_method(b.p[i]))
		i++;
	if (i == 0 || i == b.n || b.p[i] != ' ')
		return false;
	for (; i + n <= b.n; i++)
		if (memcmp(b.p + i, version, n) == 0)
			return true;
	return false;
}

static enum guess
probe(struct bytes first, enum side from)
{
	enum guess best = NO;

	(void)from; /* who is client may have been guessed wrongly */
	for (; first.n && (*first.p == '\r' || *first.p == '\n'); first.p++)
		first.n--;
	if (!first.n)
		return MAYBE;
	if (!is_of_method(*first.p))
		return NO;
	best = begins_with(first, "HTTP/1.");
	for (size_t i = 0; i < sizeof methods / sizeof *methods && best != YES; i++) {
		enum guess guess = begins_with(first, methods[i]);

		if (guess > best)
			best = guess;
	}
	if (best != YES && is_request_line(first))
		best = YES;
	return best;
}

/* IANA: http, http-alt; the usual ports of proxies and of second servers. */
static const uint16_t ports[] = {80, 8080, 8000, 8008, 8888, 3128, 0};

const struct dissector dissector_http = {
    .name = "http",
    .title = "Hypertext Transfer Protocol 1",
    .spec = "RFC 9112",
    .carriers = 1u << STREAM,
    .ports = ports,
    .fields = fields,
    .state_size = sizeof(struct http),
    .message_max = HTTP_HEAD_MAX,
    .probe = probe,
    .message = message,
};
