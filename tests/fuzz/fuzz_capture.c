/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole capture file: read to its end, each frame decoded. The size of the input says whether
 * it is also merged with itself, filtered and digested. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"
#include "decode.h"
#include "reassemble.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A few bytes of gzip or zstd can stand for gigabytes; this many frames are enough. */
#define FRAMES_MOST 100000
/* So many are held at once. */
#define BATCH 7

static struct reassembler *reassembler;

static void
ignore_data(void *owner, enum side from, uint64_t offset, struct bytes b)
{
	(void)owner, (void)from, (void)offset, (void)b;
}

static void
ignore_gap(void *owner, enum side from, uint64_t offset, uint64_t n)
{
	(void)owner, (void)from, (void)offset, (void)n;
}

/* What the header promises of a frame and a packet; breaking it is a crash. */
static void
check(const struct frame *f, enum decoded r, const struct packet *p)
{
	if (f->caplen > f->len || f->number == 0)
		abort();
	if (r == DECODED && p->payload.n > p->payload_len)
		abort();
}

static void
read_all(struct capture *c)
{
	struct defrag *defrag = defrag_new(reassembler);
	struct decoder *decoder = decoder_new(defrag);
	uint64_t seen[2] = {0};
	static volatile uint8_t touched;
	struct frame held[BATCH];
	size_t k;

	(void)touched;
	decoder_want_sums(decoder, true);
	for (size_t n = 0; n < FRAMES_MOST && capture_next(c, held) > 0; n += k) {
		k = 1 + capture_more(c, held + 1, n % BATCH);
		for (size_t j = 0; j < k; j++) {
			const struct frame *f = &held[j];
			struct packet p;
			enum decoded r = decode(decoder, f, &p);

			check(f, r, &p);
			for (uint32_t i = 0; i < f->caplen; i += 64)
				touched = f->data[i];
			/* A file's own order holds. */
			if (f->capture > 1 || f->number <= seen[f->capture])
				abort();
			seen[f->capture] = f->number;
		}
	}
	decoder_free(decoder);
	defrag_free(defrag);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stream_sink sink = {ignore_data, ignore_gap};
	const struct capture_options options = {.filter = size & 2 ? "ip or ip6 or arp" : NULL,
						.hash = size & 4};
	struct capture *c = NULL;
	char name[32], *why = NULL;
	const char *names[2] = {name, name};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (!reassembler)
		reassembler = reassembler_new(&sink, 16);
	if (fd < 0 || !reassembler || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	if (capture_open(names, 1 + (size & 1), &options, &c, &why) < 0) {
		if (!why || strchr(why, '\n'))
			abort();
		free(why);
	} else {
		read_all(c);
		capture_close(c);
	}
	close(fd);
	return 0;
}
