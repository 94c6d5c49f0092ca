/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fully encrypted traffic: what the first payload of an abnormal connection would look like to a
 * filter of traffic that looks like nothing. Wu et al., How the Great Firewall of China Detects and
 * Blocks Fully Encrypted Traffic, USENIX Security 2023. */
#include "dissect.h"

enum { LEN, ONES, PRINTABLE, RUN, AFFECTED };

static const struct field fields[] = {
    [LEN] = {"fet.len", FACT_UINT,
	     "bytes of the client's first payload, if it begins like nothing known"},
    [ONES] = {"fet.ones", FACT_UINT, "bits of it that are set, in a thousand of its bytes"},
    [PRINTABLE] = {"fet.printable", FACT_UINT, "printable bytes of it, in a thousand"},
    [RUN] = {"fet.run", FACT_UINT, "most printable bytes in a row"},
    [AFFECTED] = {"fet.affected", FACT_MARK,
		  "no exemption of China's filter of 2021 to 2023 holds for it"},
    {0},
};

static void
packets(struct flow *f)
{
	const struct opening *o = &f->opening;

	for (size_t i = 0; o->n && i < flow_trace_count(f); i++) {
		const struct trace *t = flow_trace(f, i);

		if (t->from != CLIENT || !t->len || t->odd & (ODD_RST | ODD_ICMP))
			continue;
		flow_at(f, t);
		note_uint(f, CLIENT, &fields[LEN], o->n);
		note_uint(f, CLIENT, &fields[ONES], (uint64_t)o->ones * 1000 / o->n);
		note_uint(f, CLIENT, &fields[PRINTABLE], o->printable * 1000UL / o->n);
		note_uint(f, CLIENT, &fields[RUN], o->run);
		if (opening_is_encrypted(o))
			note(f, CLIENT, &fields[AFFECTED]);
		return;
	}
}

const struct dissector dissector_fet = {
    .name = "fet",
    .title = "Fully encrypted traffic, by its first payload",
    .spec = "Wu et al., USENIX Security 2023",
    .carriers = 1u << PACKETS,
    .fields = fields,
    .packets = packets,
};
