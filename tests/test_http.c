/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What HTTP says: heads well and ill formed, bodies in every framing and coding, and requests that
 * decide how their answers are read. */
#include "hellos.h"

#include <limits.h>
#include <zlib.h>

static void
test_requests(void **state)
{
	(void)state;
	check_text(CLIENT, "GET http://User@WWW.Example.com:8080/a?b HTTP/1.1\r\n\r\n",
		   "http.request\nhttp.request.method=GET\n"
		   "http.request.uri=http://User@WWW.Example.com:8080/a?b\n"
		   "http.host=www.example.com\n");
	check_text(CLIENT,
		   "GET http://a.example/ HTTP/1.0\nhOST :  B.Example:80 \nUser-Agent: x y\n\n",
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=http://a.example/\n"
		   "http.host=b.example\nhttp.user_agent=x y\n");
	check_text(CLIENT, "CONNECT [2001:DB8::1]:443 HTTP/1.1\r\n\r\n",
		   "http.request\nhttp.request.method=CONNECT\n"
		   "http.request.uri=[2001:DB8::1]:443\nhttp.host=2001:db8::1\n");
	check_text(CLIENT, "\r\n\r\nGET  /a b  HTTP/1.1\r\nHost: x\r\n folded\r\nnonsense\r\n\r\n",
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/a b\nhttp.host=x\n");
	check_text(CLIENT, "GET / HTTP/1.1\r\nUpgrade: websocket\r\nHost:\r\n\r\n",
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/\n"
		   "http.upgrade=websocket\n");
	/* Versions and blanks as evasion tools send them. */
	check_text(CLIENT, "GET /x HTTP/1. \r\nHost: a\r\n\r\n",
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/x\nhttp.host=a\n");
	check_text(CLIENT, "GET /HTTP/1.1\r\nHost: a\r\n\r\n",
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/HTTP/1.1\n"
		   "http.host=a\n");
	check_text(CLIENT, "GET HTTP/1.1\r\nHost: a\r\n\r\n",
		   "http.request\nhttp.request.method=GET\nhttp.host=a\n");
	check_text(CLIENT, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nwhatever", "http.upgrade=h2c\n");
	/* More digits than any length has, of which two count. */
	check_text(CLIENT,
		   "CCM_POST /a HTTP/1.1\r\nContent-Length: 0000000000000000000000000012\r\n\r\n"
		   "GET / HTTP/1GET /b HTTP/1.1\r\n\r\n",
		   "http.request\nhttp.request.method=CCM_POST\nhttp.request.uri=/a\n"
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/b\n");
}

/* What is taken for a request on any port. */
static void
test_probe(void **state)
{
	static const struct {
		const char *text;
		enum guess guess;
	} cases[] = {
	    {"CCM_POST / HTTP/1.1\r\n", YES},
	    {"\r\nX-Y a b HTTP/1.0", YES},
	    {"REPORT /a HTTP/1.1\n", YES},
	    {"PROPF", MAYBE},
	    {"INVITE sip:a@b SIP/2.0\r\n", NO},
	    {"PLAY rtsp://a/b RTSP/1.0\r\n", NO},
	    {"EHLO a HTTP\r\n", NO},
	    {"say / HTTP/1.1\r\n", NO},
	    {"USER a\r\nPASS b HTTP/1.1\r\n", NO},
	    {" / HTTP/1.1\r\n", NO},
	    {"REPORT", NO},
	    {"REPORT /a HTTP/2.0\r\n", NO},
	};
	const struct dissector *http = dissector_find("http");

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes b = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};

		if (http->probe(b, CLIENT) != cases[i].guess)
			fail_msg("%s", cases[i].text);
	}
}

static void
test_malformed_http(void **state)
{
	static const char *const cases[] = {
	    "GET /\r\n",
	    "GET / XTTP/1.1\r\n\r\n",
	    "G(T / HTTP/1.1\r\n\r\n",
	    "HTTP/1.1 20 OK\r\n\r\n",
	    "HTTP/1.1 2x0 OK\r\n\r\n",
	    "HTTP/1.1\r\n\r\n",
	    "PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n",
	    "\x16\x03\x01 hello\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_text(CLIENT, cases[i], "http.malformed\n");
}

/* Lines and heads beyond all bounds. */
static void
test_long_heads(void **state)
{
	size_t n = 100000;
	char *text = xcalloc(n + 1, 1), *facts;
	struct turn turn = {CLIENT, text, n};
	struct flow f;

	(void)state;
	memset(text, 'x', n);
	memcpy(text, "GET /", 5);
	f = tell("http", &turn, 1, 1460);
	facts = facts_text(&f, f.nfacts);
	assert_string_equal(facts, "http.malformed\n");
	free(facts);
	flow_end(&f);
	memcpy(text, "GET / HTTP/1.1\r\n", 16);
	for (size_t i = 16; i + 4 < n; i += 4)
		memcpy(text + i, "a:b\n", 4);
	f = tell("http", &turn, 1, 1460);
	facts = facts_text(&f, f.nfacts);
	assert_string_equal(facts, "http.malformed\n");
	free(facts);
	flow_end(&f);
	/* The longest that is still taken. */
	memcpy(text + 32000, "\n\n", 2);
	turn.n = 32002;
	f = tell("http", &turn, 1, 1460);
	assert_int_equal(f.nfacts, 3);
	flow_end(&f);
	free(text);
}

#define PAGE "<html><head><TITLE lang=en>\n Access denied </title></head></html>"
#define PAGE_FACTS                                                                                 \
	"http.title=Access denied\n"                                                               \
	"http.body=<html><head><TITLE lang=en>\\x0a Access denied </title></head></html>\n"

static void
test_bodies(void **state)
{
	(void)state;
	check_text(SERVER,
		   "HTTP/1.1 200 OK\r\nContent-Length: 65\r\nContent-Type: Text/HTML; "
		   "charset=x\r\n\r\n" PAGE "HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nno",
		   "http.response\nhttp.response.code=200\nhttp.response.phrase=OK\n"
		   "http.content_type=Text/HTML; charset=x\nhttp.content_length=65\n" PAGE_FACTS
		   "http.response\nhttp.response.code=404\nhttp.content_length=2\nhttp.body=no\n");
	/* Pictures and downloads are passed over, and what follows is found. */
	check_text(SERVER,
		   "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 5\r\n\r\nabcde"
		   "HTTP/1.1 206 Partial\r\nTransfer-Encoding: chunked\r\n\r\n"
		   "5;x=y\r\nabcde\r\n0\r\nTrailer: x\r\n\r\n"
		   "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"
		   "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503 Busy\r\nContent-Length:0\r\n\r\n",
		   "http.response\nhttp.response.code=200\nhttp.response.phrase=OK\n"
		   "http.content_type=image/png\nhttp.content_length=5\n"
		   "http.response\nhttp.response.code=206\nhttp.response.phrase=Partial\n"
		   "http.response\nhttp.response.code=304\nhttp.response.phrase=Not Modified\n"
		   "http.content_length=500\n"
		   "http.response\nhttp.response.code=100\nhttp.response.phrase=Continue\n"
		   "http.response\nhttp.response.code=503\nhttp.response.phrase=Busy\n"
		   "http.content_length=0\n");
	check_text(
	    SERVER,
	    "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "A\r\n<html><hea\r\n37 \r\nd><TITLE lang=en>\n Access denied </title></head>"
	    "</html>\r\n0\r\n\r\nHTTP/1.1 204 None\r\n\r\n",
	    "http.response\nhttp.response.code=403\nhttp.response.phrase=Forbidden\n" PAGE_FACTS
	    "http.response\nhttp.response.code=204\nhttp.response.phrase=None\n");
}

/* Frames and refreshes, in the many ways that pages have to write them. */
static void
test_frames(void **state)
{
	static const struct {
		const char *page, *frame;
	} cases[] = {
	    {"<IFRAME width=1 SRC='http://a.example/?x' height=2></IFRAME>", "http://a.example/?x"},
	    {"<p><iframe src=\"//b.example/\">", "//b.example/"},
	    {"<frame src=c.html>", "c.html"},
	    {"<meta charset=a><META HTTP-EQUIV=\"Refresh\" CONTENT=\"0; URL=http://d.example/\">",
	     "http://d.example/"},
	    {"<meta http-equiv=refresh content='5;url=e'>", "e"},
	    {"<meta name=\"refreshing\" content=\"drinks\">", NULL},
	    {"<iframe></iframe>", NULL},
	    {"<iframe src=\"", NULL},
	    {"no frame at all", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512], *facts, *line = NULL;

		snprintf(text, sizeof text, "HTTP/1.1 403 No\r\nContent-Length: %zu\r\n\r\n%s",
			 strlen(cases[i].page), cases[i].page);
		facts = facts_told("http", &(struct turn){SERVER, text, strlen(text)}, 1);
		assert_true(
		    asprintf(&line, "\nhttp.frame=%s\n", cases[i].frame ? cases[i].frame : "") > 0);
		if (!!strstr(facts, line) != !!cases[i].frame ||
		    (!cases[i].frame && strstr(facts, "http.frame")))
			fail_msg("%s: %s", cases[i].page, facts);
		free(line);
		free(facts);
	}
}

/* A body longer than what is looked at: its beginning is kept, and the next answer is found. */
static void
test_long_bodies(void **state)
{
	enum { LONG = 20000 };
	char *text = xcalloc(LONG + 500, 1), *facts;
	int n = snprintf(text, 100, "HTTP/1.1 403 No\r\nContent-Length: %d\r\n\r\n", LONG);

	(void)state;
	memset(text + n, 'x', LONG);
	snprintf(text + n + LONG, 100,
		 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n");
	facts = facts_told("http", &(struct turn){SERVER, text, strlen(text)}, 1);
	assert_non_null(strstr(facts, "http.response.code=200"));
	assert_int_equal(strspn(strstr(facts, "http.body=") + 10, "x"), 8192);
	free(facts);
	/* In chunks: one that the look ends in, one after it. */
	n = snprintf(text, 100, "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n1f40\r\n");
	memset(text + n, 'y', 8000);
	n += 8000;
	n += snprintf(text + n, 100, "\r\n3e8\r\n");
	memset(text + n, 'z', 1000);
	n += 1000;
	snprintf(text + n, 100, "\r\n1\r\nq\r\n0\r\n\r\nHTTP/1.1 204 None\r\n\r\n");
	facts = facts_told("http", &(struct turn){SERVER, text, strlen(text)}, 1);
	assert_int_equal(strspn(strstr(facts, "http.body=") + 10, "y"), 8000);
	assert_int_equal(strspn(strstr(facts, "http.body=") + 8010, "z"), 192);
	assert_non_null(strstr(facts, "http.response.code=204"));
	free(facts);
	free(text);
}

static size_t
compress_as(int bits, const char *s, size_t n, uint8_t *out, size_t max)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (z_const Bytef *)(uintptr_t)s;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)max;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return max - z.avail_out;
}

static void
test_compressed(void **state)
{
	static const struct {
		const char *coding;
		int bits;
	} cases[] = {{"gzip", 31}, {"x-gzip", 31}, {"deflate", 15}, {"Deflate", -15}};
	uint8_t zipped[4096];
	char message[8192], *facts;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = compress_as(cases[i].bits, PAGE, strlen(PAGE), zipped, sizeof zipped);
		int head = snprintf(message, sizeof message,
				    "HTTP/1.1 403 No\r\nContent-Encoding: %s\r\nContent-Length: "
				    "%zu\r\n\r\n",
				    cases[i].coding, n);

		memcpy(message + head, zipped, n);
		facts = facts_told("http", &(struct turn){SERVER, message, (size_t)head + n}, 1);
		assert_non_null(strstr(facts, PAGE_FACTS));
		free(facts);
	}
	/* A bomb: a megabyte in a kilobyte. */
	char *zeros = xcalloc(1 << 20, 1);
	size_t n = compress_as(31, zeros, 1 << 20, zipped, sizeof zipped);
	int head = snprintf(message, sizeof message,
			    "HTTP/1.1 403 No\r\nContent-Encoding: gzip\r\nContent-Length: %zu"
			    "\r\n\r\n",
			    n);

	memcpy(message + head, zipped, n);
	struct flow f = tell("http", &(struct turn){SERVER, message, (size_t)head + n}, 1, 5000);
	size_t i = 0;
	const struct fact *body = flow_fact(&f, "http.body", SERVER, &i);

	assert_non_null(body);
	assert_int_equal(body->text.n, 8192);
	flow_end(&f);
	free(zeros);
	/* What cannot be read is not shown, and what is no gzip says nothing. */
	check_text(SERVER,
		   "HTTP/1.1 403 No\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
		   "http.response\nhttp.response.code=403\nhttp.response.phrase=No\n"
		   "http.content_encoding=br\nhttp.content_length=3\n");
	check_text(SERVER,
		   "HTTP/1.1 403 No\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
		   "http.response\nhttp.response.code=403\nhttp.response.phrase=No\n"
		   "http.content_encoding=gzip\nhttp.content_length=3\n");
}

/* Where a body ends is told in two ways: the head is what it is, and nothing is made of the rest.
 */
static void
test_smuggling(void **state)
{
	static const char *const framing[] = {
	    "Content-Length: 4\r\nTransfer-Encoding: chunked",
	    "Transfer-Encoding: chunked\r\nContent-Length: 4",
	    "Content-Length: 4\r\nContent-Length: 5",
	    "Content-Length: 4, 5",
	    "Content-Length: +4",
	    "Content-Length: 0x4",
	    "Content-Length: 18446744073709551617",
	    "Content-Length:\r\n 4",
	    "Content-Length : 4",
	    "Transfer-Encoding: chunked, chunked",
	    "Transfer-Encoding: chunked, identity, chunked",
	    "Transfer-Encoding:\r\n chunked",
	    "Transfer-Encoding: gzip",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof framing / sizeof *framing; i++) {
		snprintf(text, sizeof text,
			 "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n4\r\nGET / HTTP/1.1\r\n\r\n",
			 framing[i]);
		check_text(CLIENT, text,
			   "http.request\nhttp.request.method=POST\nhttp.request.uri=/\n"
			   "http.host=a\n");
	}
	/* The same length twice is no contradiction (RFC 9110, 8.6). */
	check_text(CLIENT,
		   "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"
		   "GET /b HTTP/1.1\r\n\r\n",
		   "http.request\nhttp.request.method=POST\nhttp.request.uri=/\n"
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/b\n");
}

static void
test_asked(void **state)
{
	static const char head[] = "HEAD /h HTTP/1.1\r\n\r\nGET /g HTTP/1.1\r\n\r\n",
			  answers[] = "HTTP/1.1 100 Continue\r\n\r\n"
				      "HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\n"
				      "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"
				      "HTTP/1.1 204 None\r\n\r\n";
	const struct turn turns[] = {{CLIENT, head, sizeof head - 1},
				     {SERVER, answers, sizeof answers - 1}};
	char *facts = facts_told("http", turns, 2);

	(void)state;
	assert_int_equal(count(facts, "http.response\n"), 4);
	assert_int_equal(count(facts, "http.body=no\n"), 1);
	assert_int_equal(count(facts, "http.body"), 1);
	assert_null(strstr(facts, "malformed"));
	free(facts);
}

/* More requests ahead than are remembered: the answers are read all the same. */
static void
test_many_ahead(void **state)
{
	char *requests = xcalloc(100, 32), *answers = xcalloc(100, 64), *facts;
	struct turn turns[2] = {{CLIENT, requests, 0}, {SERVER, answers, 0}};
	struct flow f;

	(void)state;
	for (int i = 0; i < 100; i++) {
		turns[0].n += (size_t)snprintf(requests + turns[0].n, 32, "GET / HTTP/1.1\r\n\r\n");
		turns[1].n += (size_t)snprintf(answers + turns[1].n, 64,
					       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	}
	f = tell("http", turns, 2, 1460);
	facts = facts_text(&f, f.nfacts);
	assert_int_equal(f.messages, 200);
	assert_null(strstr(facts, "malformed"));
	free(facts);
	flow_end(&f);
	free(requests);
	free(answers);
}

static void
test_connect(void **state)
{
	static const char ask[] = "CONNECT a.example:443 HTTP/1.1\r\n\r\n",
			  again[] = "CONNECT b.example:443 HTTP/1.1\r\n\r\n",
			  refused[] = "HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n",
			  granted[] = "HTTP/1.1 200 Granted\r\nContent-Length: 7\r\n\r\n";
	struct build *message = xcalloc(1, sizeof *message), *m = xcalloc(1, sizeof *m);
	char *facts;

	(void)state;
	put_hello(message, &chrome);
	put_records(m, 22, message->b, message->n, 16384);
	const struct turn turns[] = {
	    {CLIENT, ask, sizeof ask - 1},
	    {SERVER, refused, sizeof refused - 1},
	    {CLIENT, again, sizeof again - 1},
	    {SERVER, granted, sizeof granted - 1},
	    {CLIENT, m->b, m->n},
	    {SERVER, "\x15\x03\x03\x00\x02\x02\x28", 7},
	};
	facts = facts_told("http", turns, 6);
	assert_line(facts, "http.host=a.example");
	assert_line(facts, "http.response.code=407");
	assert_line(facts, "http.host=b.example");
	assert_line(facts, "http.response.code=200");
	assert_line(facts, "tls.sni=tls.browserleaks.com");
	assert_line(facts, "tls.alert.description=40");
	assert_null(strstr(facts, "malformed"));
	free(facts);
	free(message);
	free(m);
}

static void
test_headers(void **state)
{
	(void)state;
	check_text(SERVER,
		   "HTTP/1.1 302 Found here\r\nServer: x\r\nLocation: http://b.example/?u=1\r\n"
		   "VIA: 1.1 box\r\nConnection: close\r\nRefresh: 0;url=/x\r\nContent-Length: 0\r\n"
		   "Link: </style.css>; rel=preload\r\nUpgrade: h2c\r\n\r\n",
		   "http.response\nhttp.response.code=302\nhttp.response.phrase=Found here\n"
		   "http.location=http://b.example/?u=1\nhttp.server=x\nhttp.via=1.1 box\n"
		   "http.connection=close\nhttp.refresh=0;url=/x\nhttp.content_length=0\n");
	check_text(SERVER,
		   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
		   "http.response\nhttp.response.code=101\n"
		   "http.response.phrase=Switching Protocols\nhttp.upgrade=websocket\n");
}

static bool
wants_order(const struct fingerprints *rules, const struct field *field, struct bytes text)
{
	assert_ptr_equal(rules, NULL);
	assert_string_equal(field->name, "http.body");
	assert_int_equal(text.p[text.n], '\0');
	return strstr((const char *)text.p, "order") != NULL;
}

/* A page is kept only if a rule may find something in it. */
static void
test_unwanted_bodies(void **state)
{
	static const char head[] = "http.response\nhttp.response.code=403\n"
				   "http.response.phrase=No\nhttp.content_length=8\n";
	char told[200];

	(void)state;
	dissect_ask(wants_order, NULL);
	check_text(SERVER, "HTTP/1.1 403 No\r\nContent-Length: 8\r\n\r\nby law 1", head);
	snprintf(told, sizeof told, "%shttp.body=by order\n", head);
	check_text(SERVER, "HTTP/1.1 403 No\r\nContent-Length: 8\r\n\r\nby order", told);
	dissect_ask(NULL, NULL);
}

/* An answer without length is over when the connection is: then what there is, is looked at. */
static void
test_until_close(void **state)
{
	const struct dissector *http = dissector_find("http");
	static const char answer[] = "HTTP/1.1 200 OK\r\n\r\n" PAGE;
	size_t head = strlen(answer) - strlen(PAGE);
	struct cursor in = cursor_over((struct bytes){(const uint8_t *)answer, head}, CURSOR_SHORT);
	struct flow f;
	char *text;

	(void)state;
	flow_begin(&f, http, STREAM, 80);
	http->message(&f, SERVER, &in);
	assert_int_equal(in.err, CURSOR_OK);
	in =
	    cursor_over((struct bytes){(const uint8_t *)answer + head, strlen(PAGE)}, CURSOR_SHORT);
	http->message(&f, SERVER, &in);
	assert_int_equal(in.err, CURSOR_SHORT);
	in = cursor_over((struct bytes){(const uint8_t *)answer + head, strlen(PAGE)}, CURSOR_BAD);
	http->message(&f, SERVER, &in);
	assert_int_equal(in.err, CURSOR_OK);
	assert_int_equal(cursor_left(&in), 0);
	text = facts_text(&f, f.nfacts);
	assert_string_equal(text, "http.response\nhttp.response.code=200\n"
				  "http.response.phrase=OK\n" PAGE_FACTS);
	free(text);
	flow_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),        cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_malformed_http),  cmocka_unit_test(test_long_heads),
	    cmocka_unit_test(test_bodies),          cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_long_bodies),     cmocka_unit_test(test_compressed),
	    cmocka_unit_test(test_smuggling),       cmocka_unit_test(test_asked),
	    cmocka_unit_test(test_many_ahead),      cmocka_unit_test(test_connect),
	    cmocka_unit_test(test_headers),         cmocka_unit_test(test_until_close),
	    cmocka_unit_test(test_unwanted_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
