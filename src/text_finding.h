/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the text report that tell of findings and flows. */
#pragma once

#include "page.h"
#include "report.h"

void text_sureness(struct page *p, double confidence); /* "confirmed (97 %)" */
void text_flow_name(struct page *p, const struct flow_name *f);
void text_finding(struct page *p, const struct report *r, const struct report_style *style,
		  const struct finding *f);
/* In two lines: one that is like a finding told before. */
void text_again(struct page *p, const struct report *r, const struct finding *f, bool first);
/* How many more there are. */
void text_more(struct page *p, size_t n);
