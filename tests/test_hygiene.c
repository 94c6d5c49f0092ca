/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a capture cannot show: each sentence is said where its cause is there, and only then. */
#include "capture_files.h"

#include "flows.h"
#include "hygiene.h"

struct causes {
	struct hygiene hygiene;
	struct decode_counts decode;
	struct flow_counts flows;
	struct defrag_counts defrag;
};

static void
begin(struct causes *c)
{
	memset(c, 0, sizeof *c);
	c->hygiene.decode = &c->decode;
	c->hygiene.flows = &c->flows;
	c->hygiene.defrag = &c->defrag;
}

/* A capture of two whole frames, read to its end. */
static struct capture *
good_capture(void)
{
	struct blob o = {0};
	struct capture *c;
	char *why = NULL;

	put_pcap_header(&o, MICRO, 65535, 1);
	put_pcap_frame(&o, 1, 1, 60);
	put_pcap_frame(&o, 2, 2, 60);
	c = open_blob(&o, &plain, &why);
	assert_non_null(c);
	drain(c);
	free(o.b);
	return c;
}

/* That these causes make one sentence, and that it speaks of this; NULL: that they make none. */
static void
expect(const struct causes *causes, const struct capture *c, const char *words)
{
	struct arena *a = arena_new();
	const char **text = NULL;
	size_t n = limits_tell(a, &causes->hygiene, c, &text);

	if (n != (words ? 1 : 0)) {
		for (size_t i = 0; i < n; i++)
			print_error("said: %s\n", text[i]);
		fail_msg("%zu sentences for \"%s\"", n, words ? words : "");
	}
	if (words && !strstr(text[0], words))
		fail_msg("\"%s\" is not in \"%s\"", words, text[0]);
	arena_free(a);
}

/* Each cause is a counter: with it the sentence, without it silence. */
static void
each_has_its_sentence(void **state)
{
	struct causes x;
	struct capture *c = good_capture();
	const struct {
		uint64_t *cause;
		uint64_t n;
		const char *words;
	} cases[] = {
	    {&x.flows.one_way, 3, "3 of 0 TCP connections are seen in one direction only"},
	    {&x.hygiene.middle, 4, "4 TCP connections began before the capture: what opened them"},
	    {&x.hygiene.middle, 1, "1 TCP connection began before the capture: what opened it is"},
	    {&x.decode.bad_sum, 1, "1 packet has a wrong checksum, as those"},
	    {&x.hygiene.given_up, 1, "Once a fingerprint was not tried"},
	    {&x.hygiene.unseen_acked, 1, "In 1 connection bytes were confirmed"},
	    {&x.flows.duplicates, 5, "5 packets were captured twice"},
	    {&x.decode.superframes, 6, "6 packets are larger than a network carries"},
	    {&x.decode.bad_sum, 7, "7 packets have wrong checksums"},
	    {&x.decode.bad_ip_sum, 8, "8 packets have wrong checksums"},
	    {&x.defrag.expired, 9, "9 IP datagrams could not be put together"},
	    {&x.defrag.dropped, 10, "10 IP datagrams could not be put together"},
	    {&x.decode.unknown_link, 11, "11 frames have a link type that is not read"},
	    {&x.decode.bad, 12, "12 frames have headers that do not hold"},
	    {&x.flows.evicted, 13, "13 conversations were judged before their end"},
	    {&x.hygiene.facts_full, 14, "14 conversations said more than is kept"},
	    {&x.hygiene.trace_full, 15, "Of 15 conversations not all odd packets"},
	    {&x.hygiene.unlearnt, 18, "Of 18 addresses it was forgotten"},
	    {&x.hygiene.forgotten, 16, "16 conversations were forgotten as controls"},
	    {&x.hygiene.suspicions_dropped, 17, "17 suspicions were dropped"},
	    {&x.hygiene.given_up, 18, "18 times a fingerprint was not tried to the end"},
	    {&x.hygiene.tcp_flows, 18, "No TCP connection is seen in both directions"},
	};

	(void)state;
	begin(&x);
	expect(&x, c, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin(&x);
		*cases[i].cause = cases[i].n;
		expect(&x, c, cases[i].words);
	}
	begin(&x);
	x.hygiene.targets_left_out = 19;
	expect(&x, c, "19 more targets are not listed");
	begin(&x);
	x.hygiene.http_proxied = 3;
	expect(&x, c, "3 servers answer on port 80 from much nearer");
	/* What is ordinary is no limit. */
	begin(&x);
	x.hygiene.tcp_flows = x.hygiene.tcp_both_ways = 100;
	x.flows.flows = x.flows.tcp = x.flows.packets = x.decode.frames = x.decode.tcp = 100;
	x.flows.reused = x.flows.quotes = x.decode.no_ip = x.decode.tunneled = 10;
	x.decode.fragments = x.decode.reassembled = x.defrag.whole = 10;
	expect(&x, c, NULL);
	capture_close(c);
}

static void
files_have_their_sentences(void **state)
{
	static const struct {
		uint32_t caplen, len, lost; /* of the second record */
		uint32_t second;            /* its time */
		const char *words;
	} cases[] = {
	    {60, 60, 0, 2, NULL},
	    {60, 60, 10, 2, "breaks off inside a packet after frame 1"},
	    {60, 90, 0, 2, "cuts packets short (1 frame, "},
	    {60, 60, 0, 0, "1 frame is out of time order in "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct blob o = {0};
		struct capture *c;
		struct causes x;
		char *why = NULL;

		put_pcap_header(&o, MICRO, 65535, 1);
		put_pcap_record(&o, 1, 0, 60, 60);
		put_pattern(&o, 1, 60);
		put_pcap_record(&o, cases[i].second, 0, cases[i].caplen, cases[i].len);
		put_pattern(&o, 2, cases[i].caplen - cases[i].lost);
		c = open_blob(&o, &plain, &why);
		assert_non_null(c);
		drain(c);
		begin(&x);
		expect(&x, c, cases[i].words);
		capture_close(c);
		free(o.b);
	}
}

static void
filtered_frames_are_told(void **state)
{
	struct capture_options options = {.filter = "ip6"};
	struct blob o = {0};
	struct capture *c;
	struct causes x;
	char *why = NULL;

	(void)state;
	put_pcap_header(&o, MICRO, 65535, 1);
	put_pcap_frame(&o, 1, 1, 60);
	c = open_blob(&o, &options, &why);
	assert_non_null(c);
	assert_int_equal(drain(c), 0);
	begin(&x);
	expect(&x, c, "did not pass the filter");
	capture_close(c);
	free(o.b);
}

/* However many files break off, what is said about all of them together is said. */
static void
many_files_leave_room(void **state)
{
	static const char all[] = "7 conversations said more than is kept";
	const char *names[60], **text;
	struct capture *c = NULL;
	struct arena *a = arena_new();
	struct memory_file file;
	struct blob o = {0};
	struct causes x;
	char *why = NULL;
	size_t n;

	(void)state;
	put_pcap_header(&o, MICRO, 65535, 1);
	put_pcap_record(&o, 1, 0, 60, 60);
	put_pattern(&o, 1, 50);
	file = memory_file(o.b, o.n);
	for (size_t i = 0; i < 60; i++)
		names[i] = file.name;
	assert_int_equal(capture_open(names, 60, &plain, &c, &why), 0);
	drain(c);
	begin(&x);
	x.hygiene.facts_full = 7;
	n = limits_tell(a, &x.hygiene, c, &text);
	assert_true(n >= 2 && n < 60);
	assert_non_null(strstr(text[n - 1], all));
	assert_non_null(strstr(text[n - 2], "limits that are not listed"));
	capture_close(c);
	close(file.fd);
	arena_free(a);
	free(o.b);
}

/* Counts a connection to that server, answered with that TTL. */
static void
count(struct hygiene *h, uint8_t server, uint8_t ttl, bool answered)
{
	struct talk t;
	struct look l;

	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	talk_between(&t, 1, server, 40000, 443);
	t.ttl[SERVER] = ttl;
	if (answered)
		talk_open(&t);
	else
		talk_say(&t, CLIENT, TH_SYN_, "");
	look_at(&l, t.flow);
	hygiene_count(h, &l);
	talk_end(&t);
}

static void
one_way(void **state)
{
	struct causes x;

	(void)state;
	begin(&x);
	assert_false(hygiene_one_way(&x.hygiene));
	count(&x.hygiene, 1, 50, false);
	assert_true(hygiene_one_way(&x.hygiene));
	count(&x.hygiene, 2, 50, true);
	assert_false(hygiene_one_way(&x.hygiene));
}

/* Four servers with one TTL: something writes it. One that differs, at any time, is enough. */
static void
flat_ttl(void **state)
{
	struct capture *c = good_capture();
	struct causes x;

	(void)state;
	begin(&x);
	for (uint8_t i = 1; i <= 3; i++)
		count(&x.hygiene, i, 251, true);
	for (int i = 0; i < 10; i++)
		count(&x.hygiene, 1, 251, true); /* the same server again is no other */
	assert_false(hygiene_flat_ttl(&x.hygiene));
	count(&x.hygiene, 4, 251, true);
	assert_true(hygiene_flat_ttl(&x.hygiene));
	expect(&x, c, "arrive with TTL 251");
	count(&x.hygiene, 9, 50, true);
	count(&x.hygiene, 10, 50, true);
	assert_false(hygiene_flat_ttl(&x.hygiene));
	expect(&x, c, NULL);
	capture_close(c);
}

/* More than one connection of a thousand, and more than one at all. */
static void
lossy(void **state)
{
	struct hygiene h = {.tcp_flows = 1000, .tcp_both_ways = 1000, .unseen_acked = 1};

	(void)state;
	assert_false(hygiene_lossy(&h));
	h.unseen_acked = 2;
	assert_true(hygiene_lossy(&h));
	h.tcp_flows = 2000;
	assert_false(hygiene_lossy(&h));
	h.tcp_flows = h.tcp_both_ways = h.unseen_acked = 1;
	assert_false(hygiene_lossy(&h));
}

static void
caps_are_counted(void **state)
{
	struct flow f = {.proto = IPPROTO_UDP, .bits = FLOW_FACTS_FULL | FLOW_TRACE_FULL};
	struct hygiene h = {0};
	struct look l;

	(void)state;
	look_at(&l, &f);
	hygiene_count(&h, &l);
	assert_int_equal(h.facts_full, 1);
	assert_int_equal(h.trace_full, 1);
	assert_int_equal(h.tcp_flows, 0);
	f.proto = IPPROTO_TCP;
	f.bits = FLOW_MIDDLE;
	f.half[CLIENT].unseen_acked = f.half[SERVER].unseen_acked = 3;
	look_at(&l, &f);
	hygiene_count(&h, &l);
	assert_int_equal(h.facts_full, 1);
	assert_int_equal(h.middle, 1);
	assert_int_equal(h.unseen_acked, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_has_its_sentence),
	    cmocka_unit_test(files_have_their_sentences),
	    cmocka_unit_test(filtered_frames_are_told),
	    cmocka_unit_test(many_files_leave_room),
	    cmocka_unit_test(one_way),
	    cmocka_unit_test(flat_ttl),
	    cmocka_unit_test(lossy),
	    cmocka_unit_test(caps_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
