# SPDX-License-Identifier: GPL-3.0-or-later
# Silence in QUIC: nothing is ever forged there, so that these go by who is still heard.
# "M" in a source: measured in the capture that is named, for this project.
format = 1

[cn-gfw-quic]
title     = Great Firewall of China, QUIC name filter: the name passes, the client is cut off
kind      = specific
mechanism = drop
when      = quic.sni from client with quic.version == 1 with quic.source_port_above
then      = quic.handshake from server within 3s
then      = quic.handshake from client within 1s
then      = quic.repeat from server within 60s times 2
score     = 70%
rev       = 1
innocent  = a path that loses what the client sends and nothing else
innocent  = whether answers pass during the block is not told by the paper's captures
sample    = quic-gfw
near      = quic-cut-off-low-port
source    = GFW Report et al., SNI-based QUIC Censorship of the GFW, USENIX Security 2025
source    = "net4people/bbs #505"

[ru-tspu-quic]
title     = Russia, TSPU: QUIC version 1 is dropped, the server's offer of versions passes
kind      = specific
mechanism = drop
when      = quic.version_negotiation from server
then      = quic.initial from client within 60s with quic.version == 1
            with quic.datagram_length >= 1001
then      = quic.repeat from client within 60s times 2
never     = quic.initial from server
never     = quic.handshake from server
score     = 55%
rev       = 1
innocent  = a server that offers version 1 and does not speak it
sample    = quic-tspu
near      = quic-too-small
source    = "net4people/bbs #108, March 2022"
source    = Xue et al., TSPU: Russia's Decentralized Censorship System, IMC 2022

[quic-hello-drop]
title     = Silence after QUIC's hello
kind      = generic
mechanism = drop
when      = quic.sni from client
then      = quic.repeat from client within 60s times 3
never     = quic.initial from server
never     = quic.handshake from server
never     = quic.short from server
score     = 40%
rev       = 1
innocent  = a server that does not speak QUIC, a network that lets no UDP out, an outage
sample    = quic-sni-drop
near      = quic-satellite
source    = Elmenhorst et al., Web Censorship Measurements of HTTP/3 over QUIC, IMC 2021
source    = RFC 9002, 6.2: the client's probe timers
