/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a page sent over HTTP says: its compression undone, its title found. */
#pragma once

#include "base.h"

enum page_coding { PAGE_PLAIN, PAGE_GZIP, PAGE_DEFLATE, PAGE_OTHER };

/* What a Content-Encoding means (RFC 9110, 8.4.1). */
enum page_coding page_coding(struct bytes header);

/* Decodes the beginning of a body, which may lack its end, into out, max bytes at most. Returns
 * how many bytes came out; 0 for PAGE_OTHER. */
size_t page_decode(struct bytes raw, enum page_coding coding, uint8_t *out, size_t max);

/* What is between <title> and its end tag, trimmed; empty if there is no title. */
struct bytes page_title(struct bytes page);

/* Where the first frame of a page comes from, or where it sends the browser by itself; empty if it
 * does neither. */
struct bytes page_frame(struct bytes page);
