/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pcap-filter(7) by libpcap, one program for each link type that occurs. */
#include "bpf.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN 262144 /* libpcap's MAXIMUM_SNAPLEN: programs accept whole frames */

/* libpcap knows some 150 link types; a file that names more is made up. */
#define PROGRAMS_MOST 256

struct program {
	int link_type;
	bool usable;
	struct bpf_program code;
};

struct bpf {
	char *expression;
	struct program *programs;
	size_t n, last; /* last: index of the program used last */
};

/* LINKTYPE_ values of files and the DLT_ values of this platform's libpcap, where they differ
 * (tcpdump.org/linktypes.html). */
static const struct {
	int link_type, dlt;
} differing[] = {
    {100, DLT_ATM_RFC1483}, {101, DLT_RAW},      {102, DLT_SLIP_BSDOS},
    {103, DLT_PPP_BSDOS},   {106, DLT_ATM_CLIP}, {246, DLT_PFSYNC},
};

static int
to_dlt(int link_type)
{
	for (size_t i = 0; i < sizeof differing / sizeof *differing; i++)
		if (differing[i].link_type == link_type)
			return differing[i].dlt;
	return link_type;
}

const char *
link_type_name(int link_type, char out[LINK_NAME_MAX])
{
	const char *name = pcap_datalink_val_to_name(to_dlt(link_type));

	if (name)
		snprintf(out, LINK_NAME_MAX, "%s", name);
	else
		snprintf(out, LINK_NAME_MAX, "UNKNOWN(%d)", link_type);
	return out;
}

struct bpf *
bpf_new(const char *expression)
{
	struct bpf *b = xcalloc(1, sizeof *b);

	b->expression = xstrdup(expression);
	return b;
}

void
bpf_free(struct bpf *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		if (b->programs[i].usable)
			pcap_freecode(&b->programs[i].code);
	free(b->programs);
	free(b->expression);
	free(b);
}

static bool
compile(const char *expression, struct program *p, char ret_why[160])
{
	pcap_t *dead = pcap_open_dead(to_dlt(p->link_type), SNAPLEN);
	int r;

	if (!dead) {
		snprintf(ret_why, 160, "out of memory");
		return false;
	}
	r = pcap_compile(dead, &p->code, expression, 1, PCAP_NETMASK_UNKNOWN);
	if (r != 0)
		snprintf(ret_why, 160, "%s", pcap_geterr(dead));
	pcap_close(dead);
	return r == 0;
}

/* The program of a link type, compiled when it is first asked for; NULL if there is none. */
static struct program *
find(struct bpf *b, int link_type, char ret_why[160])
{
	struct program *p;

	if (b->last < b->n && b->programs[b->last].link_type == link_type)
		return &b->programs[b->last];
	for (size_t i = 0; i < b->n; i++)
		if (b->programs[i].link_type == link_type) {
			b->last = i;
			return &b->programs[i];
		}
	if (b->n == PROGRAMS_MOST)
		return NULL;
	b->programs = xrealloc(b->programs, b->n + 1, sizeof *b->programs);
	p = memset(&b->programs[b->n], 0, sizeof *p);
	p->link_type = link_type;
	p->usable = compile(b->expression, p, ret_why);
	b->last = b->n++;
	return p;
}

bool
bpf_knows(struct bpf *b, int link_type, char ret_why[160])
{
	struct program *p;

	snprintf(ret_why, 160, "not for this link type");
	p = find(b, link_type, ret_why);
	return p && p->usable;
}

bool
bpf_pass(struct bpf *b, const struct frame *f)
{
	char why[160];
	struct program *p = find(b, f->link_type, why);
	struct pcap_pkthdr h = {.caplen = f->caplen, .len = f->len};

	return p && p->usable && pcap_offline_filter(&p->code, &h, f->data) != 0;
}
