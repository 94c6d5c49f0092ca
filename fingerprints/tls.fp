# SPDX-License-Identifier: GPL-3.0-or-later
# Certificates of interceptors, and handshakes that die for what the ClientHello says.
format = 1

[kz-mitm]
title     = Kazakhstan: certificate of the state's interception root
kind      = specific
mechanism = tls-interception
when      = tls.client_hello from client
then      = tls.cert.issuer in kz-roots from server
score     = 97%
support   = +2% tls.cert.exponent == 3 from server
rev       = 2
innocent  = none known: these roots are in no browser
sample    = mitm-state-root
near      = cert-own
source    = Sundara Raman et al., Large Scale HTTPS Interception in Kazakhstan, IMC 2020
source    = OONI, Kazakhstan: TLS interception since 2021, 2024

[kz-mitm-2019]
title     = Kazakhstan 2019: certificate of the intermediate "Security Certificate"
kind      = specific
mechanism = tls-interception
when      = tls.client_hello from client
then      = tls.cert.issuer ^= "Security Certificate" from server
never     = tls.cert.self_signed
score     = 60%
support   = +30% tls.cert.exponent == 3 from server with tls.cert.extensions <= 1
rev       = 2
innocent  = a device whose maker gave its own root that plain name
source    = Sundara Raman et al., Large Scale HTTPS Interception in Kazakhstan, IMC 2020

[es-digi-mitm]
title     = Spain, Digi Mobil 2026: self-signed certificate of core1.netops.test
kind      = specific
mechanism = tls-interception
when      = tls.client_hello from client
then      = tls.cert.subject ~ "core1.netops.test" from server with tls.cert.self_signed
score     = 97%
rev       = 1
innocent  = none known: the name is reserved for tests and was seen at one provider only
source    = OONI, report on collateral damage of football blocking in Spain, 30 June 2026

[ru-ech-drop]
title     = Russia: Cloudflare's ECH dropped after the ClientHello
kind      = specific
mechanism = drop
when      = tls.ech from client with tls.sni == "cloudflare-ech.com"
then      = tcp.retransmission from client within 60s times 3
unless    = tls.server_hello from server
never     = tcp.reset from server
never     = tcp.reset_ack from server
score     = 85%
support   = +5% tcp.silence >= 3 from server
rev       = 1
innocent  = an outage of Cloudflare or of the line; another name at the same address tells
near      = drop-ech
source    = net4people/bbs #417, November 2024
source    = UPB-SysSec/EchCensorshipResults (FOCI 2025), capture from Russia: M

[cn-esni-drop]
title     = China: encrypted server name of TLS 1.3 (ESNI) dropped
kind      = specific
mechanism = drop
when      = tls.esni from client
then      = tcp.retransmission from client within 60s times 3
unless    = tls.server_hello from server
never     = tcp.reset from server
never     = tcp.reset_ack from server
score     = 75%
support   = +5% tcp.silence >= 3 from server
rev       = 1
innocent  = an outage; ESNI never became a standard, and a server may be gone
source    = net4people/bbs #43, August 2020

[hello-drop]
title     = Silence after the ClientHello
kind      = generic
mechanism = drop
when      = tls.client_hello from client
then      = tcp.retransmission from client within 60s times 3
unless    = tls.server_hello from server
never     = tcp.reset
never     = tcp.reset_ack
never     = tcp.fin from server
score     = 40%
support   = +10% tcp.silence >= 3 from server
rev       = 1
innocent  = an outage, a path-MTU black hole that loses large packets only, a server that is down
source    = Sundara Raman et al., Global, Passive Detection of Connection Tampering, SIGCOMM 2023
source    = bol-van/zapret: three retransmissions as its own threshold

[forged-alert]
title     = Plaintext alert that came too soon for the server
kind      = generic
mechanism = tls-alert-injection
when      = tls.client_hello from client
then      = tls.alert.description from server within 5s with tcp.kappa < 500
unless    = tls.server_hello from server
score     = 60%
support   = +20% tls.alert.description from server with ip.ttl_jump >= 3
support   = +15% tls.server_hello from server
rev       = 1
innocent  = a TLS proxy of the own network or computer, which is nearer than the server
source    = RFC 8446, 6
source    = Weaver, Sommer, Paxson, NDSS 2009: answers sooner than a round trip
