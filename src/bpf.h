/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A capture filter for frames of any link type. */
#pragma once

#include "packet.h"

struct bpf;

/* The name of a link type without its prefix, or UNKNOWN(n); returns out. */
#define LINK_NAME_MAX 48
const char *link_type_name(int link_type, char out[LINK_NAME_MAX]);

struct bpf *bpf_new(const char *expression);
void bpf_free(struct bpf *b); /* accepts NULL */

/* Whether the expression can be compiled for this link type. If not, ret_why gets the words. */
bool bpf_knows(struct bpf *b, int link_type, char ret_why[160]);
/* Whether the frame passes. A link type for which the expression means nothing never passes. */
bool bpf_pass(struct bpf *b, const struct frame *f);
