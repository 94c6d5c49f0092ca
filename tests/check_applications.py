#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the flows of real messengers, calls and tunnels named, and no other flow by their names?

check_applications.py TOOL [CORPUS]: CORPUS is TAMPERSCOPE_CORPUS or ../shared/corpus beside the
source; without one the test is skipped (77). EXPECTED says which applications `--flows` must show in
which benign capture, and how many flows of each: by what the captures' collectors say of them (nDPI's
own results, the captures' names), and looked at one by one. What is not listed must not be named, in
any benign capture. Protocols that are no tunnel and no messenger (DNS, HTTP, TLS, ICMP, QUIC, mail)
are not counted."""

import collections
import concurrent.futures
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COMMON = {None, "dns", "http", "tls", "icmp", "tcp", "quic", "h3", "mail"}
# Damaged on purpose: whatever is said of them is as good as anything.
DAMAGED = ("fuzz",)

EXPECTED = """
    arkime/pcap/IKEv1.pcap udp/ike=1
    arkime/pcap/IKEv2.pcap udp/ike=1
    arkime/pcap/arkime_synthetic.pcap tcp/socks=1 tcp/ssh=5 udp/dtls=2 udp/ike=2 udp/stun=1
    arkime/pcap/cloudshark-dtls1.pcap udp/dtls=1
    arkime/pcap/ike-cert_synthetic.pcap udp/ike=5
    arkime/pcap/openvpn_synthetic.pcap tcp/openvpn=1 udp/openvpn=2
    arkime/pcap/socks-http-pass.pcap tcp/socks=2
    arkime/pcap/ssh2-moloch-crash.pcap tcp/ssh=1
    arkime/pcap/ssh2.pcap tcp/ssh=1
    arkime/pcap/stun-ice-testcall.pcap udp/stun=5
    arkime/pcap/stun.pcap udp/stun=2 udp/teams=1 udp/zoom=1
    arkime/pcap/tcp_handshake_synthetic.pcap tcp/ssh=1
    arkime/pcap/turn.pcap tcp/stun=1
    arkime/pcap/v6.pcap tcp/ssh=1
    arkime/pcap/wireshark-dtls0.pcap udp/dtls=1
    arkime/pcap/wireshark-dtls12.pcap udp/dtls=1
    ndpi/default/pcap/ah.pcapng udp/ike=1
    ndpi/default/pcap/custom_categories.pcapng tcp/ssh=2
    ndpi/default/pcap/custom_rules_ipv6.pcapng udp/dtls=2
    ndpi/default/pcap/dns_doh.pcap tcp/encrypted-dns=1
    ndpi/default/pcap/dnscrypt-v1-and-resolver-pings.pcap udp/dnscrypt=11
    ndpi/default/pcap/dnscrypt-v2.pcap udp/dnscrypt=3
    ndpi/default/pcap/dnscrypt_skype_false_positive.pcapng udp/dnscrypt=3
    ndpi/default/pcap/dnscrypt-v2-doh.pcap tcp/encrypted-dns=3
    ndpi/default/pcap/dtls.pcap udp/dtls=3
    ndpi/default/pcap/dtls2.pcap udp/dtls=3
    ndpi/default/pcap/dtls_certificate.pcapng udp/dtls=1
    ndpi/default/pcap/dtls_certificate_fragments.pcap udp/dtls=2
    ndpi/default/pcap/dtls_mid_sessions.pcapng udp/dtls=4
    ndpi/default/pcap/dtls_old_version.pcapng udp/dtls=1
    ndpi/default/pcap/dtls_session_id_and_coockie_both.pcap udp/dtls=1
    ndpi/default/pcap/geforcenow.pcapng udp/stun=1
    ndpi/default/pcap/google_meet.pcapng tcp/google-meet=1 udp/google-meet=1
    ndpi/default/pcap/i3d.pcap udp/discord=4
    ndpi/default/pcap/lru_ipv6_caches.pcapng udp/stun=1 udp/whatsapp=3
    ndpi/default/pcap/mullvad_wireguard.pcap udp/wireguard=1
    ndpi/default/pcap/no_sni.pcap tcp/encrypted-dns=1
    ndpi/default/pcap/riotgames.pcap udp/discord=2
    ndpi/default/pcap/telegram.pcap udp/telegram=12
    ndpi/default/pcap/telegram_videocall.pcapng tcp/telegram=7 udp/stun=4 udp/telegram=12
    ndpi/default/pcap/tor.pcap tcp/tor=7
    ndpi/default/pcap/waze.pcap tcp/whatsapp=1
    ndpi/default/pcap/whatsappfiles.pcap tcp/whatsapp=2
    ndpi/default/pcap/zoom.pcap tcp/zoom=8 udp/zoom=2
    ndpi/default/pcap/zoom2.pcap tcp/zoom=1
    ndpi/default/pcap/zoom_p2p.pcapng udp/zoom=4
    packetlife/pcaps/dtls_null.cap udp/dtls=1
    packetlife/pcaps/stun2.cap udp/stun=1
    scapy/ikev2_nat_t.pcapng udp/ike=1
    scapy/ikev2_notify_redirect.pcap udp/ike=2
    scapy/ssh_ed25519.pcap tcp/ssh=1
    tcpflow/tests/local.pcap tcp/ssh=2
    tcpflow/tests/local2.pcap tcp/ssh=2
    zeek/ssh/kex-quadratic-1000.pcap.gz tcp/ssh=1
    zeek/ssh/reverse-ssh.pcap tcp/ssh=1
    zeek/ssh/server-pre-banner-data.pcap tcp/ssh=1
    zeek/ssh/single-conn.pcap tcp/ssh=1
    zeek/ssh/ssh-on-port-80.pcap tcp/ssh=1
    zeek/ssh/ssh.client-side-half-duplex.pcap tcp/ssh=20
    zeek/ssh/ssh.server-side-half-duplex.pcap tcp/ssh=20
    zeek/ssh/ssh1-ssh2-fingerprints.pcap tcp/ssh=2
    zeek/ssh/ssh_client_sends_first_enc_pkt_with_newkeys.pcap tcp/ssh=1
    zeek/ssh/ssh_kex_curve25519.pcap tcp/ssh=1
    zeek/ssh/ssh_kex_dh_group18.pcap tcp/ssh=1
    zeek/ssh/ssh_kex_mlkem.pcap tcp/ssh=1
    zeek/ssh/ssh_server_sends_first_enc_pkt_with_newkeys.pcap tcp/ssh=1
    zeek/ssh/sshguess.pcap tcp/ssh=11
    zeek/ssl-and-ssh-using-sslh.pcap tcp/ssh=1
    zeek/tcp/ssh-dups.pcap tcp/ssh=1
    zeek/tls/dtls-sequence-number-jumps.pcap udp/dtls=1
    zeek/tls/dtls13-cid.pcap udp/dtls=5
    zeek/tls/dtls13-wolfssl.pcap udp/dtls=1
    zeek/tls/dtls1_0.pcap udp/dtls=1
    zeek/tls/dtls1_2.pcap udp/dtls=1
    zeek/tls/webrtc-stun.pcap udp/stun=1
    zeek/var-services-std-ports.pcap tcp/ssh=2
    zeek/quic/quicdoq.pcap udp/doq=1
"""


def expected():
    return {line.split()[0]: dict(word.split("=") for word in line.split()[1:])
            for line in EXPECTED.strip().splitlines()}


def named(tool, path):
    """Flows by protocol and application; None if the capture cannot be read."""
    run = subprocess.run([tool, "analyze", "--flows", "--format", "json", path], capture_output=True, timeout=300)
    try:
        report = json.loads(run.stdout)
    except ValueError:
        return None
    rows = collections.Counter(f"{r['flow']['protocol']}/{r['application']}" for r in report["flows"]
                               if r["application"] not in COMMON)
    return {k: str(n) for k, n in rows.items()}


def main():
    tool = sys.argv[1]
    corpus = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("TAMPERSCOPE_CORPUS") or \
        os.path.join(os.path.dirname(ROOT), "shared", "corpus")
    base = os.path.join(corpus, "benign")
    if not os.path.isdir(base):
        print("no corpus: skipped")
        return 77
    wanted, wrong, seen = expected(), 0, 0
    paths = sorted(os.path.join(d, f) for d, _, files in os.walk(base) for f in files)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, got in zip(paths, pool.map(lambda p: named(tool, p), paths)):
            name = os.path.relpath(path, base)
            if got is None or any(word in name for word in DAMAGED):
                continue
            want = wanted.pop(name, {})
            seen += sum(int(n) for n in want.values())
            if got != want:
                wrong += 1
                print(f"{name}: expected {want or 'nothing'}, got {got or 'nothing'}")
    for name in wanted:
        wrong += 1
        print(f"{name}: is not there")
    print(f"{seen} flows of {len(expected())} captures, {wrong} captures named otherwise than expected")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
