/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The short way through decode.c tells the same as the walk, whatever comes. */
#include "chance.h"
#include "frames.h"

#include "decode.c"

#define FRAMES 40000
#define IP_AT ETHERNET_HEADER
#define TCP_AT (IP_AT + IP4_HEADER)

/* Two decoders that get the same frames. */
struct twins {
	struct decoder *decoder[2];
	struct packet packet[2];
	uint64_t random;
	unsigned plain,
	    odd; /* frames that go the short way; of these, such as have something odd */
};

static unsigned
draw(struct twins *t, unsigned below)
{
	return chance(&t->random, below);
}

static bool
one_in(struct twins *t, unsigned n)
{
	return draw(t, n) == 0;
}

static void
store16(uint8_t *p, unsigned u)
{
	p[0] = (uint8_t)(u >> 8);
	p[1] = (uint8_t)u;
}

/* The number that makes the sum over n bytes at p, begun with `sum`, hold. */
static void
seal(uint8_t *p, size_t n, size_t field, uint64_t sum)
{
	store16(p + field, 0);
	for (size_t i = 0; i < n; i++)
		sum += (uint64_t)p[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	store16(p + field, (unsigned)~sum);
}

/* Options of n bytes: time stamps, as nearly always, or what comes. */
static void
put_options(struct twins *t, uint8_t *p, size_t n)
{
	static const uint8_t stamps[] = {1, 1, 8, 10, 0, 0, 1, 2, 0, 0, 3, 4};

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(one_in(t, 2) ? draw(t, 9) : draw(t, 256));
	if (n == sizeof stamps && !one_in(t, 4))
		memcpy(p, stamps, n);
}

/* A segment in a frame, in which now and then something is odd. Returns the frame's length. */
static size_t
put_frame(struct twins *t, uint8_t b[FRAME_MAX])
{
	static const char *const words[] = {"GET / HTTP/1.1", "POST", "aaaaaa",
					    "\x16\x03\x01\0\5\1", ""};
	size_t options = one_in(t, 3) ? 0 : one_in(t, 3) ? 4 * (size_t)draw(t, 11) : 12;
	size_t payload = one_in(t, 3) ? 0 : one_in(t, 2) ? draw(t, 8) : draw(t, 400);
	size_t total = 2 * IP4_HEADER + options + payload;
	const char *word = words[draw(t, 5)];

	memset(b, 0, FRAME_MAX);
	b[12] = 8; /* ETHERTYPE_IP4 */
	for (size_t i = IP_AT; i < IP_AT + 2 * IP4_HEADER; i++)
		b[i] = (uint8_t)draw(t, 256);
	put_options(t, b + TCP_AT + 20, options);
	for (size_t i = 0; i < payload; i++)
		b[TCP_AT + 20 + options + i] = (uint8_t)(one_in(t, 9) ? draw(t, 256) : 0);
	if (strlen(word) <= payload)
		memcpy(b + TCP_AT + 20 + options, word, strlen(word));
	b[IP_AT] = one_in(t, 40) ? (uint8_t)draw(t, 256) : IP4_PLAIN;
	store16(b + IP_AT + 2, one_in(t, 40) ? draw(t, 500) : (unsigned)total);
	store16(b + IP_AT + 6, one_in(t, 40) ? draw(t, 65536) : one_in(t, 2) ? IP4_DF : 0);
	b[IP_AT + 9] = one_in(t, 40) ? 17 : IPPROTO_TCP;
	b[TCP_AT + 12] = (uint8_t)((20 + options) / 4 << 4 | draw(t, 16));
	if (one_in(t, 40))
		b[TCP_AT + 12] = (uint8_t)draw(t, 256);
	if (one_in(t, 40))
		b[13] = (uint8_t)draw(t, 256);
	if (!one_in(t, 10))
		seal(b + IP_AT, IP4_HEADER, 10, 0);
	else if (one_in(t, 2))
		store16(b + IP_AT + 10, 0);
	if (!one_in(t, 5))
		seal(b + TCP_AT, total - IP4_HEADER, 16,
		     load16(b + IP_AT + 12) + (uint64_t)load16(b + IP_AT + 14) +
			 load16(b + IP_AT + 16) + load16(b + IP_AT + 18) + IPPROTO_TCP + total -
			 IP4_HEADER);
	return IP_AT + total;
}

static void
check_frame(struct twins *t)
{
	uint8_t whole[FRAME_MAX], *held;
	size_t n = put_frame(t, whole), padded = n < 60 && one_in(t, 2) ? 60 : n;
	size_t caplen = one_in(t, 20) ? draw(t, (unsigned)padded + 1) : padded;
	struct frame f = {.caplen = (uint32_t)caplen,
			  .len = (uint32_t)(one_in(t, 2) ? padded : caplen),
			  .number = 7,
			  .nsec = 5,
			  .capture = 3,
			  .link_type = ETHERNET};
	enum decoded said[2];

	held = malloc(caplen ? caplen : 1); /* so that a sanitizer sees who reads on */
	assert_non_null(held);
	memcpy(held, whole, caplen);
	f.data = held;
	if (is_plain(&f)) {
		for (int i = 0; i < 2; i++) {
			begin(&f, &t->packet[i]);
			t->decoder[i]->counts.frames++;
		}
		said[0] = decode_plain(t->decoder[0], &f, &t->packet[0]);
		said[1] = decode_walk(t->decoder[1], &f, &t->packet[1]);
		assert_int_equal(said[0], said[1]);
		if (said[0] == DECODED)
			assert_memory_equal(&t->packet[0], &t->packet[1], sizeof t->packet[0]);
		assert_memory_equal(&t->decoder[0]->counts, &t->decoder[1]->counts,
				    sizeof t->decoder[0]->counts);
		t->plain++;
		t->odd += said[0] != DECODED || t->packet[0].bits & ~PKT_DF;
	}
	free(held);
}

static void
the_short_way_tells_the_same(void **state)
{
	struct twins t = {.random = 88172645463325252U};
	const struct decode_counts *c;

	(void)state;
	for (int i = 0; i < 2; i++)
		t.decoder[i] = decoder_new(NULL);
	for (unsigned i = 0; i < FRAMES; i++)
		check_frame(&t);
	c = decode_counts(t.decoder[0]);
	/* Or nothing was tested. */
	assert_in_range(t.plain, FRAMES / 2, FRAMES - 1);
	assert_in_range(t.odd, FRAMES / 20, t.plain / 2);
	assert_true(c->bad && c->bad_sum && c->bad_ip_sum);
	for (int i = 0; i < 2; i++)
		decoder_free(t.decoder[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_short_way_tells_the_same)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
