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
/* "it is the last thing said before": how a trigger is known, by the bits of enum trigger_basis. */
#define NBASES 3
extern const char *const basis_phrases[NBASES];
/* For whom a block stayed, by struct residual's tuple; 2 to 4. */
extern const char *const residual_phrases[5];

/* "forged packets went to the client". */
const char *direction_phrase(enum mechanism m, enum direction d);
/* "IP TTL" for "ip.ttl"; the name itself if there is no better word for it. */
const char *feature_phrase(const char *feature);
