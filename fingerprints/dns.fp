# SPDX-License-Identifier: GPL-3.0-or-later
# Forged and false DNS answers. Lists of addresses are in lists/.
format = 1

[dns-gfw]
title     = Great Firewall of China: one forged record from its pool, EDNS dropped
kind      = specific
mechanism = dns-injection
when      = dns.query from client
then      = dns.a in gfw-dns-pool from server within 10s with dns.count.answers == 1
            with dns.count.auth_rr == 0 with dns.count.add_rr == 0
never     = dns.qry.name in gfw-pool-owners
score     = 75%
support   = +15% dns.response from server times 2
support   = +5% dns.a in gfw-dns-pool with dns.flags == 0x8180
support   = +5% dns.a in gfw-dns-pool with dns.flags == 0x8580
support   = +5% dns.a in gfw-dns-pool with dns.flags == 0x8400
rev       = 1
innocent  = names of those who own the pool's addresses: Facebook, Twitter, Dropbox and tenants of
innocent  = hosting companies in it
sample    = gfw-dns
near      = pool-owner
source    = Fan et al., Wallbleed, NDSS 2025, artifact gfw-report/ndss25-wallbleed
source    = Hoang et al., How Great is the Great Firewall?, USENIX Security 2021
source    = net4people/bbs #466, June 2025

[dns-gfw-aaaa]
title     = Great Firewall of China: one forged IPv6 address from its pool
kind      = specific
mechanism = dns-injection
when      = dns.query from client
then      = dns.aaaa in gfw-dns-pool from server within 10s with dns.count.answers == 1
            with dns.count.auth_rr == 0 with dns.count.add_rr == 0
never     = dns.qry.name in gfw-pool-owners
score     = 75%
support   = +15% dns.response from server times 2
rev       = 1
innocent  = names of Facebook and its services
sample    = dns-forged-v6
near      = dns-rotation
source    = Fan et al., Wallbleed, NDSS 2025, artifact gfw-report/ndss25-wallbleed
source    = Hoang et al., How Great is the Great Firewall?, USENIX Security 2021

[dns-gfw-type]
title     = Great Firewall of China: one address from its pool for a question of another type
kind      = specific
mechanism = dns-injection
when      = dns.query from client with dns.qry.type != 1 with dns.qry.type != 28
            with dns.qry.type != 255
then      = dns.a in gfw-dns-pool from server within 10s with dns.count.answers == 1
            with dns.count.auth_rr == 0 with dns.count.add_rr == 0 with dns.qry.type != 1
            with dns.qry.type != 28 with dns.qry.type != 255
score     = 95%
rev       = 1
innocent  = none known: no resolver answers a question for text or mail with a bare address
sample    = gfw-dns-mail
near      = dns-wrong-type-only
source    = Fan et al., Wallbleed, NDSS 2025, artifact gfw-report/ndss25-wallbleed: an A record for every type but AAAA
source    = net4people/bbs #466, June 2025

[dns-ru-nsdi]
title     = Russia: the national resolver (NSDI) denies a name that was removed from it
kind      = specific
mechanism = dns-tampering
when      = dns.query from client with dns.qry.name in nsdi-removed
then      = dns.denied_by in nsdi-resolvers from server within 10s with dns.flags.rcode == 3
score     = 95%
rev       = 1
innocent  = none known: the names exist, and these resolvers serve Russia's providers
sample    = russia-nsdi
near      = dns-removed
source    = net4people/bbs #580, February 2026: names removed, addresses of the resolvers

[dns-ru-intercepted]
title     = Russia: a public resolver seems to deny a name that was removed from the national one
kind      = specific
mechanism = dns-injection
when      = dns.query from client with dns.qry.name in nsdi-removed
then      = dns.denied_by in public-resolvers from server within 10s with dns.flags.rcode == 3
score     = 65%
rev       = 1
innocent  = a router that answers for every resolver and filters these names for its owner
sample    = dns-intercepted-known
near      = dns-removed
source    = net4people/bbs #657, August 2026

[dns-a-for-other-type]
title     = IPv4 address in answer to a question for text, mail or HTTPS records
kind      = generic
mechanism = dns-injection
when      = dns.query from client with dns.qry.type != 1 with dns.qry.type != 255
then      = dns.a from server within 10s with dns.count.answers == 1 with dns.qry.type != 1
            with dns.qry.type != 255
score     = 60%
support   = +25% dns.response from server times 2
never     = dns.cname from server
rev       = 1
innocent  = resolvers of captive portals that know one answer only
source    = Fan et al., Wallbleed, NDSS 2025, artifact gfw-report/ndss25-wallbleed

[dns-tm]
title     = Turkmenistan: forged answer 127.0.0.1 with a life of 300 seconds
kind      = specific
mechanism = dns-injection
when      = dns.query from client
then      = dns.a == 127.0.0.1 from server within 10s with dns.resp.ttl == 300
            with dns.flags == 0x8180 with dns.count.answers == 1 with dns.count.add_rr == 0
never     = dns.qry.name ~ "localhost"
score     = 75%
support   = +15% dns.response from server times 2
rev       = 1
innocent  = ad blockers and names that point to the own computer on purpose
sample    = turkmenistan-dns
near      = dns-adblock
source    = net4people/bbs #80, trace of the injected answer

[dns-ir]
title     = Iran: answer 10.10.34.34 to 36, or d0::11
kind      = specific
mechanism = dns-injection
when      = dns.query from client
then      = dns.a in dns-iran from server within 10s
score     = 97%
rev       = 1
innocent  = a private network that uses these very addresses for that very name
sample    = iran-dns
near      = dns-private
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024
source    = RIPE Labs, Public DNS in Iran, part 3

[dns-ir-aaaa]
title     = Iran: IPv6 answer d0::11
kind      = specific
mechanism = dns-injection
when      = dns.query from client
then      = dns.aaaa in dns-iran from server within 10s
score     = 97%
rev       = 1
innocent  = none known: the network is not assigned
sample    = iran-dns-v6
near      = dns-64
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-ede-forged]
title     = Resolver says that it forged the answer (extended error 4)
kind      = generic
mechanism = dns-tampering
when      = dns.ede.code == 4 from server
score     = 90%
rev       = 1
innocent  = whoever chose the resolver may have asked for it
source    = RFC 8914, 4.5

[dns-ede-blocked]
title     = Resolver says that it blocks the name by its own policy (extended error 15)
kind      = generic
mechanism = dns-tampering
when      = dns.ede.code == 15 from server
score     = 85%
rev       = 1
innocent  = a resolver chosen for its protection, as against malware
source    = RFC 8914, 4.16

[dns-ede-censored]
title     = Resolver says that it was ordered to block the name (extended error 16)
kind      = generic
mechanism = dns-tampering
when      = dns.ede.code == 16 from server
score     = 95%
rev       = 1
innocent  = none: the resolver's operator says so
source    = RFC 8914, 4.17

[dns-ede-filtered]
title     = Resolver says that the client asked for the name to be filtered (extended error 17)
kind      = generic
mechanism = dns-tampering
when      = dns.ede.code == 17 from server
score     = 80%
rev       = 1
innocent  = parental control and ad blocking that the client's owner ordered
source    = RFC 8914, 4.18

[dns-blockpage]
title     = Resolver answers with the address of a known block page
kind      = generic
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages from server within 10s
score     = 80%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-blockpage-name]
title     = Resolver answers with the name of a known block page
kind      = generic
mechanism = dns-tampering
when      = dns.query from client
then      = dns.cname in dns-blockpage-names from server within 10s
never     = dns.qry.name in dns-blockpage-names
score     = 90%
rev       = 1
innocent  = a look at the block page itself
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-filter-product]
title     = Resolver answers with the block page of a filtering product
kind      = generic
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-filter-products from server within 10s
score     = 75%
rev       = 1
innocent  = the owner of the network or of the computer chose this product
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-bogon]
title     = Resolver answers with an address that no public name should have
kind      = generic
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in bogons from server within 10s
never     = dns.qry.name ~ ".local"
never     = dns.qry.name ~ ".lan"
never     = dns.qry.name ~ ".internal"
never     = dns.qry.name ~ "localhost"
never     = dns.qry.name ~ ".home.arpa"
score     = 35%
rev       = 1
innocent  = ad blockers, names of the own network, proxy tools that hand out fake addresses
source    = ooni/probe-cli, bogon list
source    = RFC 6890

[dns-page-id]
title     = Resolver answers with a block page of Indonesia
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-id from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-in]
title     = Resolver answers with a block page of India
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-in from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-ru]
title     = Resolver answers with a block page of Russia
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-ru from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-tr]
title     = Resolver answers with a block page of Turkey
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-tr from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-pl]
title     = Resolver answers with a block page of Poland
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-pl from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-sg]
title     = Resolver answers with a block page of Singapore
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-sg from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-it]
title     = Resolver answers with a block page of Italy
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-it from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-mm]
title     = Resolver answers with a block page of Myanmar
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-mm from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-pk]
title     = Resolver answers with a block page of Pakistan
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-pk from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-th]
title     = Resolver answers with a block page of Thailand
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-th from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-au]
title     = Resolver answers with a block page of Australia
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-au from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024

[dns-page-ca]
title     = Resolver answers with a block page of Canada
kind      = specific
mechanism = dns-tampering
when      = dns.query from client
then      = dns.a in dns-blockpages-ca from server within 10s
score     = 85%
rev       = 1
innocent  = a name that is really hosted there; addresses change hands
sample    = known-pages
near      = dns-lie-page
source    = ooni/blocking-fingerprints, fingerprints_dns.csv of October 2024
