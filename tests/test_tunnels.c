/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tunnels say: WireGuard, OpenVPN, SSH, DTLS. */
#include "payload_facts.h"

static const struct expected wireguard[] = {
    {"cookie.bin", "wireguard", "wireguard.cookie\n"},
    {"data.bin", NULL, "wireguard.data\n"},
    {"initiation.bin", "wireguard",
     "wireguard.initiation\n"
     "wireguard.sender=287454020\n"},
    {"keepalive.bin", NULL, "wireguard.data\n"},
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wireguard), cmocka_unit_test(test_openvpn),
	    cmocka_unit_test(test_ssh),       cmocka_unit_test(test_dtls),
	    cmocka_unit_test(test_junk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
