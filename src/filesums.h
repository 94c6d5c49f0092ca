/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file as it lies on the disk: its size and its digests. */
#pragma once

#include "base.h"

#define SUM256_HEX 64
#define SUM512_HEX 128

struct file_sums {
	uint64_t size;
	char sha256[SUM256_HEX + 1];
	char sha512[SUM512_HEX + 1]; /* "" if it was not asked for */
};

/* Of all bytes of an open file, wherever it is read at the moment. Returns 0 or a negative errno,
 * which is -EFBIG if there are more than `most`. */
int file_sums(int fd, bool sha512, uint64_t most, struct file_sums *ret);
int bytes_sums(struct bytes b, struct file_sums *ret);
/* Opens a file of a folder for reading. What is no regular file is refused: -ELOOP for a symbolic
 * link, -EINVAL for the rest. Returns a descriptor or a negative errno. */
int file_open_in(int folder, const char *name);
/* All of a regular file's bytes and a NUL, to be freed by the caller; -EFBIG if there are more
 * than `most`. */
int file_read_in(int folder, const char *name, size_t most, uint8_t **ret, size_t *ret_n);
