/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tunnels say: WireGuard, OpenVPN, SSH, DTLS. */
#include "conversation.h"
#include "payload_facts.h"

static const struct expected wireguard[] = {
    {"cookie.bin", "wireguard", "wireguard.cookie\n"},
    {"data.bin", "wireguard", "wireguard.data\n"},
    {"initiation.bin", "wireguard",
     "wireguard.initiation\n"
     "wireguard.sender=287454020\n"},
    {"keepalive.bin", "wireguard", "wireguard.data\n"},
    {"long-response.bin", "wireguard",
     "wireguard.response\n"
     "wireguard.sender=1432778632\n"
     "wireguard.receiver=287454020\n"
     "wireguard.long\n"},
    {"long.bin", "wireguard",
     "wireguard.initiation\n"
     "wireguard.sender=287454020\n"
     "wireguard.long\n"},
    {"not.bin", NULL, ""},
    {"response.bin", "wireguard",
     "wireguard.response\n"
     "wireguard.sender=1432778632\n"
     "wireguard.receiver=287454020\n"},
    {"warp.bin", NULL,
     "wireguard.initiation\n"
     "wireguard.sender=287454020\n"
     "wireguard.reserved\n"},
};

static const struct expected openvpn[] = {
    {"ack.bin", NULL, "openvpn.ack\n"},
    {"answer.bin", "openvpn", "openvpn.server_reset\n"},
    {"control.bin", NULL, "openvpn.control\n"},
    {"data.bin", NULL, "openvpn.data\n"},
    {"not.bin", NULL, "openvpn.client_reset\n"},
    {"reset-crypt.bin", "openvpn",
     "openvpn.client_reset\n"
     "openvpn.tls_crypt\n"},
    {"reset-hmac16.bin", "openvpn", "openvpn.client_reset\n"},
    {"reset-hmac20.bin", "openvpn", "openvpn.client_reset\n"},
    {"reset-hmac32.bin", "openvpn", "openvpn.client_reset\n"},
    {"reset-hmac64.bin", "openvpn", "openvpn.client_reset\n"},
    {"reset-v3.bin", "openvpn",
     "openvpn.client_reset\n"
     "openvpn.tls_crypt\n"},
    {"reset.bin", "openvpn", "openvpn.client_reset\n"},
    {"tcp-broken.bin", "openvpn",
     "openvpn.client_reset\n"
     "openvpn.malformed\n"},
    {"tcp-crypt.bin", "openvpn",
     "openvpn.client_reset\n"
     "openvpn.tls_crypt\n"
     "openvpn.control\n"},
    {"tcp-hmac.bin", NULL,
     "openvpn.client_reset\n"
     "openvpn.control\n"},
    {"tcp-server.bin", NULL,
     "openvpn.server_reset\n"
     "openvpn.control\n"},
    {"tcp.bin", "openvpn",
     "openvpn.client_reset\n"
     "openvpn.ack\n"
     "openvpn.control\n"
     "openvpn.data\n"},
};

static const struct expected ssh[] = {
    {"client.bin", "ssh",
     "ssh.protocol=SSH-2.0-OpenSSH_9.2p1 Debian-2\n"
     "ssh.version=2.0\n"
     "ssh.software=OpenSSH_9.2p1 Debian-2\n"
     "ssh.kexinit\n"},
    {"long.bin", "ssh", "ssh.malformed\n"},
    {"no-software.bin", "ssh", "ssh.malformed\n"},
    {"old.bin", "ssh",
     "ssh.protocol=SSH-1.99-Cisco-1.25\n"
     "ssh.version=1.99\n"
     "ssh.software=Cisco-1.25\n"},
    {"server.bin", NULL,
     "ssh.protocol=SSH-2.0-OpenSSH_9.2p1\n"
     "ssh.version=2.0\n"
     "ssh.software=OpenSSH_9.2p1\n"
     "ssh.kexinit\n"},
};

static const struct expected dtls[] = {
    {"alert.bin", "dtls",
     "dtls.alert.level=2\n"
     "dtls.alert.description=40\n"},
    {"data.bin", "dtls", "dtls.application_data\n"},
    {"dtls13.bin", "dtls",
     "dtls.server_hello\n"
     "dtls.server_version=65277\n"
     "dtls.application_data\n"},
    {"empty-session.bin", "dtls",
     "dtls.client_hello\n"
     "dtls.version=65277\n"},
    {"finished.bin", "dtls", "dtls.change_cipher_spec\n"},
    {"hello-cookie.bin", "dtls",
     "dtls.client_hello\n"
     "dtls.version=65277\n"
     "dtls.cookie\n"
     "dtls.ja4=dd2i040400_b7582a42fed8_e5759931ba57\n"},
    {"hello-sni.bin", "dtls",
     "dtls.client_hello\n"
     "dtls.version=65277\n"
     "dtls.sni=example.org\n"
     "dtls.ja4=dd2d040500_b7582a42fed8_e5759931ba57\n"},
    {"hello.bin", "dtls",
     "dtls.client_hello\n"
     "dtls.version=65277\n"
     "dtls.ja4=dd2i040400_b7582a42fed8_e5759931ba57\n"},
    {"piece.bin", "dtls", "dtls.client_hello\n"},
    {"server-hello.bin", "dtls",
     "dtls.server_hello\n"
     "dtls.server_version=65277\n"},
    {"short.bin", NULL, "dtls.malformed\n"},
    {"verify.bin", "dtls", "dtls.hello_verify\n"},
};

static const struct expected socks[] = {
    {"bind.bin", "socks",
     "socks.version=5\n"
     "socks.address=0.0.0.0\n"
     "socks.port=0\n"
     "socks.command=3\n"},
    {"four-a.bin", "socks",
     "socks.version=4\n"
     "socks.command=1\n"
     "socks.host=example.org\n"
     "socks.port=443\n"},
    {"four.bin", "socks",
     "socks.version=4\n"
     "socks.command=1\n"
     "socks.address=192.0.2.1\n"
     "socks.port=80\n"},
    {"name.bin", "socks",
     "socks.version=5\n"
     "socks.host=example.com\n"
     "socks.port=443\n"
     "socks.command=1\n"},
    {"odd.bin", "socks",
     "socks.version=5\n"
     "socks.malformed\n"},
    {"password.bin", "socks",
     "socks.version=5\n"
     "socks.address=192.0.2.1\n"
     "socks.port=80\n"
     "socks.command=1\n"},
    {"server.bin", NULL, "socks.malformed\n"},
    {"v6.bin", "socks",
     "socks.version=5\n"
     "socks.address=2001:db8::1\n"
     "socks.port=443\n"
     "socks.command=1\n"},
};

static const struct expected ike[] = {
    {"esp.bin", NULL, "ike.esp\n"},
    {"init-answer.bin", "ike",
     "ike.response\n"
     "ike.version=2\n"
     "ike.exchange=34\n"},
    {"init.bin", "ike",
     "ike.request\n"
     "ike.version=2\n"
     "ike.exchange=34\n"},
    {"keepalive.bin", NULL, ""},
    {"main.bin", "ike",
     "ike.request\n"
     "ike.version=1\n"
     "ike.exchange=2\n"},
    {"natt.bin", "ike",
     "ike.request\n"
     "ike.version=2\n"
     "ike.exchange=35\n"},
    {"not.bin", NULL, "ike.esp\n"},
};

static const struct expected l2tp[] = {
    {"ack.bin", "l2tp", "l2tp.control=0\n"},
    {"data.bin", NULL, "l2tp.data\n"},
    {"sccrp.bin", "l2tp", "l2tp.control=2\n"},
    {"sccrq.bin", "l2tp", "l2tp.control=1\nl2tp.request\n"},
    {"vendor.bin", "l2tp", "l2tp.malformed\n"},
};

static const struct expected pptp[] = {
    {"broken.bin", NULL, "pptp.malformed\n"},
    {"client.bin", "pptp",
     "pptp.type=1\n"
     "pptp.type=7\n"},
    {"server.bin", "pptp",
     "pptp.type=2\n"
     "pptp.result=1\n"
     "pptp.type=8\n"
     "pptp.result=1\n"},
};

#define TEST_OF(name)                                                                              \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		expect_samples(#name, name, sizeof name / sizeof *name);                           \
	}
TEST_OF(wireguard)
TEST_OF(openvpn)
TEST_OF(ssh)
TEST_OF(dtls)
TEST_OF(socks)
TEST_OF(ike)
TEST_OF(l2tp)
TEST_OF(pptp)

/* Junk ahead of a handshake is counted, once. */
static void
test_junk(void **state)
{
	static const uint8_t junk[40] = {0xd0, 0x0d};
	struct samples all = samples_read("wireguard");
	struct flow f;
	char *text;

	(void)state;
	flow_begin(&f, NULL, DATAGRAMS, 0);
	for (int i = 0; i < 4; i++) {
		f.half[CLIENT].packets++;
		flow_hear(&f, CLIENT, DATAGRAMS, junk, sizeof junk);
	}
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < all.n; k++)
			if (strcmp(all.list[k].name, "initiation.bin") == 0) {
				f.half[CLIENT].packets++;
				flow_hear(&f, CLIENT, DATAGRAMS, all.list[k].p, all.list[k].n);
			}
	text = facts_text(&f, f.nfacts);
	assert_string_equal(text, "wireguard.initiation\nwireguard.sender=287454020\n"
				  "wireguard.junk=4\nwireguard.initiation\n"
				  "wireguard.sender=287454020\n");
	free(text);
	flow_end(&f);
	samples_free(&all);
}

/* What a proxy carries is read as if there were no proxy, whichever side speaks first inside, and
 * however the bytes are cut. */
static void
expect_inside(const struct turn *turns, size_t n, const char *facts)
{
	static const size_t steps[] = {1, 2, 3, 7, 64, 1460};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct flow f;
		char *text;

		flow_begin(&f, NULL, STREAM, 0);
		for (size_t k = 0; k < n; k++)
			for (size_t at = 0; at < turns[k].n; at += steps[i]) {
				size_t rest = turns[k].n - at;

				flow_hear(&f, turns[k].from, STREAM,
					  (const uint8_t *)turns[k].p + at,
					  rest < steps[i] ? rest : steps[i]);
			}
		text = facts_text(&f, f.nfacts);
		assert_string_equal(text, facts);
		free(text);
		flow_end(&f);
	}
}

#define SAY(side, text)                                                                            \
	{                                                                                          \
		side, text, sizeof text - 1                                                        \
	}

static void
test_inside_socks(void **state)
{
	static const struct turn granted[] = {
	    SAY(CLIENT, "\x05\x01\x00"),
	    SAY(SERVER, "\x05\x00"),
	    SAY(CLIENT, "\x05\x01\x00\x03\x07"
			"a.b.org\x00\x16"),
	    SAY(SERVER, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00SSH-2.0-x\r\n"),
	    SAY(CLIENT, "SSH-2.0-y\r\n"),
	};
	static const struct turn refused[] = {
	    SAY(CLIENT, "\x05\x01\x00"),
	    SAY(SERVER, "\x05\xff"),
	    SAY(CLIENT, "SSH-2.0-y\r\n"),
	};

	(void)state;
	expect_inside(granted, 5,
		      "socks.version=5\nsocks.host=a.b.org\nsocks.port=22\nsocks.command=1\n"
		      "socks.reply=0\nssh.protocol=SSH-2.0-x\nssh.version=2.0\nssh.software=x\n"
		      "ssh.protocol=SSH-2.0-y\nssh.version=2.0\nssh.software=y\n");
	expect_inside(refused, 3, "socks.version=5\nsocks.refused\n");
}

/* The client speaks first inside, and ahead of the proxy's word. */
static void
test_inside_connect(void **state)
{
	static const struct turn turns[] = {
	    SAY(CLIENT, "CONNECT h:22 HTTP/1.1\r\n\r\nSSH-2.0-early\r\n"),
	    SAY(SERVER, "HTTP/1.1 200 OK\r\n\r\n"),
	    SAY(SERVER, "SSH-2.0-x\r\n"),
	};

	(void)state;
	expect_inside(turns, 3,
		      "http.request\nhttp.request.method=CONNECT\nhttp.request.uri=h:22\n"
		      "http.host=h\nhttp.response\nhttp.response.code=200\n"
		      "http.response.phrase=OK\n"
		      "ssh.protocol=SSH-2.0-early\nssh.version=2.0\nssh.software=early\n"
		      "ssh.protocol=SSH-2.0-x\nssh.version=2.0\nssh.software=x\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inside_socks), cmocka_unit_test(test_inside_connect),
	    cmocka_unit_test(test_pptp),         cmocka_unit_test(test_l2tp),
	    cmocka_unit_test(test_ike),          cmocka_unit_test(test_socks),
	    cmocka_unit_test(test_wireguard),    cmocka_unit_test(test_openvpn),
	    cmocka_unit_test(test_ssh),          cmocka_unit_test(test_dtls),
	    cmocka_unit_test(test_junk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
