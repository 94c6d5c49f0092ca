/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract's words put plainly, for the report that people read. */
#pragma once

#include "finding.h"

/* "a forged reset": what was done, as a heading. */
extern const char *const mechanism_titles[NMECHANISMS];
/* "connections are cut by a forged reset": what is done to a target. */
extern const char *const mechanism_clauses[NMECHANISMS];
/* "right after the first data": when it happens. */
extern const char *const stage_clauses[NSTAGES];
/* "the TLS server name": what set it off; the value follows, if there is one. */
extern const char *const trigger_phrases[NTRIGGERS];
extern const char *const vantage_phrases[NVANTAGES];
/* "never answered": what a cited packet is to its finding. */
extern const char *const role_phrases[NROLES];

/* "forged packets went to the client". */
const char *direction_phrase(enum mechanism m, enum direction d);
/* "IP TTL" for "ip.ttl"; the name itself if there is no better word for it. */
const char *feature_phrase(const char *feature);
