/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what the whole data path makes of a capture, a line each: dump_facts FILE
 *
 *	packets	number
 *	fact	flow	frame	message	side	field	value
 *	flow	id	protocol	client	port	server	port	first frame last frame	bits
 *
 * Columns are separated by tabs; in texts a backslash and what is not printable ASCII stand as
 * \xHH. A conversation told in parts has several lines of its id. tests/agree_tshark.py reads
 * it. */
#include "analyze.h"
#include "flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void
print_text(struct bytes t)
{
	for (size_t i = 0; i < t.n; i++) {
		uint8_t b = t.p[i];

		if (b >= ' ' && b < 0x7f && b != '\\')
			putchar(b);
		else
			printf("\\x%02x", b);
	}
}

static void
print_fact(const struct flow *f, const struct fact *fact)
{
	char address[ADDR_TEXT_MAX];

	printf("fact\t%" PRIu64 "\t%u\t%u\t%s\t%s\t", f->id, fact->at.frame, fact->message,
	       fact->from == CLIENT ? "client" : "server", fact->field->name);
	switch (fact->field->type) {
	case FACT_MARK:
		break;
	case FACT_UINT:
		printf("%" PRIu64, fact->u);
		break;
	case FACT_TEXT:
		print_text(fact->text);
		break;
	case FACT_ADDR:
		printf("%s", addr_text(&fact->addr, address));
		break;
	}
	putchar('\n');
}

static void
print_flow(void *context, const struct flow *f)
{
	char client[ADDR_TEXT_MAX], server[ADDR_TEXT_MAX];

	(void)context;
	for (size_t i = 0; i < f->nfacts; i++)
		print_fact(f, &f->facts[i]);
	printf("flow\t%" PRIu64 "\t%u\t%s\t%u\t%s\t%u\t%u\t%u\t%u\n", f->id, f->proto,
	       addr_text(&f->addr[CLIENT], client), f->port[CLIENT],
	       addr_text(&f->addr[SERVER], server), f->port[SERVER], f->first_at.frame,
	       f->last_at.frame, f->bits);
}

int
main(int argc, char **argv)
{
	const struct analyze_options options = {
	    .files = (const char *const *)argv + 1,
	    .nfiles = 1,
	    .watch = print_flow,
	};
	struct analysis *analysis;
	char *why;

	if (argc != 2) {
		fputs("usage: dump_facts FILE\n", stderr);
		return 2;
	}
	if (analyze(&options, &analysis, &why) < 0) {
		fprintf(stderr, "%s\n", why);
		free(why);
		return 1;
	}
	printf("packets\t%" PRIu64 "\n", analysis_report(analysis)->captures[0]->packets);
	analysis_free(analysis);
	return 0;
}
