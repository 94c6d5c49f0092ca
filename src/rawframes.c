/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets in the shape of OONI's df-003-scapy.md: from the IP header on, in base64, under
 * sent_packets and answered_packets, with keys of our own that begin with x_. */
#include "rawframes.h"
#include "jsonparts.h"
#include "report_parts.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* As measurements are published for good, no more than shows the claim: 16 packets, headers and
 * first bytes (dossier on formats, 5.5). */
#define FRAMES_MAX 16
#define FRAME_BYTES_MAX 256

struct wish {
	struct ref at;
	size_t attachment, order;
	const struct cite *cite;
	json_t *packet; /* made when the frame comes */
};

static int
by_frame(const void *a, const void *b)
{
	const struct wish *x = a, *y = b;

	if (x->at.capture != y->at.capture)
		return (int)x->at.capture - (int)y->at.capture;
	if (x->at.frame != y->at.frame)
		return x->at.frame < y->at.frame ? -1 : 1;
	return (x->attachment > y->attachment) - (x->attachment < y->attachment);
}

static int
by_order(const void *a, const void *b)
{
	const struct wish *x = a, *y = b;

	if (x->attachment != y->attachment)
		return x->attachment < y->attachment ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static bool
is_wished(const struct wish *list, size_t n, size_t attachment, struct ref at)
{
	for (size_t i = n; i-- > 0 && list[i].attachment == attachment;)
		if (ref_equal(list[i].at, at))
			return true;
	return false;
}

static size_t
wish_for(const struct attachment *a, size_t attachment, const struct report *r, struct wish *list)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nfindings && n < FRAMES_MAX; i++) {
		const struct finding *f = r->findings[i];
		size_t *order;

		if (!attachment_has(a, f))
			continue;
		order = cites_in_order(f);
		for (size_t k = 0; k < f->ncites && n < FRAMES_MAX; k++) {
			const struct cite *c = &f->cites[order[k]];

			if (!is_wished(list, n, attachment, c->at)) {
				list[n] = (struct wish){c->at, attachment, n, c, NULL};
				n++;
			}
		}
		free(order);
	}
	return n;
}

/* Where the packet's IP header lies in its frame: the innermost one with its addresses. */
static size_t
ip_header(const struct frame *frame, const struct packet *p)
{
	bool v4 = p->ip_version == 4;
	size_t length = v4 ? 20 : 40, addresses = v4 ? 12 : 8, width = v4 ? 4 : 16;
	size_t skip = v4 ? ADDR_V4_AT : 0, found = 0;

	for (size_t i = 0; i + length <= frame->caplen && i < FRAME_BYTES_MAX; i++)
		if (frame->data[i] >> 4 == p->ip_version &&
		    memcmp(frame->data + i + addresses, p->src.b + skip, width) == 0 &&
		    memcmp(frame->data + i + addresses + width, p->dst.b + skip, width) == 0)
			found = i;
	return found;
}

static json_t *
packet_of(const struct wish *w, const struct frame *frame, const struct packet *p)
{
	size_t at = ip_header(frame, p), n = frame->caplen - at;
	unsigned char encoded[(FRAME_BYTES_MAX + 2) / 3 * 4 + 1];
	bool tcp = p->proto == 6;
	json_t *o;

	if (n > FRAME_BYTES_MAX)
		n = FRAME_BYTES_MAX;
	EVP_EncodeBlock(encoded, frame->data + at, (int)n);
	o = json_pack("{s{ss ss} so so si si ss si si}", "raw_packet", "format", "base64", "data",
		      (const char *)encoded, "summary",
		      json_of_text(w->cite->seen.summary ? w->cite->seen.summary : ""), "x_ts",
		      json_of_time(frame->nsec), "x_capture", (int)w->at.capture, "x_frame",
		      (int)w->at.frame, "x_role", role_words[w->cite->role], "x_ip_ttl",
		      (int)p->ttl, "x_ip_id", (int)p->ip_id);
	json_object_set_new(o, "x_length", json_integer(frame->len));
	if (tcp)
		json_object_set_new(o, "x_tcp_flags", json_integer(p->flags));
	return o;
}

/* The wishes for that frame; list is sorted by it. */
static void
grant(struct wish *list, size_t n, const struct frame *frame, const struct packet *p)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct wish *w = &list[middle];

		if (w->at.capture < frame->capture ||
		    (w->at.capture == frame->capture && w->at.frame < frame->number))
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && list[low].at.capture == frame->capture &&
	       list[low].at.frame == frame->number;
	     low++)
		if (!list[low].packet)
			list[low].packet = packet_of(&list[low], frame, p);
}

static void
hand_over(struct attachment *attachments, struct wish *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct attachment *a = &attachments[list[i].attachment];
		bool sent = list[i].cite->seen.from == SEEN_CLIENT;

		if (!a->packets)
			a->packets = json_pack("{s[] s[]}", "sent_packets", "answered_packets");
		if (list[i].packet)
			json_array_append_new(
			    json_object_get(a->packets, sent ? "sent_packets" : "answered_packets"),
			    list[i].packet);
	}
}

int
raw_frames(struct attachment *attachments, size_t n, const struct report *r,
	   const char *const *files, size_t nfiles, char **ret_why)
{
	struct wish *list = xcalloc(n * FRAMES_MAX, sizeof *list);
	size_t wishes = 0;
	struct reread *again = NULL;
	enum decoded decoded;
	struct packet packet;
	struct frame frame;
	int error;

	for (size_t i = 0; i < n; i++)
		wishes += wish_for(&attachments[i], i, r, list + wishes);
	qsort(list, wishes, sizeof *list, by_frame);
	error = reread_open(files, nfiles, &again, ret_why);
	while (!error && reread_next(again, &frame, &decoded, &packet))
		if (decoded == DECODED)
			grant(list, wishes, &frame, &packet);
	qsort(list, wishes, sizeof *list, by_order);
	hand_over(attachments, list, wishes);
	reread_close(again);
	free(list);
	return error;
}
