/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 (RFC 3629) told from other bytes; controls and invisible characters written out. */
#include "printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Bytes of the well-formed UTF-8 sequence (RFC 3629) at s, which ends with a NUL; 0 if it is none.
 * *ret_code is its character. */
static size_t
utf8_sequence(const char *s, uint32_t *ret_code)
{
	const uint8_t *p = (const uint8_t *)s;
	/* Smallest character of each length: a longer form of a smaller one is malformed. */
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80   ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;
	uint32_t code = n == 1 ? p[0] : n ? p[0] & (0x7fU >> n) : 0;

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0; /* also where the text ends */
		code = code << 6 | (p[i] & 0x3f);
	}
	if (!n || code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

/* Characters that change how others are shown, or show nothing: with them one name can be made to
 * look like another (Unicode TR 36, 2.6; UAX 9). */
static bool
invisible(uint32_t c)
{
	return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static bool
control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Writes n bytes as \xNN. */
static void
put_hex(const char *s, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		uint8_t b = (uint8_t)s[i];

		*out++ = '\\';
		*out++ = 'x';
		*out++ = digits[b >> 4];
		*out++ = digits[b & 15];
	}
	*out = '\0';
}

size_t
printable_next(const char *s, char out[PRINTABLE_MAX], unsigned *ret_columns)
{
	uint32_t code = 0;
	size_t n = utf8_sequence(s, &code);
	int columns = !n || control(code) || invisible(code) ? -1
		      : code < 0x80                          ? 1
							     : wcwidth((wchar_t)code);

	if (columns < 0) {
		n = n ? n : 1;
		put_hex(s, n, out);
		*ret_columns = (unsigned)(4 * n);
		return n;
	}
	memcpy(out, s, n);
	out[n] = '\0';
	*ret_columns = (unsigned)columns;
	return n;
}

char *
printable(const char *s)
{
	char *text = xcalloc(strlen(s) * 4 + 1, 1), *p = text, one[PRINTABLE_MAX];
	unsigned columns;

	while (*s) {
		s += printable_next(s, one, &columns);
		p = stpcpy(p, one);
	}
	return text;
}

unsigned
printable_columns(const char *s)
{
	unsigned sum = 0, columns;
	char one[PRINTABLE_MAX];

	while (*s) {
		s += printable_next(s, one, &columns);
		sum += columns;
	}
	return sum;
}

char *
json_safe(const char *s)
{
	char *text = xcalloc(strlen(s) * 4 + 1, 1), *p = text;

	while (*s) {
		uint32_t code = 0;
		size_t n = utf8_sequence(s, &code);

		if (!n || (code >= 0x7f && control(code))) {
			n = n ? n : 1;
			put_hex(s, n, p);
			p += 4 * n;
		} else {
			p = mempcpy(p, s, n);
		}
		s += n;
	}
	return text;
}
