/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the report, as docs/report.schema.json lists them. */
#include "report.h"

const char *const mechanism_words[NMECHANISMS] = {
    [RST_INJECTION] = "rst-injection",
    [FIN_INJECTION] = "fin-injection",
    [SYN_ACK_INJECTION] = "syn-ack-injection",
    [DATA_INJECTION] = "data-injection",
    [BLOCK_PAGE] = "block-page",
    [DROP] = "drop",
    [FREEZE] = "freeze",
    [THROTTLE] = "throttle",
    [DNS_INJECTION] = "dns-injection",
    [DNS_TAMPERING] = "dns-tampering",
    [TLS_INTERCEPTION] = "tls-interception",
    [TLS_ALERT_INJECTION] = "tls-alert-injection",
    [ICMP_REJECTION] = "icmp-rejection",
    [PROTOCOL_STRIPPING] = "protocol-stripping",
};

const char *const trigger_words[NTRIGGERS] = {
    [TRIGGER_UNKNOWN] = "unknown",   [TRIGGER_IP] = "ip",
    [TRIGGER_IP_PORT] = "ip-port",   [TRIGGER_SNI] = "sni",
    [TRIGGER_ECH] = "ech",           [TRIGGER_HTTP_HOST] = "http-host",
    [TRIGGER_HTTP_URL] = "http-url", [TRIGGER_DNS_NAME] = "dns-name",
    [TRIGGER_QUIC_SNI] = "quic-sni", [TRIGGER_QUIC] = "quic",
    [TRIGGER_PROTOCOL] = "protocol", [TRIGGER_FULLY_ENCRYPTED] = "fully-encrypted",
    [TRIGGER_VOLUME] = "volume",     [TRIGGER_RESIDUAL] = "residual",
};

const char *const stage_words[NSTAGES] = {
    [STAGE_DNS] = "dns",
    [STAGE_SYN] = "syn",
    [STAGE_HANDSHAKE] = "handshake",
    [STAGE_FIRST_DATA] = "first-data",
    [STAGE_ESTABLISHED] = "established",
    [STAGE_DATAGRAM] = "datagram",
};

const char *const direction_words[3] = {
    [TO_CLIENT] = "to-client",
    [TO_SERVER] = "to-server",
    [BOTH_WAYS] = "both",
};

const char *const role_words[NROLES] = {
    [ROLE_TRIGGER] = "trigger",
    [ROLE_INJECTED] = "injected",
    [ROLE_BASELINE] = "baseline",
    [ROLE_CONTRADICTION] = "contradiction",
    [ROLE_RETRANSMISSION] = "retransmission",
    [ROLE_UNANSWERED] = "unanswered",
    [ROLE_CONTROL] = "control",
};

const char *const seen_words[NSEENS] = {
    [SEEN_CLIENT] = "client",
    [SEEN_SERVER] = "server",
    [SEEN_PATH] = "path",
};

const char *const outcome_words[NOUTCOMES] = {
    [OUTCOME_OK] = "ok",           [OUTCOME_REFUSED] = "refused",
    [OUTCOME_FAILED] = "failed",   [OUTCOME_INTERFERED] = "interfered",
    [OUTCOME_PARTIAL] = "partial",
};

const char *const vantage_words[NVANTAGES] = {
    [VANTAGE_UNKNOWN] = "unknown",
    [VANTAGE_CLIENT] = "client",
    [VANTAGE_SERVER] = "server",
    [VANTAGE_PATH] = "path",
};

const char *const fate_words[NFATES] = {
    [FATE_WORKED] = "worked",
    [FATE_FAILED] = "failed",
    [FATE_INTERFERED] = "interfered",
};

const char *const target_kind_words[NTARGETKINDS] = {
    [TARGET_DOMAIN] = "domain",
    [TARGET_ADDRESS] = "address",
    [TARGET_SERVICE] = "service",
    [TARGET_RESOLVER] = "resolver",
};

const char *const target_state_words[NSTATES] = {
    [STATE_BLOCKED] = "blocked",
    [STATE_IMPAIRED] = "impaired",
    [STATE_REACHABLE] = "reachable",
    [STATE_UNCLEAR] = "unclear",
};

/* The thresholds are the contract's: see docs/report.schema.json, "verdict". */
const char *
verdict_word(double confidence)
{
	if (confidence >= CONFIDENCE_CONFIRMED)
		return "confirmed";
	if (confidence >= CONFIDENCE_LIKELY)
		return "likely";
	if (confidence >= CONFIDENCE_POSSIBLE)
		return "possible";
	return NULL;
}
