/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does one stanza cover another? Sound, not complete: "yes" is always right. */
#include "fpdb.h"

#include <string.h>

static bool
same_text(struct bytes a, struct bytes b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static bool
same_value(const struct condition *a, const struct condition *b)
{
	if (a->op == OP_IN || b->op == OP_IN)
		return a->op == b->op && a->list == b->list;
	switch (a->field->type) {
	case FACT_UINT:
		return a->u == b->u;
	case FACT_TEXT:
		return same_text(a->text, b->text);
	case FACT_ADDR:
		return a->prefix == b->prefix && addr_equal(&a->addr, &b->addr);
	case FACT_MARK:
		break;
	}
	return true;
}

/* The numbers that satisfy a condition, if they are an interval. */
static bool
interval(const struct condition *c, uint64_t *low, uint64_t *high)
{
	*low = 0;
	*high = UINT64_MAX;
	switch (c->op) {
	case OP_EQ:
		*low = *high = c->u;
		return true;
	case OP_LT:
		*high = c->u ? c->u - 1 : 0;
		return c->u > 0;
	case OP_LE:
		*high = c->u;
		return true;
	case OP_GT:
		*low = c->u < UINT64_MAX ? c->u + 1 : UINT64_MAX;
		return c->u < UINT64_MAX;
	case OP_GE:
		*low = c->u;
		return true;
	default:
		return false;
	}
}

static bool
uint_implies(const struct condition *narrow, const struct condition *wide)
{
	uint64_t low, high, wide_low, wide_high;

	if (!interval(narrow, &low, &high))
		return false;
	if (wide->op == OP_NE)
		return wide->u < low || wide->u > high;
	return interval(wide, &wide_low, &wide_high) && wide_low <= low && high <= wide_high;
}

static bool
text_implies(const struct condition *narrow, const struct condition *wide)
{
	if (narrow->op == OP_EQ && wide->op == OP_IN)
		return list_has_text(wide->list, narrow->text) != NULL;
	if (narrow->op != OP_EQ && narrow->op != OP_CONTAINS && narrow->op != OP_PREFIX)
		return false;
	if (wide->op == OP_CONTAINS)
		return memmem(narrow->text.p, narrow->text.n, wide->text.p, wide->text.n) != NULL;
	return wide->op == OP_PREFIX && narrow->op != OP_CONTAINS &&
	       narrow->text.n >= wide->text.n &&
	       memcmp(narrow->text.p, wide->text.p, wide->text.n) == 0;
}

static bool
addr_implies(const struct condition *narrow, const struct condition *wide)
{
	struct fact f = {.field = wide->field, .addr = narrow->addr};

	if (narrow->op != OP_EQ)
		return false;
	if (wide->op == OP_EQ)
		return narrow->prefix >= wide->prefix && condition_holds(wide, &f);
	return narrow->prefix == 128 && condition_holds(wide, &f);
}

static bool
condition_implies(const struct condition *narrow, const struct condition *wide)
{
	if (strcmp(narrow->field->name, wide->field->name) != 0)
		return false;
	if (wide->op == OP_PRESENT || (narrow->op == wide->op && same_value(narrow, wide)))
		return true;
	switch (wide->field->type) {
	case FACT_UINT:
		return uint_implies(narrow, wide);
	case FACT_TEXT:
		return text_implies(narrow, wide);
	case FACT_ADDR:
		return addr_implies(narrow, wide);
	case FACT_MARK:
		break;
	}
	return false;
}

/* Some fact of the packet that `narrow` speaks of satisfies `wide`. */
static bool
packet_implies(const struct term *narrow, const struct condition *wide)
{
	if (condition_implies(&narrow->what, wide))
		return true;
	for (size_t i = 0; i < narrow->nwith; i++)
		if (condition_implies(&narrow->with[i], wide))
			return true;
	return false;
}

/* Whatever satisfies `narrow` satisfies `wide`. */
static bool
term_implies(const struct term *narrow, const struct term *wide)
{
	if (!wide->any_side && (narrow->any_side || narrow->side != wide->side))
		return false;
	/* The term's own fact must do: two lines never share one, but may share a "with". */
	if (!condition_implies(&narrow->what, &wide->what) || narrow->times < wide->times)
		return false;
	for (size_t i = 0; i < wide->nwith; i++)
		if (!packet_implies(narrow, &wide->with[i]))
			return false;
	return true;
}

/* Every exception of the wide one is one of the narrow one. */
static bool
exceptions_imply(const struct terms *narrow, const struct terms *wide)
{
	for (size_t i = 0; i < wide->n; i++) {
		size_t k = 0;

		while (k < narrow->n && !term_implies(&wide->v[i], &narrow->v[k]))
			k++;
		if (k == narrow->n)
			return false;
	}
	return true;
}

bool
stanza_implies(const struct stanza *narrow, const struct stanza *wide)
{
	size_t line = 0;
	bool neighbours = false; /* the narrow line just before was used, too */

	for (size_t i = 0; i < narrow->nlines && line < wide->nlines; i++) {
		const struct term *n = &narrow->lines[i], *w = &wide->lines[line];
		bool in_time = !w->within || (neighbours && n->within && n->within <= w->within);

		neighbours = term_implies(n, w) && in_time;
		if (neighbours)
			line++;
	}
	/* "unless" ends at the last line: that of the wide one must not lie before. */
	if (line < wide->nlines || (wide->unless.n && !neighbours))
		return false;
	return exceptions_imply(&narrow->unless, &wide->unless) &&
	       exceptions_imply(&narrow->never, &wide->never);
}
