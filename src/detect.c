/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All detectors, in the order in which their findings are told. */
#include "detect.h"

void
detect(const struct detection *d, const struct look *l)
{
	detect_reset(d, l);
	detect_fin(d, l);
	detect_syn_ack(d, l);
	detect_foreign_syn_ack(d, l);
	detect_data(d, l);
	detect_page(d, l);
	detect_silence(d, l);
	detect_dns(d, l);
	detect_icmp(d, l);
	detect_quic(d, l);
	detect_alert(d, l);
	detect_certificate(d, l);
	detect_strip(d, l);
}
