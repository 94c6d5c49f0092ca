/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A capture file from its first byte to one that is redacted: as many frames, at the same times, of
 * the same lengths, and no client's IPv4 address in a decoded packet. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"
#include "decode.h"
#include "flow.h"
#include "redact.h"

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A few bytes of gzip or zstd can stand for gigabytes. */
#define BYTES_MOST (1u << 20)
#define CLIENTS_MOST 256

struct watched {
	struct addr client[CLIENTS_MOST], server[CLIENTS_MOST];
	size_t nclients, nservers;
};

static void
must(bool held)
{
	if (!held)
		abort();
}

static const char *
name_of(int fd, char out[32])
{
	snprintf(out, 32, "/proc/self/fd/%d", fd);
	return out;
}

static int
file_of(const void *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	return fd;
}

static void
see(void *context, const struct flow *f)
{
	struct watched *s = context;

	if (f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP)
		return;
	if (s->nclients < CLIENTS_MOST)
		s->client[s->nclients++] = f->addr[CLIENT];
	if (s->nservers < CLIENTS_MOST)
		s->server[s->nservers++] = f->addr[SERVER];
}

static bool
has(const struct addr *list, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&list[i], a))
			return true;
	return false;
}

/* Only of the whole Internet's addresses: a disguise in a small network may be the same. */
static bool
is_hidden(const struct watched *s, const struct addr *a)
{
	const uint8_t *b = a->b + ADDR_V4_AT;

	return addr_is_v4(a) && disguise_is_global(a) && b[0] != 192 && b[0] != 198 &&
	       b[0] != 203 && s->nservers < CLIENTS_MOST && has(s->client, s->nclients, a) &&
	       !has(s->server, s->nservers, a);
}

static void
compare(const char *redacted, const char *original, const struct watched *s)
{
	static const struct capture_options plain;
	struct decoder *d = decoder_new(NULL);
	struct capture *r, *o;
	struct frame x, y;
	struct packet p;
	char *why = NULL;

	must(capture_open(&redacted, 1, &plain, &r, &why) == 0);
	must(capture_open(&original, 1, &plain, &o, &why) == 0);
	while (capture_next(o, &y) == 1) {
		must(capture_next(r, &x) == 1);
		must(x.caplen == y.caplen && x.len == y.len && x.link_type == y.link_type);
		must(y.nsec <= 0 || x.nsec == y.nsec);
		if (decode(d, &x, &p) == DECODED)
			must(!is_hidden(s, &p.src) && !is_hidden(s, &p.dst));
	}
	must(capture_next(r, &x) == 0);
	decoder_free(d);
	capture_close(r);
	capture_close(o);
}

static void
redact(const struct analyze_options *analyze, const char *file, const struct watched *s)
{
	static const uint8_t key[CRYPTOPAN_KEY] = {7};
	struct redact_options options = {.analyze = analyze, .key = key};
	struct redaction *r;
	char name[32], *text = NULL, *why = NULL;
	size_t n = 0;
	FILE *out;
	int fd;

	must(redact_begin(&options, &r, &why) == 0);
	out = open_memstream(&text, &n);
	must(redact_write(r, 0, out, &why) == 0);
	fclose(out);
	redact_end(r);
	fd = file_of(text, n);
	compare(name_of(fd, name), file, s);
	close(fd);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct watched *s;
	char name[32], *why = NULL;
	const char *file;
	struct analyze_options options = {.nfiles = 1, .fingerprints = SOURCE_FINGERPRINTS};
	struct analysis *a;
	int fd;

	if (size > 2 && (data[0] == 0x1f || data[0] == 0x28) && size > BYTES_MOST / 1024)
		return 0;
	s = xcalloc(1, sizeof *s);
	fd = file_of(data, size);
	file = name_of(fd, name);
	options.files = &file;
	options.watch = see;
	options.watch_context = s;
	if (analyze(&options, &a, &why) == 0) {
		analysis_free(a);
		options.watch = NULL;
		redact(&options, file, s);
	}
	free(why);
	free(s);
	close(fd);
	return 0;
}
