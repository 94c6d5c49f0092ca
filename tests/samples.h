/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests of dissectors: the payloads of tests/payloads, a flow to put them through, and facts
 * as text, one a line, so that two runs can be compared and a failure can be read. */
#pragma once

#include "dissect_engine.h"
#include "pool.h"

#include <dirent.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sample {
	char *name; /* "dns/gfw-a" */
	enum carrier carrier;
	enum side from;
	uint8_t *p;
	size_t n;
};

struct samples {
	struct sample *list;
	size_t n;
};

static inline uint8_t *
read_whole(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t n = 0, got;

	if (!f)
		return NULL;
	do {
		p = xrealloc(p, n + 4096, 1);
		got = fread(p + n, 1, 4096, f);
		n += got;
	} while (got > 0);
	fclose(f);
	*ret_n = n;
	return p;
}

/* The bytes at path, and how they travel by the word of the .txt beside them. */
static inline bool
sample_read(const char *path, struct sample *ret)
{
	char line[64] = "", other[512];
	size_t length = strlen(path);
	FILE *f;

	snprintf(other, sizeof other, "%.*stxt", (int)(length - 3), path);
	f = fopen(other, "r");
	if (!f)
		return false;
	if (!fgets(line, sizeof line, f))
		line[0] = '\0';
	fclose(f);
	ret->carrier = strncmp(line, "stream", 6) == 0 ? STREAM : DATAGRAMS;
	ret->from = strstr(line, "server") ? SERVER : CLIENT;
	ret->p = read_whole(path, &ret->n);
	return ret->p != NULL;
}

static inline int
is_payload(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".bin") == 0;
}

/* All payloads of a dissector, sorted by name; none if it has no folder. */
static inline struct samples
samples_read(const char *dissector)
{
	struct samples s = {NULL, 0};
	struct dirent **names;
	char path[512];
	int n;

	snprintf(path, sizeof path, SOURCE_ROOT "/tests/payloads/%s", dissector);
	n = scandir(path, &names, is_payload, alphasort);
	for (int i = 0; i < n; i++) {
		struct sample one = {0};

		snprintf(path, sizeof path, SOURCE_ROOT "/tests/payloads/%s/%s", dissector,
			 names[i]->d_name);
		if (sample_read(path, &one)) {
			one.name = xstrdup(names[i]->d_name);
			s.list = xrealloc(s.list, s.n + 1, sizeof *s.list);
			s.list[s.n++] = one;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return s;
}

static inline void
samples_free(struct samples *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].name);
		free(s->list[i].p);
	}
	free(s->list);
}

/* A flow between two hosts, claimed by d; by nobody yet if d is NULL. */
static inline void
flow_begin(struct flow *f, const struct dissector *d, enum carrier carrier, uint16_t port)
{
	static const struct packet packet = {
	    .number = 7, .nsec = 42, .ip_version = 4, .icmp_type = 8, .icmp_word = 0x12340001};

	*f = (struct flow){.proto = carrier == STREAM ? IPPROTO_TCP : IPPROTO_UDP,
			   .ip_version = 4,
			   .port = {49152, port},
			   .now = &packet};
	facts_unpack(f); /* for tests to look at any time */
	if (!d)
		return;
	f->dissector = d;
	if (d->state_size)
		f->state = pool_alloc(d->state_size);
}

static inline void
flow_end(struct flow *f)
{
	dissect_free(f);
	arena_free(f->arena);
	facts_free(f);
}

/* Hands over bytes in a heap block of exactly their size, so that a step beyond them is seen. */
static inline void
flow_hear(struct flow *f, enum side from, enum carrier carrier, const uint8_t *p, size_t n)
{
	uint8_t *copy;

	if (n == 0)
		return;
	copy = xcalloc(n, 1);
	memcpy(copy, p, n);
	if (carrier == STREAM)
		dissect_stream_bytes(f, from, (struct bytes){copy, n});
	else
		dissect_datagram(f, from, (struct bytes){copy, n}, false);
	free(copy);
}

static inline void
print_text(FILE *out, struct bytes t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] >= ' ' && t.p[i] < 0x7f)
			fputc(t.p[i], out);
		else
			fprintf(out, "\\x%02x", t.p[i]);
}

/* The first n facts as lines "dns.qry.name=twitter.com"; to be freed. */
static inline char *
facts_text(const struct flow *f, size_t n)
{
	char *text = NULL, buffer[ADDR_TEXT_MAX];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; out && i < n; i++) {
		const struct fact *fact = &f->facts[i];

		if (!fact->field) {
			fputs("(no field)\n", out);
			continue;
		}
		fputs(fact->field->name, out);
		switch (fact->field->type) {
		case FACT_MARK:
			break;
		case FACT_UINT:
			fprintf(out, "=%" PRIu64, fact->u);
			break;
		case FACT_TEXT:
			fputc('=', out);
			print_text(out, fact->text);
			break;
		case FACT_ADDR:
			fprintf(out, "=%s", addr_text(&fact->addr, buffer));
			break;
		}
		fputc('\n', out);
	}
	if (out)
		fclose(out);
	return text;
}
