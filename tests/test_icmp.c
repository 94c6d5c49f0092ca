/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ICMP messages say: echo in both families, timestamps, others, and a flood. */
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char *
told(uint8_t ip_version, uint8_t type, uint8_t code, uint32_t word)
{
	static const uint8_t payload[] = "abcdefgh";
	struct packet packet = {
	    .ip_version = ip_version, .icmp_type = type, .icmp_code = code, .icmp_word = word};
	struct flow f;
	char *text;

	flow_begin(&f, dissector_find("icmp"), DATAGRAMS, 0);
	f.ip_version = ip_version;
	f.now = &packet;
	flow_hear(&f, CLIENT, DATAGRAMS, payload, sizeof payload);
	text = facts_text(&f, f.nfacts);
	flow_end(&f);
	return text;
}

static void
expect(uint8_t ip_version, uint8_t type, uint8_t code, uint32_t word, const char *facts)
{
	char *text = told(ip_version, type, code, word);

	assert_string_equal(text, facts);
	free(text);
}

static void
test_types(void **state)
{
	(void)state;
	expect(4, 8, 0, 0xbeef0102, "icmp.type=8\nicmp.code=0\nicmp.ident=48879\nicmp.seq=258\n");
	expect(4, 0, 0, 0xbeef0102, "icmp.type=0\nicmp.code=0\nicmp.ident=48879\nicmp.seq=258\n");
	expect(4, 13, 0, 0x00010002, "icmp.type=13\nicmp.code=0\nicmp.ident=1\nicmp.seq=2\n");
	expect(6, 128, 0, 0x00010002, "icmp.type=128\nicmp.code=0\nicmp.ident=1\nicmp.seq=2\n");
	expect(6, 129, 0, 0x00010002, "icmp.type=129\nicmp.code=0\nicmp.ident=1\nicmp.seq=2\n");
	/* Types mean other things in the other family, and an MTU is no identifier. */
	expect(6, 8, 0, 0x00010002, "icmp.type=8\nicmp.code=0\n");
	expect(4, 128, 0, 0x00010002, "icmp.type=128\nicmp.code=0\n");
	expect(4, 3, 4, 1400, "icmp.type=3\nicmp.code=4\n");
}

/* A flood must not fill the flow's facts, nor silence the other side. */
static void
test_flood(void **state)
{
	static const uint8_t payload[56];
	struct flow f;

	(void)state;
	flow_begin(&f, dissector_find("icmp"), DATAGRAMS, 0);
	for (int i = 0; i < 1000; i++)
		flow_hear(&f, CLIENT, DATAGRAMS, payload, sizeof payload);
	assert_int_equal(f.nfacts, 32 * 4);
	assert_true(dissect_done(&f, CLIENT));
	assert_false(dissect_done(&f, SERVER));
	flow_hear(&f, SERVER, DATAGRAMS, payload, sizeof payload);
	assert_int_equal(f.nfacts, 33 * 4);
	flow_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
