/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of writers, and what they share. */
#include "report.h"

#include "report_parts.h"

#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>

const struct report_writer report_writers[] = {
    {"text", report_text}, {"json", report_json}, {"ndjson", report_ndjson}, {0}};

double
rounded(double x)
{
	return round(x * 1e4) / 1e4 + 0.0; /* never -0 */
}

unsigned
percent(double confidence)
{
	return (unsigned)(rounded(confidence) * 100 + 1e-9);
}

struct verdict_counts
verdict_counts(const struct report *r)
{
	struct verdict_counts n = {0};

	for (size_t i = 0; i < r->nfindings; i++) {
		const char *word = verdict_word(rounded(r->findings[i]->confidence));

		if (!word)
			continue;
		n.confirmed += word[0] == 'c';
		n.likely += word[0] == 'l';
		n.possible += word[0] == 'p';
	}
	return n;
}

const char *
protocol_word(uint8_t proto, char out[PROTOCOL_MAX])
{
	const char *word = proto == IPPROTO_TCP      ? "tcp"
			   : proto == IPPROTO_UDP    ? "udp"
			   : proto == IPPROTO_ICMP   ? "icmp"
			   : proto == IPPROTO_ICMPV6 ? "icmpv6"
			   : proto == IPPROTO_SCTP   ? "sctp"
						     : NULL;

	if (word)
		snprintf(out, PROTOCOL_MAX, "%s", word);
	else
		snprintf(out, PROTOCOL_MAX, "ip-%u", (unsigned)proto);
	return out;
}

static int
compare_cites(const void *a, const void *b, void *arg)
{
	const struct finding *f = arg;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	const struct cite *x = &f->cites[i], *y = &f->cites[k];

	if (x->at.capture != y->at.capture)
		return x->at.capture < y->at.capture ? -1 : 1;
	if (x->at.frame != y->at.frame)
		return x->at.frame < y->at.frame ? -1 : 1;
	if (x->role != y->role)
		return x->role < y->role ? -1 : 1;
	return i < k ? -1 : i > k;
}

size_t *
cites_in_order(const struct finding *f)
{
	size_t *order = xcalloc(f->ncites, sizeof *order);

	for (size_t i = 0; i < f->ncites; i++)
		order[i] = i;
	qsort_r(order, f->ncites, sizeof *order, compare_cites, (void *)f);
	return order;
}

int
finish(FILE *out)
{
	errno = 0;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
