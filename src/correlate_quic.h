/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Silences of QUIC, held against other conversations: other names, other versions, TCP, and the
 * minutes before and after. */
#pragma once

#include "contemporaries.h"
#include "candidate.h"

/* Asks how QUIC fared otherwise, and names what set the silence off by what differed. */
void correlate_quic(const struct correlation *c, const struct contemporaries *others,
		    struct candidate *x);
/* Did anything get through between the two, so that the one left nothing behind for the other? */
bool correlate_quic_over(const struct correlation *c, const struct episode *me,
			 const struct candidate *hit);
/* It vanished after interference with the same client, address and port: what else vanished so,
 * and when did it end? */
void correlate_quic_residual(const struct correlation *c, struct candidate *x,
			     const struct candidate *hit);
