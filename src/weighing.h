/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every suspicion with its evidence, for the fit of the weights. */
#pragma once

#include <stdio.h>

#include "finding.h"

/* One line of JSON. */
void weighing_print(const struct finding *f, FILE *out);
