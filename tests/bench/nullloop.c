/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floor of any capture reader: libpcap hands over each packet, and it is counted. */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

struct count {
	uint64_t packets, bytes;
};

static void
count_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct count *c = (struct count *)(void *)user;

	(void)bytes;
	c->packets++;
	c->bytes += h->caplen;
}

int
main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	struct count c = {0};
	pcap_t *p;

	if (argc != 2) {
		fprintf(stderr, "usage: nullloop CAPTURE\n");
		return 2;
	}
	p = pcap_open_offline(argv[1], why);
	if (!p) {
		fprintf(stderr, "nullloop: %s\n", why);
		return 1;
	}
	if (pcap_dispatch(p, -1, count_packet, (u_char *)&c) < 0) {
		fprintf(stderr, "nullloop: %s\n", pcap_geterr(p));
		return 1;
	}
	printf("%llu packets, %llu bytes\n", (unsigned long long)c.packets,
	       (unsigned long long)c.bytes);
	pcap_close(p);
	return 0;
}
