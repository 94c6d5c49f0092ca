# SPDX-License-Identifier: GPL-3.0-or-later
# Block pages and redirects by country and by product. Markers are in lists/pages-*.txt.
format = 1

[page-ae-redirect]
title     = Redirect to a block page of United Arab Emirates
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-ae from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ae]
title     = Block page of United Arab Emirates
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-ae from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-bh-redirect]
title     = Redirect to a block page of Bahrain
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-bh from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-bh]
title     = Block page of Bahrain
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-bh from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-by-redirect]
title     = Redirect to a block page of Belarus
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-by from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-by]
title     = Block page of Belarus
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-by from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-eg-redirect]
title     = Redirect to a block page of Egypt
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "notification.etisalat.com.eg/etisalat/notification/redirectionactions.html?" from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-eg]
title     = Block page of Egypt
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "notification.etisalat.com.eg/etisalat/notification/redirectionactions.html?" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-gb-redirect]
title     = Redirect to a block page of United Kingdom
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-gb from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-gb]
title     = Block page of United Kingdom
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-gb from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-id-redirect]
title     = Redirect to a block page of Indonesia
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-id from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-id]
title     = Block page of Indonesia
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-id from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-in-redirect]
title     = Redirect to a block page of India
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-in from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-in]
title     = Block page of India
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-in from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ir-redirect]
title     = Redirect to a block page of Iran
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-ir from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ir]
title     = Block page of Iran
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-ir from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-it]
title     = Block page of Italy
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-it from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-kr-redirect]
title     = Redirect to a block page of South Korea
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-kr from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-kr]
title     = Block page of South Korea
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-kr from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-kw-redirect]
title     = Redirect to a block page of Kuwait
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-kw from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-kw]
title     = Block page of Kuwait
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-kw from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-mm-redirect]
title     = Redirect to a block page of Myanmar
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "notice.myanmarnet.com" from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-mm]
title     = Block page of Myanmar
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "notice.myanmarnet.com" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-np-redirect]
title     = Redirect to a block page of Nepal
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "blockdomain.worldlink.com.np" from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-np]
title     = Block page of Nepal
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "blockdomain.worldlink.com.np" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-om-redirect]
title     = Redirect to a block page of Oman
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-om from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-om]
title     = Block page of Oman
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-om from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-pk-redirect]
title     = Redirect to a block page of Pakistan
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "119.73.65.87:8080/redirect.html?accessurl=" from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-pk]
title     = Block page of Pakistan
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "119.73.65.87:8080/redirect.html?accessurl=" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-pt]
title     = Block page of Portugal
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "Bloqueado por ordem judicial" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-qa-redirect]
title     = Redirect to a block page of Qatar
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "censor.qa/?accessurl=" from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-qa]
title     = Block page of Qatar
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "censor.qa/?accessurl=" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ru-redirect]
title     = Redirect to a block page of Russia
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-ru from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ru]
title     = Block page of Russia
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-ru from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-sd-redirect]
title     = Redirect to a block page of Sudan
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "196.1.211.6:8080/alert/" from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-sd]
title     = Block page of Sudan
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "196.1.211.6:8080/alert/" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-sg-redirect]
title     = Redirect to a block page of Singapore
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "starhub.com/mda-blocked" from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-sg]
title     = Block page of Singapore
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "starhub.com/mda-blocked" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-th-redirect]
title     = Redirect to a block page of Thailand
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-th from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-th]
title     = Block page of Thailand
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-th from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-tr-redirect]
title     = Redirect to a block page of Turkey
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-tr from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-tr]
title     = Block page of Turkey
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-tr from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ua-redirect]
title     = Redirect to a block page of Ukraine
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-ua from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ua]
title     = Block page of Ukraine
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-ua from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-uz-redirect]
title     = Redirect to a block page of Uzbekistan
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "reestr.mitc.uz" from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-uz]
title     = Block page of Uzbekistan
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "reestr.mitc.uz" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ye-redirect]
title     = Redirect to a block page of Yemen
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-ye from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-ye]
title     = Block page of Yemen
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-ye from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-es]
title     = Block page of Spain
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "Por causas ajenas a Vodafone, esta web no está disponible" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-fortinet-redirect]
title     = Redirect by Fortinet FortiGuard
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-fortinet from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-fortinet]
title     = Block page of Fortinet FortiGuard
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-fortinet from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-netsweeper-redirect]
title     = Redirect by Netsweeper
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-netsweeper from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-netsweeper]
title     = Block page of Netsweeper
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-netsweeper from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-bluecoat-redirect]
title     = Redirect by Blue Coat or CacheFlow
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-bluecoat from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-bluecoat]
title     = Block page of Blue Coat or CacheFlow
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-bluecoat from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-paloalto-redirect]
title     = Redirect by Palo Alto Networks
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "/php/urlblock.php?args=" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-paloalto]
title     = Block page of Palo Alto Networks
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "/php/urlblock.php?args=" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-sonicwall]
title     = Block page of SonicWall
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "cfssupport.sonicwall.com" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-checkpoint-redirect]
title     = Redirect by Check Point UserCheck
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-checkpoint from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-checkpoint]
title     = Block page of Check Point UserCheck
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-checkpoint from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-forcepoint-redirect]
title     = Redirect by Forcepoint or Websense
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-forcepoint from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-forcepoint]
title     = Block page of Forcepoint or Websense
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-forcepoint from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-cisco-redirect]
title     = Redirect by Cisco Umbrella or Meraki
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-cisco from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-cisco]
title     = Block page of Cisco Umbrella or Meraki
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-cisco from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-zscaler-redirect]
title     = Redirect by Zscaler
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location in pages-zscaler from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-zscaler]
title     = Block page of Zscaler
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body in pages-zscaler from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-kerio]
title     = Block page of Kerio Control
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "This page has been blocked by Kerio Control" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-allot]
title     = Block page of Allot
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "www.allot.com/images/allot_logo.gif" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-vasexperts-redirect]
title     = Redirect by VAS Experts
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "vasexperts.ru/test/blocked.php" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-barracuda]
title     = Answer of Barracuda
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.server ~ "Barracuda/NGFirewall" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-wirefilter]
title     = Answer of WireFilter
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.server ~ "Protected by WireFilter" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json
source    = Sundara Raman et al., Locating and Examining Censorship Devices, CoNEXT 2022

[page-huawei]
title     = Answer of Huawei eSight
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.server ~ "V2R2C00-IAE/1.0" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
source    = censoredplanet/censoredplanet-analysis, blockpage_signatures.json

[page-451-blocked-by]
title     = Status 451 with a link to who demanded the block
kind      = generic
mechanism = block-page
when      = http.request from client
then      = http.response.code == 451 from server with http.link ~ "blocked-by"
score     = 70%
support   = +20% tcp.kappa < 500 from server
rev       = 1
innocent  = the site's own lawyers: without a sign that it came too soon the server itself says so
source    = RFC 7725

[page-451]
title     = Status 451: unavailable for legal reasons
kind      = generic
mechanism = block-page
when      = http.request from client
then      = http.response.code == 451 from server
score     = 50%
support   = +30% tcp.kappa < 500 from server
rev       = 1
innocent  = the site's own refusal of a country
source    = RFC 7725

[page-ir-403]
title     = Iran: status 403 with a frame of 10.10.34.x
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.response.code == 403 from server
then      = http.body ~ "10.10.34.3" from server within 5s with http.body ~ "<iframe"
score     = 95%
support   = +2% tcp.kappa < 200 from server
rev       = 1
innocent  = none known: the frame is at a private address of that country's filter
source    = UPB-SysSec/EchCensorshipResults (FOCI 2025), capture from Iran: M
source    = net4people/bbs #226

[page-id-302]
title     = Indonesia: forged 302 to the notice of aduankonten.id
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "lamanlabuh.aduankonten.id" from server within 10s
            with http.content_length == 0 with http.response.code == 302
score     = 95%
rev       = 1
innocent  = foreign networks that buy transit in Indonesia show it, too
sample    = indonesia-redirect
near      = page-to-https
source    = net4people/bbs #316, 2023

[page-be]
title     = Block page of Belgium
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "that is considered illegal according to Belgian legislation" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-ca]
title     = Block page of Canada
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "Access to this site has been blocked by an Order issued by the Federal Court of Canada" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-co]
title     = Block page of Colombia
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "bloqueada por disposición del Ministerio de las TIC" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-dk]
title     = Block page of Denmark
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "lagt at blokere for adgang til siden" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-fr]
title     = Block page of France
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "page-blocage-terrorisme" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-gr]
title     = Block page of Greece
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "www.gamingcommission.gov.gr/index.php/forbidden-access-black-list/" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-my]
title     = Block page of Malaysia
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "This website is not available in Malaysia as it violate(s)" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-sa]
title     = Block page of Saudi Arabia
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "لمزيد من المعلومات عن خدمة الإنترنت في المملكة العربية السعودية، يمكنك زيارة الموقع التالي" from server
support   = +4% tcp.kappa < 500 from server
score     = 90%
rev       = 1
innocent  = the site itself may send visitors of a country there;
innocent  = foreign networks that buy transit in it show the page too
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-iboss-redirect]
title     = Redirect by iboss
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "/iboss/restricted.html?fn=" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-iboss-report-redirect]
title     = Redirect by iboss
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "/ibreports/ibp/bp.html" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-lightspeed]
title     = Block page of Lightspeed
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "<title>Lightspeed System - Web Access</title>" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-untangle-redirect]
title     = Redirect by Untangle
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "web-filter/blockpage?" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-untangle]
title     = Block page of Untangle
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "This web page is blocked</b> because it violates network policy" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-squidguard-redirect]
title     = Redirect by squidGuard
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ "squidGuard.cgi?clientaddr=" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-juniper]
title     = Block page of Juniper Web Filtering
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "Juniper Web Filtering" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-contentkeeper]
title     = Block page of ContentKeeper
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "Blocked by ContentKeeper" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-rm-redirect]
title     = Redirect by RM SafetyNet
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.location ~ ".ifl.net/filterpages/" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024

[page-rm]
title     = Block page of RM SafetyNet
kind      = specific
mechanism = block-page
when      = http.request from client
then      = http.body ~ "www.rm.com/filteringpolicy/" from server
score     = 85%
rev       = 1
innocent  = the owner of the network chose this product: a school, a company, a hotel.
innocent  = By itself no sign of a state
source    = ooni/blocking-fingerprints, fingerprints_http.csv of October 2024
