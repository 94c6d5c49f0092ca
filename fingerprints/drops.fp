# SPDX-License-Identifier: GPL-3.0-or-later
# Silence. A system that discards packets leaves no mark on any of them: what tells one from another is
# which packets vanish, in which direction, and after how many. So these scores are low, a match adds
# nothing to the confidence, and an outage at the right moment looks like each of them.
# "M" in a source: measured in the capture that is named, for this project.
format = 1

[ru-tspu-sni-1]
title     = Russia, TSPU (SNI-I): each packet of the server's is made a reset, again and again
kind      = specific
mechanism = rst-injection
when      = tls.sni from client
then      = tcp.reset_ack from server within 60s times 3 with tcp.window_size_value > 0
            with tcp.ack_rel > 1
never     = tcp.reset_ack with tcp.same_ip_id_burst >= 3
never     = tcp.data from server
score     = 60%
rev       = 1
innocent  = none known: who has reset a connection repeats nothing; an injector that shoots several
innocent  = resets does so at once
sample    = tspu-rewrite
near      = mirrored-reset
source    = Xue et al., TSPU: Russia's Decentralized Censorship System, IMC 2022, DOI 10.1145/3517745.3561461

[ru-tspu-sni-2]
title     = Russia, TSPU (SNI-II): some packets pass after the hello, then both ways are dead
kind      = specific
mechanism = drop
when      = tls.sni from client
then      = tcp.silence >= 3 from server with tcp.silence.heard >= 1 with tcp.silence.heard <= 8
never     = tcp.reset from server
never     = tcp.reset_ack from server
never     = tcp.fin from server
score     = 30%
rev       = 1
innocent  = a line or a server that fails in the first second of a connection; another name at the
innocent  = same address, served meanwhile, tells
sample    = drop-later
near      = drop-hello-both
source    = Xue et al., TSPU: Russia's Decentralized Censorship System, IMC 2022, DOI 10.1145/3517745.3561461

[ru-tspu-sni-4]
title     = Russia, TSPU (SNI-IV): the hello and all after it vanish, both ways
kind      = specific
mechanism = drop
when      = tls.sni from client
then      = tcp.retransmission from client within 60s times 3
never     = tcp.silence.heard >= 1 from server
never     = tcp.reset from server
never     = tcp.reset_ack from server
score     = 25%
rev       = 1
innocent  = any box that swallows hellos by their name does the same: Iran, India and Kazakhstan have
innocent  = such; an outage right after the handshake
sample    = drop-hello-both
near      = drop-hello-up
source    = Xue et al., TSPU: Russia's Decentralized Censorship System, IMC 2022, DOI 10.1145/3517745.3561461

[ru-tspu-upstream]
title     = Russia: all that follows the name vanishes upstream, the server is still heard
kind      = specific
mechanism = drop
when      = tls.sni from client
then      = tcp.retransmission from client within 60s times 3
then      = tcp.fin from server within 60s
unless    = tls.server_hello from server
never     = tcp.reset from server
never     = tcp.reset_ack from server
score     = 35%
rev       = 1
innocent  = a server whose queue is full ends such a connection, too, and repeats its SYN+ACK before
sample    = drop-hello-up
near      = drop-hello-both
source    = UPB-SysSec/EchCensorshipResults (FOCI 2025), capture from Russia: M

[cn-fully-encrypted]
title     = China, 2021 to 2023: nothing passes up after a first payload that looks like nothing
kind      = specific
mechanism = drop
when      = fet.affected from client
then      = tcp.fin from client within 60s times 3
then      = tcp.retransmission from server
never     = tcp.reset from server
never     = tcp.reset_ack from server
score     = 45%
rev       = 1
innocent  = any proxy or game with a protocol of its own whose way up fails; the filter was last seen in
innocent  = March 2023
sample    = fully-encrypted
near      = fully-encrypted-gone
source    = Wu et al., How the Great Firewall of China Detects and Blocks Fully Encrypted Traffic, USENIX Security 2023
source    = gfw-report/usenixsecurity23-artifact: the five exemptions

[ir-protocol-443]
title     = Iran, protocol filter: on port 443 all that is no TLS is cut off upstream after its first packet
kind      = specific
mechanism = drop
when      = tcp.dstport == 443 from client
then      = tcp.retransmission from server within 60s times 2
never     = tls.client_hello from client
never     = http.request from client
never     = tls.server_hello from server
never     = http.response from server
never     = tcp.reset from server
never     = tcp.reset_ack from server
score     = 30%
rev       = 1
innocent  = a way up that fails; a web server that cannot make anything of the bytes closes
sample    = protocol-filter
near      = fully-encrypted
source    = Bock et al., Detecting and Evading Censorship-in-Depth, FOCI 2020
source    = net4people/bbs #49 and #39

[ir-protocol-80]
title     = Iran, protocol filter: on port 80 all that is no HTTP is cut off upstream after its first packet
kind      = specific
mechanism = drop
when      = tcp.dstport == 80 from client
then      = tcp.retransmission from server within 60s times 2
never     = tls.client_hello from client
never     = http.request from client
never     = tls.server_hello from server
never     = http.response from server
never     = tcp.reset from server
never     = tcp.reset_ack from server
score     = 30%
rev       = 1
innocent  = a way up that fails; a web server that cannot make anything of the bytes closes
source    = Bock et al., Detecting and Evading Censorship-in-Depth, FOCI 2020

[ir-protocol-53]
title     = Iran, protocol filter: on port 53 all that is no DNS is cut off upstream after its first packet
kind      = specific
mechanism = drop
when      = tcp.dstport == 53 from client
then      = tcp.retransmission from server within 60s times 2
never     = dns.query from client
never     = dns.response from server
never     = tcp.reset from server
never     = tcp.reset_ack from server
score     = 30%
rev       = 1
innocent  = a way up that fails; a resolver that cannot make anything of the bytes closes
source    = Bock et al., Detecting and Evading Censorship-in-Depth, FOCI 2020

[ir-mirror-drop]
title     = Iran: an empty packet with the client's own IP ID, and then silence
kind      = specific
mechanism = drop
when      = tls.client_hello from client
then      = ip.id_mirror from server within 5s with tcp.flags == 0x18 with ip.ttl_jump >= 3
never     = tls.server_hello from server
score     = 75%
rev       = 1
innocent  = none known: hosts send no empty packets with PSH, nor the IP IDs of others
source    = net4people/bbs #39 and #98, captures of 2020 and 2022
