/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every suspicion with its evidence, one JSON object a line: what tests/fit/fit.py reads. */
#include "weighing.h"

#include <jansson.h>

static json_t *
frames_of(const struct finding *f, enum role role)
{
	json_t *a = json_array();

	for (size_t i = 0; i < f->ncites; i++)
		if (f->cites[i].role == role)
			json_array_append_new(a, json_integer(f->cites[i].at.frame));
	return a;
}

static json_t *
evidence_of(const struct finding *f)
{
	json_t *a = json_array();

	for (size_t i = 0; i < f->nevidence; i++)
		json_array_append_new(a, json_string(f->evidence[i].name));
	return a;
}

void
weighing_print(const struct finding *f, FILE *out)
{
	char client[ADDR_TEXT_MAX], server[ADDR_TEXT_MAX];
	json_t *o =
	    json_pack("{s:s, s:i, s:s, s:i, s:s, s:i, s:f, s:s, s:I, s:o, s:o}", "mechanism",
		      mechanism_words[f->mechanism], "protocol", f->flow.proto, "client",
		      addr_text(&f->flow.addr[CLIENT], client), "client_port", f->flow.port[CLIENT],
		      "server", addr_text(&f->flow.addr[SERVER], server), "server_port",
		      f->flow.port[SERVER], "confidence", f->confidence, "stage",
		      stage_words[f->stage], "nsec", (json_int_t)f->nsec, "evidence",
		      evidence_of(f), "injected", frames_of(f, ROLE_INJECTED));

	if (!o)
		return;
	json_dumpf(o, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(o);
}
