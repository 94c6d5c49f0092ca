/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What DNS messages say: forged answers as they are described, negative answers, aliases,
 * extended errors, and messages that lie about their own shape. */
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Facts that every answer to "A of twitter.com" with id 0x1a2b begins with. */
#define ANSWER(flags, counts) "dns.response\ndns.id=6699\ndns.flags=" flags "\n" counts
#define COUNTS(an, ns, ar)                                                                         \
	"dns.count.answers=" an "\ndns.count.auth_rr=" ns "\ndns.count.add_rr=" ar "\n"
#define TWITTER "dns.qry.name=twitter.com\ndns.qry.type=1\n"
#define FACE(ttl) "dns.pointer=49164\ndns.resp.ttl=" ttl "\ndns.resp.type=1\ndns.a=31.13.88.4\n"

struct golden {
	const char *name, *facts;
};

static const struct golden goldens[] = {
    {"query", "dns.query\ndns.id=6699\ndns.flags=256\n" TWITTER},
    {"query-edns", "dns.query\ndns.id=6699\ndns.flags=288\ndns.count.add_rr=1\n"
		   "dns.qry.name.case=TwItTeR.com\ndns.qry.name=twitter.com\ndns.qry.type=28\n"
		   "dns.edns=4096\ndns.cookie\n"},
    {"query-chaos", "dns.query\ndns.id=7\ndns.flags=256\ndns.qry.name=version.bind\n"
		    "dns.qry.type=16\ndns.qry.class=3\n"},
    {"query-root", "dns.query\ndns.id=8\ndns.flags=0\ndns.qry.name=.\ndns.qry.type=2\n"},
    {"query-odd-name", "dns.query\ndns.id=9\ndns.flags=256\n"
		       "dns.qry.name=a\\046b\\032\\092\\255.com\ndns.qry.type=1\n"},
    {"gfw-a", ANSWER("33152", COUNTS("1", "0", "0")) TWITTER FACE("110") "dns.flags.rcode=0\n"},
    {"gfw-aa", ANSWER("34176", COUNTS("1", "0", "0")) TWITTER FACE("60") "dns.flags.rcode=0\n"},
    {"gfw-norecurse",
     ANSWER("33792", COUNTS("1", "0", "0")) TWITTER FACE("300") "dns.flags.rcode=0\n"},
    {"gfw-aaaa", ANSWER("33152", COUNTS("1", "0", "0")) "dns.qry.name=twitter.com\n"
							"dns.qry.type=28\ndns.pointer=49164\n"
							"dns.resp.ttl=120\ndns.resp.type=28\n"
							"dns.aaaa=2001::1f0d:5804\n"
							"dns.flags.rcode=0\n"},
    {"gfw-txt-by-a",
     ANSWER("33152", COUNTS("1", "0", "0")) "dns.qry.name=twitter.com\n"
					    "dns.qry.type=16\n" FACE("110") "dns.flags.rcode=0\n"},
    {"iran", "dns.response\ndns.id=3\ndns.flags=33152\n" COUNTS("1", "0", "0") TWITTER
     "dns.pointer=49164\ndns.resp.ttl=59\ndns.resp.type=1\n"
     "dns.a=10.10.34.36\ndns.flags.rcode=0\n"},
    {"turkmenistan", "dns.response\ndns.id=3\ndns.flags=33152\n" COUNTS("1", "0", "0") TWITTER
     "dns.pointer=49164\ndns.resp.ttl=300\ndns.resp.type=1\n"
     "dns.a=127.0.0.1\ndns.flags.rcode=0\n"},
    {"answer",
     ANSWER("33152", COUNTS("2", "0", "1")) TWITTER "dns.pointer=49164\ndns.resp.ttl=1200\n"
						    "dns.resp.type=1\ndns.a=192.0.2.1\n"
						    "dns.resp.type=1\ndns.a=192.0.2.2\n"
						    "dns.edns=1232\n"
						    "dns.nsid=6e73312e6578616d706c65\n"
						    "dns.cookie\ndns.flags.rcode=0\n"},
    {"nxdomain",
     "dns.response\ndns.id=5\ndns.flags=33155\n" COUNTS(
	 "0", "1", "0") "dns.qry.name=gone.com\ndns.qry.type=1\ndns.soa.mname=a.gtld-servers.net\n"
			"dns.flags.rcode=3\ndns.denied_by=::\n"},
    {"nxdomain-bare",
     "dns.response\ndns.id=5\ndns.flags=33155\n" COUNTS(
	 "0", "0",
	 "0") "dns.qry.name=gone.com\ndns.qry.type=1\ndns.flags.rcode=3\ndns.denied_by=::\n"},
    {"ede", "dns.response\ndns.id=6\ndns.flags=33157\n" COUNTS("0", "0", "1") TWITTER
     "dns.edns=1232\ndns.ede.code=16\ndns.ede.text=by order of a court\n"
     "dns.ede.code=15\ndns.flags.rcode=5\ndns.denied_by=::\n"},
    {"badvers", "dns.response\ndns.id=6\ndns.flags=33152\n" COUNTS("0", "0", "1") TWITTER
     "dns.edns=1232\ndns.flags.rcode=16\ndns.denied_by=::\n"},
    {"https",
     "dns.response\ndns.id=6\ndns.flags=33152\n" COUNTS(
	 "1", "0", "0") "dns.qry.name=www.example.com\ndns.qry.type=65\ndns.pointer=49164\n"
			"dns.resp.ttl=300\ndns.resp.type=65\ndns.svcb.ech\ndns.flags.rcode=0\n"},
    {"no-question", "dns.response\ndns.id=6\ndns.flags=32769\n" COUNTS(
			"0", "0", "0") "dns.flags.rcode=1\ndns.denied_by=::\n"},
    {"short", "dns.response\ndns.id=6\ndns.flags=33152\n" COUNTS("3", "0", "0")
		  TWITTER FACE("60") "dns.flags.rcode=0\ndns.short\n"},
    {"trailing", "dns.response\ndns.id=6\ndns.flags=33152\n" COUNTS("1", "0", "0")
		     TWITTER FACE("60") "dns.flags.rcode=0\ndns.trailing=5\n"},
};

#define CHAIN                                                                                      \
	"dns.response\ndns.id=4\ndns.flags=33152\n" COUNTS(                                        \
	    "3", "0", "0") "dns.qry.name=www.example.com\ndns.qry.type=1\n"

static const struct golden chains[] = {
    {"cname", CHAIN "dns.pointer=49164\ndns.resp.ttl=30\ndns.resp.type=5\n"
		    "dns.cname=edge.cdn.example.net\ndns.resp.type=5\n"
		    "dns.cname=a.cdn.example.net\ndns.resp.type=1\ndns.a=198.51.100.7\n"
		    "dns.flags.rcode=0\n"},
    {"cname-plain", CHAIN "dns.pointer=0\ndns.resp.ttl=20\ndns.resp.type=1\n"
			  "dns.a=198.51.100.7\ndns.resp.type=5\ndns.cname=a.cdn.example.net\n"
			  "dns.resp.type=5\ndns.cname=edge.cdn.example.net\n"
			  "dns.flags.rcode=0\n"},
    {"dname", CHAIN "dns.pointer=0\ndns.resp.ttl=30\ndns.resp.type=39\ndns.resp.type=5\n"
		    "dns.cname=www.example.net\ndns.resp.type=1\ndns.a=198.51.100.7\n"
		    "dns.flags.rcode=0\n"},
    {"foreign", "dns.response\ndns.id=4\ndns.flags=33152\n" COUNTS(
		    "1", "0", "0") "dns.qry.name=www.example.com\ndns.qry.type=1\ndns.pointer=0\n"
				   "dns.resp.ttl=20\ndns.resp.type=1\ndns.a=198.51.100.7\n"
				   "dns.resp.name.foreign\ndns.flags.rcode=0\n"},
};

/* What could be told before the contradiction stays; the core adds the last line. */
static const struct golden liars[] = {
    {"wrong-length", "dns.response\ndns.id=6\ndns.flags=33152\n" COUNTS("1", "0", "0") TWITTER
     "dns.pointer=49164\ndns.resp.ttl=60\ndns.resp.type=1\n"
     "dns.flags.rcode=0\ndns.malformed\n"},
    {"loop-self", "dns.response\ndns.id=6\ndns.flags=33152\n" COUNTS("1", "0", "0") TWITTER
     "dns.pointer=49181\ndns.resp.ttl=60\ndns.resp.type=1\n"
     "dns.a=31.13.88.4\ndns.flags.rcode=0\ndns.malformed\n"},
    {"loop-two", "dns.response\ndns.id=6\ndns.flags=33152\n" COUNTS("1", "0", "0") TWITTER
     "dns.pointer=49193\ndns.resp.ttl=60\ndns.resp.type=5\n"
     "dns.flags.rcode=0\ndns.malformed\n"},
    {"second-question", "dns.query\ndns.id=6\ndns.flags=256\n" TWITTER "dns.malformed\n"},
    {"loop-question", "dns.malformed\n"},
    {"pointer-header", "dns.malformed\n"},
    {"long-name", "dns.malformed\n"},
    {"not-dns", "dns.malformed\n"},
};

/* The bytes of a payload; the caller frees. */
static struct sample
payload(const char *name)
{
	struct sample s = {0};
	char path[512];

	snprintf(path, sizeof path, SOURCE_ROOT "/tests/payloads/dns/%s.bin", name);
	if (!sample_read(path, &s))
		fail_msg("%s: cannot be read", path);
	return s;
}

static void
hear(struct flow *f, const struct sample *s)
{
	flow_begin(f, dissector_find("dns"), s->carrier, 53);
	flow_hear(f, s->from, s->carrier, s->p, s->n);
}

static void
expect(const struct golden *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sample s = payload(list[i].name);
		struct flow f;
		char *text;

		hear(&f, &s);
		text = facts_text(&f, f.nfacts);
		if (strcmp(text, list[i].facts) != 0)
			fail_msg("%s\n--- expected\n%s--- got\n%s", list[i].name, list[i].facts,
				 text);
		free(text);
		flow_end(&f);
		free(s.p);
	}
}

static void
test_goldens(void **state)
{
	(void)state;
	expect(goldens, sizeof goldens / sizeof *goldens);
}

static void
test_chains(void **state)
{
	(void)state;
	expect(chains, sizeof chains / sizeof *chains);
}

static void
test_liars(void **state)
{
	(void)state;
	expect(liars, sizeof liars / sizeof *liars);
}

static size_t
count(const struct flow *f, const char *name)
{
	size_t n = 0;

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; flow_fact(f, name, (enum side)side, &i);)
			n++;
	return n;
}

static void
test_caps(void **state)
{
	struct sample s = payload("many");
	struct flow f;

	(void)state;
	hear(&f, &s);
	assert_int_equal(flow_first(&f, "dns.count.answers")->u, 30);
	assert_int_equal(count(&f, "dns.a"), 24);
	assert_int_equal(count(&f, "dns.resp.type"), 16);
	assert_null(flow_first(&f, "dns.resp.name.foreign"));
	flow_end(&f);
	free(s.p);
}

static void
test_longest_name(void **state)
{
	struct sample s = payload("longest-name");
	const struct fact *name;
	struct flow f;

	(void)state;
	hear(&f, &s);
	name = flow_first(&f, "dns.qry.name");
	assert_non_null(name);
	assert_int_equal(name->text.n,
			 253); /* RFC 1035: 255 bytes less the first length, the root */
	assert_null(flow_first(&f, "dns.malformed"));
	flow_end(&f);
	free(s.p);
}

/* An answer cut anywhere by the capture tells what is left, and is never called malformed. */
static void
test_cut_by_capture(void **state)
{
	static const char *const names[] = {"answer", "cname", "ede", "nxdomain", "https"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sample s = payload(names[i]);

		for (size_t n = 1; n < s.n; n++) {
			uint8_t *copy = xcalloc(n, 1);
			struct flow f;

			memcpy(copy, s.p, n);
			flow_begin(&f, dissector_find("dns"), DATAGRAMS, 53);
			dissect_datagram(&f, SERVER, (struct bytes){copy, n}, true);
			if (flow_first(&f, "dns.malformed"))
				fail_msg("%s cut to %zu bytes is called malformed", names[i], n);
			assert_int_equal(count(&f, "dns.short"), n >= 12);
			assert_int_equal(count(&f, "dns.response"), n >= 12);
			flow_end(&f);
			free(copy);
		}
		free(s.p);
	}
}

/* Two messages in one stream are two messages, and the malformed one ends that side. */
static void
test_stream(void **state)
{
	struct sample s = payload("tcp-answer");
	struct flow f;

	(void)state;
	hear(&f, &s);
	assert_int_equal(f.messages, 2);
	assert_int_equal(count(&f, "dns.response"), 2);
	assert_int_equal(flow_first(&f, "dns.ede.code")->u, 17);
	flow_end(&f);
	free(s.p);
	s = payload("tcp-malformed");
	hear(&f, &s);
	assert_int_equal(count(&f, "dns.response"), 1);
	assert_int_equal(count(&f, "dns.malformed"), 1);
	assert_true(dissect_done(&f, SERVER));
	flow_end(&f);
	free(s.p);
}

static enum guess
guess(const char *name, size_t flag_at, uint8_t flags)
{
	struct sample s = payload(name);
	enum guess g;

	if (flag_at && s.p)
		s.p[flag_at] = flags;
	g = dissector_find("dns")->probe((struct bytes){s.p, s.n}, s.from);
	free(s.p);
	return g;
}

static void
test_probe(void **state)
{
	static const uint8_t http[] = "GET / HTTP/1.1\r\nHost: example.com\r\n";
	static const uint8_t tls[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	const struct dissector *dns = dissector_find("dns");

	(void)state;
	assert_int_equal(guess("query", 0, 0), YES);
	assert_int_equal(guess("query-edns", 0, 0), YES);
	assert_int_equal(guess("gfw-a", 0, 0), YES);
	assert_int_equal(guess("tcp-query", 0, 0), YES);
	assert_int_equal(guess("tcp-answer", 0, 0), YES);
	/* Without recursion it might as well be LLMNR or mDNS: the port decides. */
	assert_int_equal(guess("query", 2, 0), MAYBE);
	assert_int_equal(guess("query-root", 0, 0), MAYBE);
	assert_int_equal(guess("trailing", 0, 0), YES);
	assert_int_equal(guess("not-dns", 0, 0), NO);
	assert_int_equal(guess("query", 2, 0x79), NO); /* opcode 15 */
	assert_int_equal(dns->probe((struct bytes){http, sizeof http - 1}, CLIENT), NO);
	assert_int_equal(dns->probe((struct bytes){tls, sizeof tls - 1}, CLIENT), NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_goldens),      cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_liars),        cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_longest_name), cmocka_unit_test(test_cut_by_capture),
	    cmocka_unit_test(test_stream),       cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
