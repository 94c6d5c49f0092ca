/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints how each frame of a capture is decoded, a line a frame: dump_packets FILE
 * Columns, separated by tabs: number, result, version, source, destination, protocol, ports,
 * sequence and acknowledgement number, flags, window, TTL, payload length, ICMP type and code,
 * bits. tests/compare_tshark.py reads it. */
#include <stdio.h>
#include <stdlib.h>

#include "capture.h"
#include "decode.h"
#include "reassemble.h"

static void
print(const struct packet *p, enum decoded result)
{
	static const char *const words[] = {"packet", "fragment", "no-ip", "bad", "link"};
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

	printf("%u\t%s", p->number, words[result]);
	if (result != DECODED) {
		putchar('\n');
		return;
	}
	printf("\t%u\t%s\t%s\t%u", p->ip_version, addr_text(&p->src, src), addr_text(&p->dst, dst),
	       p->proto);
	printf("\t%u\t%u\t%u\t%u", p->sport, p->dport, p->seq, p->ack);
	printf("\t%u\t%u\t%u\t%u", (unsigned)(p->reserved << 8 | p->flags), p->window, p->ttl,
	       p->payload_len);
	printf("\t%u\t%u\t%u\n", p->icmp_type, p->icmp_code, p->bits);
}

int
main(int argc, char **argv)
{
	static const struct capture_options options;
	static const struct stream_sink none;
	const char *const *files = (const char *const *)argv + 1;
	struct reassembler *reassembler;
	struct capture *capture;
	struct decoder *decoder;
	struct defrag *defrag;
	struct packet packet;
	struct frame frame;
	char *why;

	if (argc != 2) {
		fputs("usage: dump_packets FILE\n", stderr);
		return 2;
	}
	if (capture_open(files, 1, &options, &capture, &why) < 0) {
		fprintf(stderr, "%s\n", why);
		free(why);
		return 1;
	}
	reassembler = reassembler_new(&none, 1);
	if (!reassembler)
		return 1;
	defrag = defrag_new(reassembler);
	decoder = decoder_new(defrag);
	decoder_want_sums(decoder, true);
	while (capture_next(capture, &frame) == 1) {
		enum decoded result = decode(decoder, &frame, &packet);

		print(&packet, result);
	}
	decoder_free(decoder);
	defrag_free(defrag);
	reassembler_free(reassembler);
	capture_close(capture);
	return 0;
}
