/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds suspicions about DNS answers against what else the capture shows. */
#pragma once

#include "correlate.h"

/* Does the resolver usually answer like this, and what do others say? */
void correlate_dns(const struct correlation *c, struct candidate *x);
/* Was it a resolver that the client tried to speak to in secret (RFC 7858, 8484, 9250), and is it
 * known to do that? */
void correlate_encrypted_dns(const struct correlation *c, struct candidate *x);
/* A question without an answer: do others know the name, and does the resolver answer others? */
void correlate_unanswered(const struct correlation *c, struct candidate *x);
