/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What messengers and calls say: STUN and its dialects, WhatsApp's chat, Telegram's transports and
 * reflectors. */
#include "payload_facts.h"

static const struct expected stun[] = {
    {"allocate.bin", "stun",
     "stun.request\n"
     "stun.type=3\n"},
    {"binding.bin", "stun",
     "stun.request\n"
     "stun.type=1\n"},
    {"bound.bin", "stun",
     "stun.response\n"
     "stun.type=257\n"},
    {"channel.bin", NULL, "stun.channel=16385\n"},
    {"classic.bin", NULL,
     "stun.request\n"
     "stun.type=1\n"},
    {"cut-attribute.bin", NULL,
     "stun.response\n"
     "stun.type=257\n"
     "stun.malformed\n"},
    {"dtls.bin", "dtls", "stun.dtls\n"},
    {"ice.bin", "stun",
     "stun.request\n"
     "stun.type=1\n"
     "stun.webrtc\n"
     "stun.ice\n"},
    {"indication.bin", "stun",
     "stun.indication\n"
     "stun.type=17\n"},
    {"meet.bin", "stun",
     "stun.request\n"
     "stun.type=1\n"
     "stun.meet\n"},
    {"realm-facebook.bin", "stun",
     "stun.response\n"
     "stun.type=275\n"
     "stun.error=401\n"
     "stun.realm=facebook.com\n"
     "stun.facebook\n"
     "stun.software=Coturn-4.6.2 'Gorst'\n"},
    {"realm-meet.bin", "stun",
     "stun.response\n"
     "stun.type=275\n"
     "stun.error=401\n"
     "stun.realm=google.com\n"
     "stun.meet\n"
     "stun.software=Coturn-4.6.2 'Gorst'\n"},
    {"realm-other.bin", "stun",
     "stun.response\n"
     "stun.type=275\n"
     "stun.error=401\n"
     "stun.realm=example.org\n"
     "stun.software=Coturn-4.6.2 'Gorst'\n"},
    {"realm-signal.bin", "stun",
     "stun.response\n"
     "stun.type=275\n"
     "stun.error=401\n"
     "stun.realm=relay.signal.org\n"
     "stun.signal\n"
     "stun.software=Coturn-4.6.2 'Gorst'\n"},
    {"realm-telegram.bin", "stun",
     "stun.response\n"
     "stun.type=275\n"
     "stun.error=401\n"
     "stun.realm=telegram.org\n"
     "stun.telegram\n"
     "stun.software=Coturn-4.6.2 'Gorst'\n"},
    {"rtp.bin", NULL, "stun.rtp\n"},
    {"tcp-broken.bin", "stun",
     "stun.request\n"
     "stun.type=1\n"
     "stun.malformed\n"},
    {"tcp-server.bin", "stun",
     "stun.response\n"
     "stun.type=259\n"
     "stun.response\n"
     "stun.type=260\n"},
    {"tcp.bin", "stun",
     "stun.request\n"
     "stun.type=3\n"
     "stun.channel=16384\n"
     "stun.request\n"
     "stun.type=4\n"},
    {"teams.bin", "stun",
     "stun.request\n"
     "stun.type=1\n"
     "stun.teams\n"},
    {"unpadded.bin", NULL,
     "stun.response\n"
     "stun.type=257\n"
     "stun.software=old-1\n"},
    {"warp.bin", NULL,
     "stun.warp\n"
     "stun.rtp\n"},
    {"whatsapp-allocate.bin", "stun",
     "stun.request\n"
     "stun.type=3\n"
     "stun.whatsapp\n"},
    {"whatsapp-ping.bin", "stun",
     "stun.whatsapp\n"
     "stun.request\n"
     "stun.type=2049\n"},
    {"whatsapp-pong.bin", "stun",
     "stun.whatsapp\n"
     "stun.response\n"
     "stun.type=2050\n"},
    {"zoom.bin", "stun",
     "stun.request\n"
     "stun.type=1\n"
     "stun.zoom\n"},
};

static const struct expected whatsapp[] = {
    {"new.bin", "whatsapp",
     "whatsapp.version=1539\n"
     "whatsapp.frame=36\n"
     "whatsapp.client_hello\n"
     "whatsapp.frame=251\n"
     "whatsapp.client_finish\n"
     "whatsapp.frame=90\n"},
    {"not.bin", NULL, "whatsapp.malformed\n"},
    {"old.bin", "whatsapp",
     "whatsapp.version=261\n"
     "whatsapp.frame=60\n"},
    {"resumed.bin", "whatsapp",
     "whatsapp.version=1541\n"
     "whatsapp.frame=233\n"
     "whatsapp.client_hello\n"
     "whatsapp.frame=40\n"},
    {"routed.bin", "whatsapp",
     "whatsapp.routing\n"
     "whatsapp.version=1538\n"
     "whatsapp.frame=36\n"
     "whatsapp.client_hello\n"
     "whatsapp.frame=251\n"
     "whatsapp.client_finish\n"},
    {"server.bin", NULL,
     "whatsapp.frame=301\n"
     "whatsapp.server_hello\n"
     "whatsapp.frame=120\n"
     "whatsapp.frame=0\n"
     "whatsapp.frame=3\n"},
};

static const struct expected mtproto[] = {
    {"abridged-known.bin", NULL,
     "mtproto.transport=abridged\n"
     "mtproto.encrypted\n"},
    {"abridged-long.bin", NULL,
     "mtproto.transport=abridged\n"
     "mtproto.encrypted\n"},
    {"abridged.bin", "mtproto",
     "mtproto.transport=abridged\n"
     "mtproto.req_pq\n"},
    {"answer.bin", NULL, "mtproto.malformed\n"},
    {"full.bin", "mtproto",
     "mtproto.transport=full\n"
     "mtproto.req_pq\n"},
    {"intermediate.bin", "mtproto",
     "mtproto.transport=intermediate\n"
     "mtproto.req_pq\n"},
    {"not.bin", NULL, "mtproto.malformed\n"},
    {"obfuscated-media.bin", "mtproto",
     "mtproto.transport=obfuscated\n"
     "mtproto.inside=padded\n"
     "mtproto.media\n"
     "mtproto.dc=4\n"},
    {"obfuscated-test.bin", "mtproto",
     "mtproto.transport=obfuscated\n"
     "mtproto.inside=intermediate\n"
     "mtproto.test\n"
     "mtproto.dc=3\n"},
    {"obfuscated.bin", "mtproto",
     "mtproto.transport=obfuscated\n"
     "mtproto.inside=abridged\n"
     "mtproto.dc=2\n"},
    {"padded.bin", "mtproto",
     "mtproto.transport=padded\n"
     "mtproto.req_pq\n"},
};

static const struct expected reflector[] = {
    {"data.bin", NULL, ""},
    {"hello.bin", "reflector", "reflector.hello\n"},
    {"short.bin", NULL, ""},
};

static const struct expected discord[] = {
    {"discovered.bin", "discord", "discord.discovered\n"},
    {"discovery.bin", "discord", "discord.discovery\n"},
    {"keepalive.bin", "discord", "discord.keepalive\n"},
    {"not.bin", NULL, ""},
    {"rtp.bin", NULL, "discord.rtp\n"},
};

static const struct expected viber[] = {
    {"call.bin", NULL, "viber.call=9\n"},
    {"frames.bin", NULL,
     "viber.frame=60\n"
     "viber.frame=90\n"},
    {"other.bin", "viber", "viber.frame=40\n"},
    {"short.bin", NULL, "viber.malformed\n"},
};

#define TEST_OF(name)                                                                              \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		expect_samples(#name, name, sizeof name / sizeof *name);                           \
	}
TEST_OF(stun)
TEST_OF(whatsapp)
TEST_OF(mtproto)
TEST_OF(reflector)
TEST_OF(discord)
TEST_OF(viber)

static char *
both_sides(const char *dissector, enum carrier carrier, const char *const *names, size_t n)
{
	struct samples all = samples_read(dissector);
	struct flow f;
	char *text;

	flow_begin(&f, NULL, carrier, 0);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < all.n; k++)
			if (strcmp(all.list[k].name, names[i]) == 0)
				flow_hear(&f, all.list[k].from, carrier, all.list[k].p,
					  all.list[k].n);
	text = facts_text(&f, f.nfacts);
	flow_end(&f);
	samples_free(&all);
	return text;
}

static void
expect_both(const char *dissector, enum carrier carrier, const char *const *names, size_t n,
	    const char *facts)
{
	char *text = both_sides(dissector, carrier, names, n);

	assert_string_equal(text, facts);
	free(text);
}

/* Hellos are counted until data flows both ways, and the answer is known by its tag. */
static void
test_reflected_call(void **state)
{
	static const char *const names[] = {"hello.bin", "hello.bin", "data.bin", "data.bin",
					    "hello.bin"};

	(void)state;
	expect_both("reflector", DATAGRAMS, names, 5,
		    "reflector.hello\nreflector.hello\nreflector.answer\nreflector.data\n"
		    "reflector.hello\n");
}

static void
test_whatsapp_login(void **state)
{
	static const char *const names[] = {"routed.bin", "server.bin"};

	(void)state;
	expect_both("whatsapp", STREAM, names, 2,
		    "whatsapp.routing\nwhatsapp.version=1538\nwhatsapp.frame=36\n"
		    "whatsapp.client_hello\nwhatsapp.frame=251\nwhatsapp.client_finish\n"
		    "whatsapp.frame=301\nwhatsapp.server_hello\nwhatsapp.frame=120\n"
		    "whatsapp.frame=0\nwhatsapp.frame=3\n");
}

/* A call on one port: the check, its answer, keys, and media; what repeats is said once. */
static void
test_call(void **state)
{
	static const char *const names[] = {"ice.bin", "bound.bin", "dtls.bin", "rtp.bin",
					    "rtp.bin", "warp.bin",  "warp.bin", "dtls.bin"};

	(void)state;
	expect_both("stun", DATAGRAMS, names, 8,
		    "stun.request\nstun.type=1\nstun.webrtc\nstun.ice\nstun.response\n"
		    "stun.type=257\nstun.dtls\nstun.rtp\nstun.warp\nstun.rtp\n");
}

/* A flood of requests must not fill the flow's facts. */
static void
test_flood(void **state)
{
	const char *names[300];
	char *text;
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		names[i] = i % 2 ? "bound.bin" : "binding.bin";
	text = both_sides("stun", DATAGRAMS, names, 300);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 2 * 24 * 2);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_viber),          cmocka_unit_test(test_discord),
	    cmocka_unit_test(test_stun),           cmocka_unit_test(test_whatsapp),
	    cmocka_unit_test(test_mtproto),        cmocka_unit_test(test_reflector),
	    cmocka_unit_test(test_reflected_call), cmocka_unit_test(test_whatsapp_login),
	    cmocka_unit_test(test_call),           cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
