/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mechanisms in words: text only. The words themselves are those of the report. */
#include "mechanisms.h"

#define SIGCOMM23                                                                                  \
	"Sundara Raman et al., Global, Passive Detection of Connection Tampering, SIGCOMM 2023"
#define NDSS09 "Weaver, Sommer, Paxson, Detecting Forged TCP Reset Packets, NDSS 2009"
#define CONEXT22                                                                                   \
	"Sundara Raman et al., Network Measurement Methods for Locating and Examining "            \
	"Censorship Devices, CoNEXT 2022"

const struct mechanism_text mechanism_texts[NMECHANISMS] = {
    [RST_INJECTION] =
	{"Somebody between the two ends sends a RST or RST+ACK in the name of one of them, and "
	 "the other closes the connection.",
	 "It arrives sooner than the far end could have answered, its TTL, IP ID or window do not "
	 "fit the packets of the host that it claims to come from, it comes as a burst of equal "
	 "packets, or that host goes on talking afterwards.",
	 "A closed port, an application that aborts with unread data, a load balancer or "
	 "firewall in front of the server, a NAT that forgot an idle connection, a capture that "
	 "holds each packet twice.",
	 {NDSS09, SIGCOMM23}},
    [FIN_INJECTION] =
	{"Like a forged reset, but with a FIN: the receiver believes that the other side has "
	 "said all it wanted to say.",
	 "The side that is said to have finished goes on sending, or the FIN's headers do not fit "
	 "its other packets.",
	 "Half-closed connections, servers that time out, retransmitted FINs.",
	 {SIGCOMM23, CONEXT22}},
    [SYN_ACK_INJECTION] =
	{"A forged SYN+ACK with another sequence number races the true one; the client accepts "
	 "the wrong number and the true server resets the connection.",
	 "Two SYN+ACKs answer one SYN within a second, with different sequence numbers and "
	 "different TTL or options.",
	 "Retransmitted SYN+ACKs (equal sequence number), SYN cookies after a time-out, "
	 "anti-flood devices that answer with a wrong number on purpose.",
	 {"Wang et al., Your State is Not Mine, IMC 2017", SIGCOMM23}},
    [DATA_INJECTION] =
	{"Forged payload races the server's true answer for the same bytes of the stream; the "
	 "first to arrive wins.",
	 "Two different contents for one range of bytes, of which the first has a foreign TTL, no "
	 "timestamps although agreed on, or came too soon.",
	 "Keep-alive probes with one byte of garbage, load-balanced servers that build a page "
	 "twice, NAT helpers that rewrite addresses in the payload.",
	 {"Haagsma, Deep dive into QUANTUM INSERT, Fox-IT 2015", SIGCOMM23}},
    [BLOCK_PAGE] =
	{"An HTTP answer that says, or leads to a page that says, that access is blocked. It is "
	 "forged on the path, or served by a proxy in it.",
	 "Text or address of a known block page, status 451 with a \"blocked-by\" link, an answer "
	 "that came too soon, a second and different answer for the same bytes.",
	 "Captive portals (every site leads there), parental control and antivirus on the own "
	 "computer or network, the site's own refusal of a country.",
	 {"RFC 7725", CONEXT22, "Censored Planet, block page signatures"}},
    [DROP] =
	{"Packets disappear on the path, in one direction or both, and nobody says why.",
	 "The same bytes are retransmitted at least three times without an answer, while the same "
	 "address with another name, or other traffic at the same minute, fares well. In QUIC the "
	 "client begins again and again, or the server repeats an answer that was answered.",
	 "An outage, a server that is down, a radio link out of reach, a path-MTU black hole (only "
	 "large packets get lost), a NAT that forgot an idle connection; a server "
	 "that does not speak QUIC, a lost race between QUIC and TCP.",
	 {SIGCOMM23, "Xue et al., TSPU: Russia's Decentralized Censorship System, IMC 2022"}},
    [FREEZE] =
	{"The connection works, and stops dead after a budget of bytes or packets.",
	 "Several connections to different hosts stop at the same count, without a reset, while "
	 "the other side goes on and is not answered; the last that came was the middle of "
	 "something. Some 25 packets of both directions, or 15 to 20 kB, have been measured. One "
	 "connection that stops proves nothing.",
	 "A server that dies or stalls but still acknowledges, a client put to sleep, a radio link "
	 "that is lost, a NAT that forgot, a path-MTU black hole, the end of the capture.",
	 {"net4people/bbs #490", "Cloudflare, Russian Internet users are unable to access the open "
				 "Internet, 26 June 2025"}},
    [THROTTLE] =
	{"The connection works at a rate that is held down on purpose.",
	 "Losses that fit a token bucket: a burst at first, then the same rate between losses, "
	 "again and again, in one connection or in all that share the bucket, with packets dropped "
	 "above it, while bursts still arrive as they were sent; other names at the same time are "
	 "faster, or lose nothing.",
	 "A slow access line or congestion (a queue delivers at its rate, and the delay grows "
	 "before "
	 "losses), chance (no bucket explains it), a server with little to say, a small receive "
	 "window, a limit of the subscription, which only a control tells from one of a target.",
	 {"Flach et al., An Internet-Wide Analysis of Traffic Policing, SIGCOMM 2016",
	  "Xue et al., Throttling Twitter, IMC 2021"}},
    [DNS_INJECTION] =
	{"A forged DNS answer arrives from something on the path that is not the resolver, "
	 "usually before the true one.",
	 "Two different answers to one query, an address from a pool that injectors are known to "
	 "draw from, a record of another type than asked for, EDNS that vanished, an answer from "
	 "an address that runs no resolver or was not asked, another answer over TCP.",
	 "A resolver that repeats its answer after a retry, answers that vary by place (CDN), a "
	 "captive portal, a home router that answers itself.",
	 {"Hoang et al., How Great is the Great Firewall?, USENIX Security 2021",
	  "Fan et al., Wallbleed, NDSS 2025"}},
    [DNS_TAMPERING] =
	{"The resolver itself answers falsely: a private or block-page address, NXDOMAIN for a "
	 "name that exists, or a refusal.",
	 "The address of a known block page, an extended error that admits it (RFC 8914: 15, 16, "
	 "17), another resolver in the capture that knows better, or the same one before; names of "
	 "the same service that it still knows.",
	 "Ad blockers, parental control and protection that was chosen, split-horizon names in "
	 "companies, zones that are broken, names that are new or really gone.",
	 {"RFC 8914", "OONI, blocking fingerprints"}},
    [TLS_INTERCEPTION] =
	{"Somebody ends the TLS session in the server's place and shows a certificate of its own.",
	 "An issuer that is known for it, a self-signed certificate that does not name the site, "
	 "one certificate for many unrelated names.",
	 "Company and antivirus roots that the computer's owner installed (told as such), captive "
	 "portals, default and expired certificates, names with several true ones. In TLS 1.3 "
	 "certificates are encrypted, and little of this is seen.",
	 {"Sundara Raman et al., Investigating Large Scale HTTPS Interception in Kazakhstan, IMC "
	  "2020"}},
    [TLS_ALERT_INJECTION] =
	{"A forged TLS alert in plain text ends the handshake right behind the ClientHello.",
	 "It came too soon or with a foreign TTL, or the server's true answer follows.",
	 "A server that does not know the name (alert 112) or shares no version or cipher (70, "
	 "40).",
	 {"RFC 8446, 6", CONEXT22}},
    [ICMP_REJECTION] =
	{"An ICMP error from something on the path ends the attempt: administratively "
	 "prohibited, or host, network or port unreachable.",
	 "The error's sender is no end of the flow, and other destinations behind it are reached.",
	 "A firewall of the own network, a routing outage, a host without that service.",
	 {"RFC 792", "RFC 1812, 5.2.7.1", "RFC 4443"}},
    [PROTOCOL_STRIPPING] =
	{"An offered upgrade is removed or rewritten on the way: STARTTLS, ECH, EDNS.",
	 "What one side offers is missing or overwritten in what arrives, and the packets that "
	 "carry it differ from the sender's others.",
	 "A server that never offered it, a mail gateway of the own network, an old home router.",
	 {"RFC 3207, 6", "Durumeric et al., Neither Snow Nor Rain Nor MITM, IMC 2015"}},
};
