/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain words for mechanisms, stages, triggers, directions and measured features. */
#include "phrases.h"

#include <string.h>

const char *const mechanism_titles[NMECHANISMS] = {
    [RST_INJECTION] = "forged reset",
    [FIN_INJECTION] = "forged end of connection",
    [SYN_ACK_INJECTION] = "forged answer to the connection request",
    [DATA_INJECTION] = "forged data",
    [BLOCK_PAGE] = "block page",
    [DROP] = "packets discarded",
    [FREEZE] = "connection frozen",
    [THROTTLE] = "connection slowed down",
    [DNS_INJECTION] = "forged DNS answer",
    [DNS_TAMPERING] = "false answer by the resolver",
    [TLS_INTERCEPTION] = "TLS intercepted",
    [TLS_ALERT_INJECTION] = "forged TLS alert",
    [ICMP_REJECTION] = "rejected by an ICMP error",
    [PROTOCOL_STRIPPING] = "protocol upgrade removed",
};

const char *const mechanism_clauses[NMECHANISMS] = {
    [RST_INJECTION] = "connections are cut by a forged reset",
    [FIN_INJECTION] = "connections are closed by a forged packet",
    [SYN_ACK_INJECTION] = "connection requests get a forged answer",
    [DATA_INJECTION] = "forged data takes the place of the true answer",
    [BLOCK_PAGE] = "a block page is shown",
    [DROP] = "packets are discarded in silence",
    [FREEZE] = "connections freeze after a while",
    [THROTTLE] = "connections are slowed down on purpose",
    [DNS_INJECTION] = "name queries get a forged answer",
    [DNS_TAMPERING] = "the resolver answers falsely",
    [TLS_INTERCEPTION] = "the certificate shown is not the server's own",
    [TLS_ALERT_INJECTION] = "the TLS handshake is ended by a forged alert",
    [ICMP_REJECTION] = "attempts are rejected by something on the path",
    [PROTOCOL_STRIPPING] = "an offered protocol upgrade is removed",
};

const char *const stage_clauses[NSTAGES] = {
    [STAGE_DNS] = "when the name is looked up",
    [STAGE_SYN] = "as soon as a connection is asked for",
    [STAGE_HANDSHAKE] = "before any data is sent",
    [STAGE_FIRST_DATA] = "right after the client's first data",
    [STAGE_ESTABLISHED] = "in the middle of the conversation",
    [STAGE_DATAGRAM] = "in an exchange of datagrams",
};

const char *const trigger_phrases[NTRIGGERS] = {
    [TRIGGER_UNKNOWN] = "not told by these packets",
    [TRIGGER_IP] = "the address",
    [TRIGGER_IP_PORT] = "the address and port",
    [TRIGGER_SNI] = "the TLS server name",
    [TRIGGER_ECH] = "the use of Encrypted Client Hello",
    [TRIGGER_HTTP_HOST] = "the HTTP host name",
    [TRIGGER_HTTP_URL] = "the HTTP address",
    [TRIGGER_DNS_NAME] = "the name asked for,",
    [TRIGGER_QUIC_SNI] = "the QUIC server name",
    [TRIGGER_QUIC] = "the protocol",
    [TRIGGER_PROTOCOL] = "the protocol",
    [TRIGGER_FULLY_ENCRYPTED] = "data that is encrypted from its first byte",
    [TRIGGER_VOLUME] = "the amount of data",
    [TRIGGER_RESIDUAL] = "an earlier trigger that is still in force,",
};

const char *const vantage_phrases[NVANTAGES] = {
    [VANTAGE_UNKNOWN] = "taken at an unknown place",
    [VANTAGE_CLIENT] = "taken at the client",
    [VANTAGE_SERVER] = "taken at the server",
    [VANTAGE_PATH] = "taken on the path",
};

const char *const role_phrases[NROLES] = {
    [ROLE_TRIGGER] = "what set it off",
    [ROLE_INJECTED] = "forged",
    [ROLE_BASELINE] = "a true packet to hold the forged one against",
    [ROLE_CONTRADICTION] = "proves the forged one false",
    [ROLE_RETRANSMISSION] = "sent again for want of an answer",
    [ROLE_UNANSWERED] = "never answered",
    [ROLE_CONTROL] = "a control",
};

const char *const basis_phrases[NBASES] = {"it is the last thing said before",
					   "flows that differ only in this fared otherwise",
					   "it happened again in the same way"};

const char *const residual_phrases[5] = {[2] = "all between these two addresses",
					 [3] = "all to this address and port",
					 [4] = "this pair of ports only"};

/* Does the mechanism send packets of its own, or does it hold back those of others? */
static bool
mechanism_forges(enum mechanism m)
{
	return m != DROP && m != FREEZE && m != THROTTLE;
}

const char *
direction_phrase(enum mechanism m, enum direction d)
{
	static const char *const forged[] = {[TO_CLIENT] = "sent to the client",
					     [TO_SERVER] = "sent to the server",
					     [BOTH_WAYS] = "sent to both ends"};
	static const char *const lost[] = {[TO_CLIENT] = "packets to the client were discarded",
					   [TO_SERVER] = "packets to the server were discarded",
					   [BOTH_WAYS] = "packets were discarded both ways"};
	static const char *const slowed[] = {[TO_CLIENT] = "packets to the client were held down",
					     [TO_SERVER] = "packets to the server were held down",
					     [BOTH_WAYS] = "packets were held down both ways"};

	return m == THROTTLE ? slowed[d] : mechanism_forges(m) ? forged[d] : lost[d];
}

struct phrase {
	const char *word, *phrase;
};

/* The names are Wireshark's, where Wireshark has one. */
static const struct phrase features[] = {
    {"control", ""}, /* says what it is itself */
    {"ip.ttl", "IP TTL"},
    {"ipv6.hlim", "IPv6 hop limit"},
    {"ip.ttl_jump", "TTL off by"},
    {"ip.id", "IP ID"},
    {"ip.src", "sender"},
    {"ip.df", "don't-fragment flag"},
    {"ip.flags.df", "don't-fragment flag"},
    {"ip.dsfield", "type of service"},
    {"tcp.window", "TCP window"},
    {"tcp.window_size_value", "TCP window"},
    {"tcp.flags", "TCP flags"},
    {"tcp.len", "payload bytes"},
    {"tcp.seq", "sequence number"},
    {"tcp.seq_rel", "sequence number"},
    {"tcp.seq_raw", "sequence number"},
    {"tcp.ack", "acknowledgement number"},
    {"tcp.ack_rel", "acknowledgement number"},
    {"tcp.ack_raw", "acknowledgement number"},
    {"tcp.options", "TCP options"},
    {"tcp.options_none", "without TCP options"},
    {"tcp.no_timestamps", "without TCP timestamps"},
    {"tcp.timestamps", "TCP timestamps"},
    {"tcp.options.timestamp", "TCP timestamp"},
    {"tcp.options.timestamp.tsval", "TCP timestamp"},
    {"tcp.payload", "payload"},
    {"tcp.reserved", "reserved bits"},
    {"tcp.since_trigger_us", "microseconds after the trigger"},
    {"tcp.time_delta", "came after"},
    {"tcp.kappa", "delay in thousandths of a round trip"},
    {"tcp.silence", "seconds of silence"},
    {"tcp.retransmissions", "retransmissions"},
    {"dns.id", "DNS transaction ID"},
    {"dns.a", "address answered"},
    {"dns.aaaa", "address answered"},
    {"dns.resp.ttl", "DNS TTL"},
    {"dns.flags", "DNS flags"},
    {"dns.flags.rcode", "DNS answer code"},
    {"dns.time", "answered after"},
    {"dns.ede.code", "extended DNS error"},
    {"dns.ede.text", "the resolver's reason"},
    {"dns.qry.name", "DNS name"},
    {"quic.repeat", "QUIC handshake"},
    {"icmp.type", "ICMP type"},
    {"icmp.code", "ICMP code"},
    {"icmp.from", "ICMP sender"},
    {"icmp.mtu", "largest packet claimed"},
    {"http.response.code", "HTTP status"},
    {"http.host", "HTTP host"},
    {"http.title", "page title"},
    {"http.location", "redirected to"},
    {"http.server", "HTTP server"},
    {"tls.sni", "TLS server name"},
    {"tls.alert.description", "TLS alert"},
    {"tls.cert.issuer", "certificate issuer"},
    {"tls.cert.subject", "certificate subject"},
    {"tls.server_cipher", "cipher suite chosen"},
    {"tls.cert.sha256", "certificate"},
};

const char *
feature_phrase(const char *feature)
{
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		if (strcmp(features[i].word, feature) == 0)
			return features[i].phrase;
	return feature;
}
