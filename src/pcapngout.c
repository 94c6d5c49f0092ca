/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks are gathered and written whole, in little endian: the byte-order magic says so. */
#include "pcapngout.h"

#include "printable.h"

#include <errno.h>
#include <stdlib.h>

enum block { SECTION = 0x0a0d0d0a, INTERFACE = 1, NAMES = 4, ENHANCED_PACKET = 6 };
enum option {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
};
enum record { RECORD_END = 0, RECORD_V4 = 1, RECORD_V6 = 2 };

/* An option's length has 16 bits (3.5). */
#define OPTION_MAX 65535u

struct pcapngout {
	FILE *out;
	uint8_t *block; /* being gathered */
	size_t n, size;
	uint32_t interfaces;
	int error;
};

static void
put(struct pcapngout *w, const void *p, size_t n)
{
	if (w->n + n + 4 > w->size) {
		w->size = 2 * (w->n + n) + 256;
		w->block = xrealloc(w->block, w->size, 1);
	}
	if (n)
		memcpy(w->block + w->n, p, n);
	w->n += n;
	while (w->n % 4)
		w->block[w->n++] = 0;
}

static void
put_u32(struct pcapngout *w, uint32_t x)
{
	const uint8_t b[4] = {(uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16),
			      (uint8_t)(x >> 24)};

	put(w, b, sizeof b);
}

/* Two numbers of 16 bits. */
static void
put_pair(struct pcapngout *w, uint32_t a, uint32_t b)
{
	put_u32(w, (a & 0xffff) | b << 16);
}

static void
put_option(struct pcapngout *w, enum option code, const void *p, size_t n)
{
	put_pair(w, code, (uint32_t)n);
	put(w, p, n);
}

/* Lines stay lines; all else that comes from packets is made fit to be shown. */
static void
put_text(struct pcapngout *w, enum option code, const char *text)
{
	char *shown, *p;
	unsigned columns;

	if (!text || !*text)
		return;
	shown = p = xcalloc(strlen(text) * 4 + PRINTABLE_MAX, 1);
	while (*text && p - shown < (ptrdiff_t)OPTION_MAX - PRINTABLE_MAX) {
		if (*text == '\n') {
			*p++ = *text++;
			continue;
		}
		text += printable_next(text, p, &columns);
		p += strlen(p);
	}
	put_option(w, code, shown, (size_t)(p - shown));
	free(shown);
}

static void
begin(struct pcapngout *w, enum block type)
{
	w->n = 0;
	put_u32(w, type);
	put_u32(w, 0); /* the length, when it is known */
}

static void
end(struct pcapngout *w)
{
	uint32_t n = (uint32_t)w->n + 4;

	put_u32(w, n);
	w->n = 4;
	put_u32(w, n);
	w->n = n;
	if (fwrite(w->block, 1, w->n, w->out) != w->n && !w->error)
		w->error = errno ? -errno : -EIO;
}

struct pcapngout *
pcapngout_new(FILE *out, const char *comment, const char *application)
{
	struct pcapngout *w = xcalloc(1, sizeof *w);

	w->out = out;
	begin(w, SECTION);
	put_u32(w, 0x1a2b3c4d);
	put_pair(w, 1, 0); /* version 1.0 */
	put_u32(w, UINT32_MAX);
	put_u32(w, UINT32_MAX); /* the section's length: not told */
	put_text(w, OPT_COMMENT, comment);
	put_text(w, SHB_USERAPPL, application);
	put_option(w, OPT_END, NULL, 0);
	end(w);
	return w;
}

static void
put_name(struct pcapngout *w, const struct pcapngout_name *name)
{
	bool v4 = addr_is_v4(&name->addr);
	const uint8_t *addr = name->addr.b + (v4 ? ADDR_V4_AT : 0);
	size_t a = v4 ? 4 : 16, n = strlen(name->name) + 1;
	uint8_t *value;

	if (a + n > OPTION_MAX)
		return;
	value = xcalloc(a + n, 1);
	memcpy(value, addr, a);
	memcpy(value + a, name->name, n);
	put_pair(w, v4 ? RECORD_V4 : RECORD_V6, (uint32_t)(a + n));
	put(w, value, a + n);
	free(value);
}

void
pcapngout_names(struct pcapngout *w, const struct pcapngout_name *names, size_t n)
{
	if (!n)
		return;
	begin(w, NAMES);
	for (size_t i = 0; i < n; i++)
		put_name(w, &names[i]);
	put_pair(w, RECORD_END, 0);
	end(w);
}

uint32_t
pcapngout_interface(struct pcapngout *w, int link_type, uint32_t snaplen, const char *description)
{
	static const uint8_t nanoseconds = 9;

	begin(w, INTERFACE);
	put_pair(w, (uint32_t)link_type, 0);
	put_u32(w, snaplen);
	put_text(w, IF_DESCRIPTION, description);
	put_option(w, IF_TSRESOL, &nanoseconds, sizeof nanoseconds);
	put_option(w, OPT_END, NULL, 0);
	end(w);
	return w->interfaces++;
}

void
pcapngout_frame(struct pcapngout *w, uint32_t interface, const struct frame *f,
		const char *const *comments, size_t n)
{
	uint64_t nsec = f->nsec > 0 ? (uint64_t)f->nsec : 0;

	begin(w, ENHANCED_PACKET);
	put_u32(w, interface);
	put_u32(w, (uint32_t)(nsec >> 32));
	put_u32(w, (uint32_t)nsec);
	put_u32(w, f->caplen);
	put_u32(w, f->len);
	put(w, f->data, f->caplen);
	for (size_t i = 0; i < n; i++)
		put_text(w, OPT_COMMENT, comments[i]);
	if (n)
		put_option(w, OPT_END, NULL, 0);
	end(w);
}

int
pcapngout_finish(struct pcapngout *w)
{
	int error = w->error;

	errno = 0;
	if (fflush(w->out) && !error)
		error = errno ? -errno : -EIO;
	free(w->block);
	free(w);
	return error;
}
