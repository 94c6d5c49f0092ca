# SPDX-License-Identifier: GPL-3.0-or-later
# Forged resets, FINs and payload, by the headers that their makers put on them.
# "M" in a source: measured in the capture that is named, for this project.
format = 1

[cn-gfw-2]
title     = Great Firewall of China, type II: three equal RST+ACK
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.reset_ack within 5s with tcp.same_ip_id_burst >= 3 with ip.df == 1
            with tcp.window_size_value > 0
score     = 92%
support   = +4% tcp.reset_ack with tcp.kappa < 500
support   = +3% tcp.reset with tcp.window_size_value > 0 with ip.df == 0
support   = +3% tcp.reset_ack with tcp.same_ip_id_burst >= 3 with tcp.id_window >= 63329
            with tcp.id_window <= 67329
rev       = 2
innocent  = no system sends three equal resets; a capture that holds every packet three times
innocent  = shows them, and then the other packets of the flow are tripled, too
sample    = gfw-types-1-2
near      = mirrored-reset
source    = Wu et al., A Wall Behind A Wall, IEEE S&P 2025, artifact gfw-report/sp25-regional
source    = UPB-SysSec/EchCensorshipResults (FOCI 2025), captures from China, 2024-2025: M
source    = Wang et al., Your State is Not Mine, IMC 2017, DOI 10.1145/3131365.3131374

[cn-gfw-2-early]
title     = Great Firewall of China, first generation: RST+ACK at the next number, 1460 and 4380 on
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.reset_ack within 5s with tcp.seq_rel == 1
then      = tcp.rst_seq_change within 1s with tcp.seq_rel == 1461
then      = tcp.rst_seq_change within 1s with tcp.seq_rel == 4381
score     = 85%
rev       = 1
innocent  = none known: who resets truly knows its own number; any box that guesses in full segments
innocent  = looks like it. Seen from 2006 on, not in recent measurements
sample    = gfw-first-generation
near      = rst-guessed-numbers
source    = Clayton, Murdoch, Watson, Ignoring the Great Firewall of China, PETS 2006
source    = Weaver, Sommer, Paxson, Detecting Forged TCP Reset Packets, NDSS 2009

[cn-gfw-1]
title     = Great Firewall of China, type I: one bare RST with a random window
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.reset within 5s with ip.df == 0 with tcp.window_size_value > 512
            with tcp.window_size_value != 8192 with tcp.window_size_value != 65535
score     = 45%
support   = +40% tcp.reset_ack with tcp.same_ip_id_burst >= 3 with ip.df == 1
support   = +10% tcp.reset with tcp.kappa < 500
support   = +5% tcp.reset with ip.ttl_jump >= 3
never     = tcp.reset with tcp.reserved > 0
never     = tcp.reset with tcp.ack_raw_nonzero
rev       = 2
innocent  = load balancers and small stacks send resets with a window, too; without type II beside
innocent  = it or a reset that came too soon this names nobody for sure
sample    = gfw-types-1-2
near      = balancer-reset
source    = Wu et al., A Wall Behind A Wall, IEEE S&P 2025, artifact gfw-report/sp25-regional
source    = UPB-SysSec/EchCensorshipResults (FOCI 2025), captures from China, 2024-2025: M

[cn-gfw-3]
title     = Great Firewall of China, type III: one RST+ACK, IP ID around 39200
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.reset_ack within 5s with ip.df == 0 with ip.id >= 39190 with ip.id <= 39219
score     = 85%
support   = +5% tcp.reset_ack with ip.ttl == 248
support   = +5% tcp.reset_ack with tcp.kappa < 500
rev       = 1
innocent  = a host with counted or random IP IDs meets the range in one of 2000 resets
sample    = gfw-type-3
near      = balancer-reset
source    = Wu et al., A Wall Behind A Wall, IEEE S&P 2025, artifact gfw-report/sp25-regional

[cn-gfw-secondary]
title     = Great Firewall of China, second name filter: one RST+ACK with DF and a window
kind      = specific
mechanism = rst-injection
when      = tls.client_hello from client
then      = tcp.reset_ack from server within 1s with ip.df == 1 with tcp.window_size_value > 0
            with tcp.kappa < 500
never     = tcp.reset_ack with tcp.same_ip_id_burst >= 2
unless    = tls.server_hello from server
score     = 55%
support   = +15% tls.sni in public-doh-names
support   = +10% tcp.reset_ack with tcp.window_size_value >= 1000 with tcp.window_size_value <= 5000
rev       = 1
innocent  = a firewall near the client that rejects with the window of the connection
sample    = gfw-second-filter
near      = server-reset
source    = UPB-SysSec/EchCensorshipResults (FOCI 2025), capture from China, 2025: M
source    = Bock et al., Even Censors Have a Backup, FOCI 2021

[cn-gfw-2025-08]
title     = Event of 20 August 2025 in China: resets whose windows rise by one
kind      = specific
mechanism = rst-injection
when      = tcp.syn from client
then      = tcp.reset_ack within 5s with tcp.window_ladder
never     = tcp.data from client
score     = 90%
support   = +5% tcp.reset_ack with tcp.window_size_value == 1982
support   = +5% tcp.reset_ack with tcp.window_size_value == 3295
rev       = 1
innocent  = none known: three resets with windows n, n+1, n+2
sample    = gfw-port-443
near      = closed-port
source    = GFW Report, analysis of the event on port 443, 20 August 2025
source    = net4people/bbs #511

[cn-henan]
title     = Provincial filter of Henan, China: RST+ACK with ten bytes of payload
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.reset_cause == "01020304050607080900" from server within 5s with ip.df == 0
score     = 95%
support   = +2% tcp.reset_ack with ip.id == 1
support   = +2% tcp.reset_ack with tcp.window_size_value == 0
rev       = 2
innocent  = none known: a reset with the ten bytes 01 to 09 and 00
sample    = rst-with-payload
near      = server-reset
source    = Wu et al., A Wall Behind A Wall, IEEE S&P 2025, artifact gfw-report/sp25-regional

[cn-henan-headers]
title     = Provincial filter of Henan, China: IP ID 1, no DF, no window, within 11 ms
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.reset_ack from server within 1s with ip.id == 1 with ip.df == 0
            with tcp.window_size_value == 0 with tcp.options_none with ip.ttl == 58
            with tcp.since_trigger_us < 11000
never     = tcp.reset_cause
unless    = tls.server_hello from server
score     = 65%
rev       = 1
innocent  = filters of providers elsewhere stamp the IP ID 1, too: the TTL and the haste are those of
innocent  = one network in Henan, 2023 and 2024
sample    = henan-without-payload
near      = rst-with-payload
source    = Wu et al., A Wall Behind A Wall, IEEE S&P 2025, artifact gfw-report/sp25-regional

[cn-henan-plain]
title     = Provincial filter of Henan, China, told by TTL 58 and its haste alone
kind      = hint
mechanism = rst-injection
when      = tls.client_hello from client
then      = tcp.flags.reset from server within 5s with ip.ttl == 58 with ip.df == 0
never     = tcp.flags.reset with tcp.len > 0
never     = tcp.flags.reset with ip.ttl == 58 with tcp.since_trigger_us >= 11000
            with tcp.since_trigger_us <= 31000
unless    = tls.server_hello from server
score     = 30%
support   = +10% tcp.reset_ack with ip.ttl == 58 with ip.id == 1
support   = +5% tcp.flags.reset with ip.ttl == 58 with tcp.window_size_value == 0
rev       = 1
innocent  = any injector six hops away that begins with TTL 64; in the measurements of 2023 and 2024
innocent  = from one network in Henan 98.9 % of the resets with this TTL came within 11 ms, and those
innocent  = of the national filter between 11 and 31 ms
near      = server-reset
source    = Wu et al., A Wall Behind A Wall, IEEE S&P 2025, artifact gfw-report/sp25-regional

[cn-gfw-plain]
title     = Great Firewall of China, told only by what its resets do not have
kind      = hint
mechanism = rst-injection
when      = tls.client_hello from client
then      = tcp.flags.reset from server within 180s with tcp.since_trigger_us >= 11000
never     = tcp.flags.reset with tcp.len > 0
never     = tcp.flags.reset with ip.ttl == 58 with ip.df == 0 with tcp.since_trigger_us < 11000
never     = tcp.flags.reset with ip.ttl == 58 with ip.df == 0 with tcp.since_trigger_us > 31000
never     = tcp.flags.reset with tcp.reserved > 0
never     = tcp.reset with tcp.ack_raw_nonzero
never     = tcp.flags.reset with tcp.window_size_value == 8192
never     = tcp.flags.reset with tcp.window_size_value == 65535
unless    = tls.server_hello from server
score     = 25%
support   = +10% tcp.reset with ip.df == 0 with ip.ttl_jump >= 3
support   = +10% tcp.reset_ack with ip.df == 1 with ip.ttl_jump >= 3
rev       = 1
innocent  = any injector at some distance: its marks (equal IP IDs in three, a range of IP IDs, a
innocent  = window on a bare RST) name it, and they are missing here
near      = server-reset
source    = Wu et al., A Wall Behind A Wall, IEEE S&P 2025, artifact gfw-report/sp25-regional

[ir-reset-high-ttl]
title     = Iran, name filter: RST+ACK with window 0 and a TTL near 188
kind      = specific
mechanism = rst-injection
when      = tls.client_hello from client
then      = tcp.reset_ack from server within 1s with tcp.window_size_value == 0 with ip.df == 0
            with ip.ttl >= 180 with ip.ttl <= 190 with ip.ttl_jump >= 60 with tcp.kappa < 200
never     = tcp.reset_ack with tcp.len > 0
unless    = tls.server_hello from server
score     = 60%
support   = +15% tcp.reset_ack with ip.ttl >= 48 with ip.ttl <= 60 with tcp.window_size_value == 0
rev       = 1
innocent  = another injector at the same distance: the TTL is that of one place (2024-2025)
sample    = iran-reset
near      = server-reset
source    = UPB-SysSec/EchCensorshipResults (FOCI 2025), captures from Iran, 2024-2025: M

[ir-reset-low-ttl]
title     = Iran, name filter: RST+ACK with window 0 and a TTL near 54
kind      = specific
mechanism = rst-injection
when      = tls.client_hello from client
then      = tcp.reset_ack from server within 1s with tcp.window_size_value == 0 with ip.df == 0
            with ip.ttl >= 52 with ip.ttl <= 56 with ip.ttl_jump >= 3 with tcp.kappa < 200
            with tcp.since_trigger_us < 11000
never     = tcp.reset_ack with tcp.len > 0
unless    = tls.server_hello from server
score     = 40%
support   = +20% tcp.reset_ack with ip.ttl >= 180 with ip.ttl <= 190 with ip.ttl_jump >= 60
rev       = 2
innocent  = any injector near the client that sends with TTL 64: the marks name the technique
innocent  = more surely than the country
sample    = iran-reset-low
near      = server-reset
source    = UPB-SysSec/EchCensorshipResults (FOCI 2025), captures from Iran, 2024-2025: M

[tm-reset]
title     = Turkmenistan: bare RST with IP ID 30000 and window 0
kind      = specific
mechanism = rst-injection
when      = tcp.reset with ip.id == 30000 with ip.df == 0 with tcp.window_size_value == 0
score     = 92%
support   = +5% tcp.reset with ip.id == 30000 times 2
rev       = 1
innocent  = a host with counted or random IP IDs meets the value in one of 65536 resets
sample    = turkmenistan-reset
near      = server-reset
source    = Nourin et al., Measuring and Evading Turkmenistan's Censorship, WWW 2023
source    = breakerspace/turkmenistan-censorship, notes of 2023

[ru-header-copy]
title     = Box in Russia: RST with the trigger's IP ID and all reserved bits
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.reset from server within 5s with ip.id_mirror with tcp.reserved > 0
score     = 75%
support   = +10% tcp.reset with tcp.window_size_value == 65535 with ip.df == 0
support   = +5% tcp.reset with tcp.ack_raw_nonzero
rev       = 1
innocent  = none known for the reserved bits; counters that meet by chance explain the IP ID alone
sample    = rst-copied-header
near      = server-reset
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022, test data: M

[id-reset]
title     = Indonesia: reset with IP ID 242
kind      = specific
mechanism = rst-injection
when      = http.request from client
then      = tcp.flags.reset from server within 5s with ip.id == 242
score     = 70%
rev       = 2
innocent  = a host with counted or random IP IDs meets the value in one of 65536 resets
sample    = indonesia-reset
near      = server-reset
source    = net4people/bbs #316, 2023: rules of the community for forged resets

[in-airtel-reset]
title     = Airtel, India: RST+ACK with IP ID 242 and window 16, as the server sees it
kind      = specific
mechanism = rst-injection
when      = tcp.reset_ack from client with ip.id == 242 with ip.df == 0
            with tcp.window_size_value == 16
score     = 96%
support   = +2% tcp.after_end from client
rev       = 2
innocent  = another user of the same product: the marks were measured at one network
sample    = airtel-server-side
near      = client-aborts
source    = lhmerino/censorship-detection, test data airtel_example: M

[in-airtel-data]
title     = Airtel, India: forged answer with IP ID 242
kind      = specific
mechanism = block-page
when      = http.request from client
then      = tcp.data from server within 10s with ip.id == 242 with ip.df == 0
score     = 70%
support   = +20% http.body ~ "airtel.in/"
support   = +5% tcp.fin from server with ip.id == 242
rev       = 1
innocent  = a server with counted or random IP IDs meets the value in one of 65536 packets
sample    = airtel-page
near      = page-403
source    = lhmerino/censorship-detection, test data airtel_example: M
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[eg-reset]
title     = Egypt: reset with IP ID 0x1234
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.flags.reset within 5s with ip.id == 0x1234 with ip.df == 0
score     = 80%
rev       = 2
innocent  = a host with counted or random IP IDs meets the value in one of 65536 resets
sample    = egypt-reset
near      = server-reset
source    = OONI and AFTE, The State of Internet Censorship in Egypt, 2018

[packetlogic-redirect]
title     = Sandvine PacketLogic: forged redirect with IP ID 13330 and window 32120
kind      = specific
mechanism = block-page
when      = tcp.data from client
then      = tcp.data from server within 10s with ip.id == 13330 with ip.df == 0
            with tcp.window_size_value == 32120
score     = 97%
support   = +1% tcp.after_end from server with ip.id == 13330
support   = +1% tcp.data from server with ip.id == 13330 with tcp.no_timestamps
rev       = 1
innocent  = a true answer has both values by chance in one of four billion packets; what the box
innocent  = does is its operator's choice, and shaping or advertising are among them
sample    = packetlogic-redirect
near      = page-to-https
source    = Marczak et al., Bad Traffic, Citizen Lab 2018, captures of Turkey and Egypt: M

[packetlogic-reset]
title     = Sandvine PacketLogic: reset with IP ID 13330
kind      = specific
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.flags.reset within 10s with ip.id == 13330 with ip.df == 0
score     = 80%
support   = +15% tcp.flags.reset with ip.id == 13330 with tcp.window_size_value == 32120
rev       = 2
innocent  = a host with counted or random IP IDs meets the value in one of 65536 resets
sample    = packetlogic-reset
near      = server-reset
source    = Marczak et al., Bad Traffic, Citizen Lab 2018
source    = OONI and AFTE, The State of Internet Censorship in Egypt, 2018

[quantum-insert]
title     = Payload shot as QUANTUM INSERT was demonstrated: IP ID 1, window 8192, request not acked
kind      = specific
mechanism = data-injection
when      = tcp.data from client
then      = tcp.data from server within 10s with ip.id == 1 with ip.df == 0
            with tcp.window_size_value == 8192 with tcp.no_timestamps with tcp.ack_rel == 1
score     = 85%
support   = +10% tcp.conflict from server
rev       = 1
innocent  = a packet built with Scapy for a test; the marks name the tool of the demonstration,
innocent  = not who used it
sample    = data-race-unacked
near      = dynamic-page-twice
source    = Haagsma, Deep dive into QUANTUM INSERT, Fox-IT 2015, fox-it/quantuminsert: M

[scapy-data]
title     = Payload made with Scapy's defaults: IP ID 1, window 8192, no DF, no options
kind      = specific
mechanism = data-injection
when      = tcp.data from server with ip.id == 1 with ip.df == 0 with tcp.window_size_value == 8192
            with tcp.options_none
score     = 60%
support   = +20% tcp.conflict from server
rev       = 1
innocent  = tests, laboratories and teaching: Scapy is a tool for everybody
source    = Scapy, scapy/layers/inet.py: defaults of IP and TCP (version 2.5.0)

[scapy-reset]
title     = Reset made with Scapy's defaults: IP ID 1, window 8192, no DF
kind      = specific
mechanism = rst-injection
when      = tcp.flags.reset from server with ip.id == 1 with ip.df == 0 with tcp.window_size_value == 8192
score     = 70%
rev       = 2
innocent  = tests, laboratories and teaching: Scapy is a tool for everybody
sample    = scapy-reset
near      = two-reset-styles
source    = Scapy, scapy/layers/inet.py: defaults of IP and TCP (version 2.5.0)

[ru-tspu-rewrite]
title     = TSPU, Russia: the server's packets become RST+ACK, and so do their repetitions
kind      = specific
mechanism = rst-injection
when      = tls.client_hello from client
then      = tcp.rst_repeated from server within 20s with ip.df == 1
            with tcp.window_size_value > 0
unless    = tls.server_hello from server
never     = tcp.data from server
score     = 55%
support   = +20% tcp.rst_seq_change from server
rev       = 1
innocent  = any box that rewrites in place instead of forging: none other is documented. TTL, IP ID
innocent  = and time are the server's own, so that only the repetitions tell
sample    = rewritten-resets
near      = server-restarts
source    = Xue et al., TSPU: Russia's Decentralized Censorship System, IMC 2022

[kr-guesses]
title     = South Korea: RSTs that guess acknowledgements, each with a TTL of its own
kind      = specific
mechanism = rst-injection
when      = tls.client_hello from client
then      = tcp.reset with ip.ttl_jump >= 3
then      = tcp.rst_ack_change within 1s with ip.ttl_jump >= 3
unless    = tls.server_hello from server
score     = 60%
rev       = 1
innocent  = the paper saw RST with zero beside another number from China, too
sample    = korea-guesses
near      = two-reset-styles
source    = Sundara Raman et al., Global, Passive Detection of Connection Tampering, SIGCOMM 2023

[by-null-reset]
title     = Beltelecom, Belarus: RST with the number zero on the SYN, then one that fits
kind      = specific
mechanism = rst-injection
when      = tcp.syn from client
then      = tcp.reset from server within 1s with tcp.seq_zero with ip.ttl_jump >= 3
then      = tcp.reset from server within 5s with tcp.seq_rel == 1 with ip.ttl_jump >= 3
score     = 65%
support   = +20% tcp.reset from server with ip.ttl == 125
rev       = 1
innocent  = another injector that works without state: the TTL is that of one place in 2016
sample    = belarus-reset
near      = closed-port
source    = OONI, Belarus (finally) bans Tor, 2016

[hping-reset]
title     = Reset made with hping's defaults: window 512, no options, no DF
kind      = hint
mechanism = rst-injection
when      = tcp.flags.reset from server with tcp.window_size_value == 512 with ip.df == 0
            with tcp.options_none with ip.ttl_jump >= 3
score     = 40%
rev       = 1
innocent  = a window of 512 is nobody's own, and hping is a tool for everybody
sample    = hping-reset
near      = server-reset
source    = antirez/hping, hping2.h: DEFAULT_SRCWINSIZE, DEFAULT_TTL

[zmap-like-reset]
title     = Reset by a tool that was built on ZMap's packets: IP ID 54321, no DF
kind      = hint
mechanism = rst-injection
when      = tcp.flags.reset from server with ip.id == 54321 with ip.df == 0
score     = 45%
support   = +4% tcp.flags.reset with ip.id == 54321 with tcp.window_size_value == 65535
rev       = 1
innocent  = scanners stamp their own packets so; a host with counted or random IP IDs meets the value
innocent  = in one of 65536 resets
source    = zmap/zmap, src/probe_modules/packet.c: defaults of IP and TCP

[forged-syn-ack]
title     = Second SYN+ACK for one SYN, with another number and another TTL
kind      = generic
mechanism = syn-ack-injection
when      = tcp.syn_ack from server
then      = tcp.syn_ack_seq from server within 1s
score     = 50%
support   = +20% tcp.syn_ack from server with ip.ttl_jump >= 3
rev       = 1
innocent  = a balancer without state answers a repeated SYN anew; then the SYN was repeated. The Great
innocent  = Firewall does this in the minutes after a reset, with no mark of its own that was published
sample    = syn-ack-forged
near      = syn-ack-repeated
source    = Wang et al., Your State is Not Mine, IMC 2017, DOI 10.1145/3131365.3131374

[forged-clock]
title     = Reset with a timestamp of another clock than its alleged sender's
kind      = generic
mechanism = rst-injection
when      = tcp.flags.reset with tcp.clock_wrong
score     = 60%
rev       = 1
innocent  = a balancer that answers for a server in mid-connection with its own clock
sample    = rst-wrong-clock
near      = server-reset
source    = net4people/bbs #442, resets in Henan, January 2025

[appliance-reset]
title     = Bare RST with window 8192 and no DF: the style of many middleboxes
kind      = generic
mechanism = rst-injection
when      = tcp.data from client
then      = tcp.reset from server within 5s with tcp.window_size_value == 8192 with ip.df == 0
            with tcp.options_none
score     = 40%
support   = +15% tcp.reset with tcp.ack_raw_nonzero
support   = +15% tcp.reset with tcp.kappa < 500
rev       = 1
innocent  = the destination's own firewall or load balancer has the same style: compare another
innocent  = name at that address
sample    = appliance-reset
near      = server-reset
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022, test data: M

[forged-timestampless-data]
title     = First answer without the timestamps that both ends agreed on
kind      = generic
mechanism = data-injection
when      = tcp.data from client
then      = tcp.data from server within 10s with tcp.no_timestamps with ip.ttl_jump >= 3
score     = 50%
support   = +30% tcp.conflict from server
support   = +10% tcp.data from server with tcp.no_timestamps with tcp.kappa < 500
rev       = 1
innocent  = a proxy that took over in mid-connection
source    = Haagsma, Deep dive into QUANTUM INSERT, Fox-IT 2015, fox-it/quantuminsert: M
source    = Marczak et al., Bad Traffic, Citizen Lab 2018: M

[notice-injector]
title     = Notice in a web page: window 1 on the forged answer (Perftech type)
kind      = specific
mechanism = data-injection
when      = http.request from client
then      = tcp.data from server within 10s with tcp.window_size_value == 1 with ip.df == 0
score     = 70%
support   = +10% tcp.conflict from server
rev       = 1
innocent  = a server with a full receive buffer announces a small window, with DF
source    = Brotherston, public note on in-flight notices

[forged-after-end]
title     = The side that was said to have reset goes on sending
kind      = generic
mechanism = rst-injection
when      = tcp.reset_ack from server
then      = tcp.after_end from server within 60s
unless    = tcp.fin from client
score     = 70%
rev       = 1
innocent  = packets that overtook each other within a millisecond; a server that answers each late
innocent  = packet of the client with another reset
sample    = rst-same-ttl
near      = server-restarts
source    = Weaver, Sommer, Paxson, Detecting Forged TCP Reset Packets, NDSS 2009
