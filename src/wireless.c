/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wireless frames and the headers that capture programs put before them. IEEE 802.11-2020, 9.2
 * and 9.3; https://www.radiotap.org; the AVS and Prism headers as linktypes.html gives them. */
#include "link.h"

#define RADIOTAP_HEADER 8
#define RADIOTAP_TSFT (1U << 0)  /* 8 bytes, aligned to 8 */
#define RADIOTAP_FLAGS (1U << 1) /* 1 byte */
#define RADIOTAP_MORE (1U << 31) /* another word of bits follows */
#define RADIOTAP_FLAG_PADDING 0x20

#define PRISM_HEADER 144
#define PRISM_AVS_MAGIC 0x80211000U /* low nibbles: version of the header */
#define AVS_HEADER_MIN 8

/* Whether the radiotap flags say that the body is aligned to 4 bytes. */
static bool
radiotap_padding(const uint8_t *p, size_t header)
{
	uint32_t present = load_le32(p + 4);
	size_t at = RADIOTAP_HEADER;

	if (!(present & RADIOTAP_FLAGS))
		return false;
	/* The loop ends at the header's end at the latest. */
	for (uint32_t more = present; more & RADIOTAP_MORE; at += 4) {
		if (header - at < 4)
			return false;
		more = load_le32(p + at);
	}
	if (present & RADIOTAP_TSFT)
		at = ((at + 7) & ~(size_t)7) + 8;
	return at < header && (p[at] & RADIOTAP_FLAG_PADDING);
}

void
wireless_radiotap(struct walk *w)
{
	size_t header = w->n >= RADIOTAP_HEADER ? load_le16(w->p + 2) : 0;

	if (header < RADIOTAP_HEADER || header > w->n) {
		w->layer = LAYER_BAD;
		return;
	}
	w->wifi_padding = radiotap_padding(w->p, header);
	walk_to(w, header, LAYER_WIRELESS);
}

void
wireless_avs(struct walk *w)
{
	uint32_t header = w->n >= AVS_HEADER_MIN ? load32(w->p + 4) : 0;

	if (header < AVS_HEADER_MIN || header > w->n) {
		w->layer = LAYER_BAD;
		return;
	}
	walk_to(w, header, LAYER_WIRELESS);
}

void
wireless_prism(struct walk *w)
{
	if (w->n >= AVS_HEADER_MIN && (load32(w->p) & 0xfffff000U) == PRISM_AVS_MAGIC)
		wireless_avs(w);
	else
		walk_to(w, PRISM_HEADER, LAYER_WIRELESS);
}

#define WIFI_HEADER 24
#define WIFI_TYPE_DATA 0x08      /* of the mask 0x0c */
#define WIFI_SUBTYPE_NULL 0x40   /* no body */
#define WIFI_SUBTYPE_QOS 0x80    /* two bytes more */
#define WIFI_BOTH_SYSTEMS 0x03   /* to and from DS: a fourth address */
#define WIFI_PROTECTED 0x40      /* encrypted */
#define WIFI_ORDER 0x80          /* with QoS: HT control */
#define WIFI_QOS_AGGREGATE 0x80  /* A-MSDU present */
#define WIFI_AGGREGATE_HEADER 14 /* two addresses and a length */

void
wireless_step(struct walk *w)
{
	size_t header = WIFI_HEADER;
	bool qos, aggregate = false;

	if (w->n < 2) {
		w->layer = LAYER_BAD;
		return;
	}
	qos = w->p[0] & WIFI_SUBTYPE_QOS;
	if ((w->p[0] & 0x0f) != WIFI_TYPE_DATA || (w->p[0] & WIFI_SUBTYPE_NULL) ||
	    (w->p[1] & WIFI_PROTECTED)) {
		w->layer = LAYER_NO_IP;
		return;
	}
	if ((w->p[1] & WIFI_BOTH_SYSTEMS) == WIFI_BOTH_SYSTEMS)
		header += 6;
	if (qos) {
		if (w->n < header + 2) {
			w->layer = LAYER_BAD;
			return;
		}
		aggregate = w->p[header] & WIFI_QOS_AGGREGATE;
		header += 2;
		if (w->p[1] & WIFI_ORDER)
			header += 4;
	}
	if (w->wifi_padding)
		header = (header + 3) & ~(size_t)3;
	/* Of an aggregate only the first packet is read: struct packet holds one a frame. */
	if (aggregate)
		header += WIFI_AGGREGATE_HEADER;
	walk_to(w, header, LAYER_LLC);
}
