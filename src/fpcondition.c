/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does one fact satisfy one condition of a stanza? docs/fingerprints.md tells the operators. */
#include "fpdb.h"

#include <string.h>

/* The loader takes its fields from the same tables as the dissectors. */
static bool
same_field(const struct field *a, const struct field *b)
{
	return a == b;
}

static bool
begins(struct bytes text, const struct bytes *with)
{
	if (text.n < with->n)
		return false;
	for (size_t i = 0; i < with->n; i++)
		if (ascii_lower(text.p[i]) != with->p[i])
			return false;
	return true;
}

static bool
contains(struct bytes text, const struct bytes *what)
{
	for (; text.n >= what->n; text.p++, text.n--)
		if (begins(text, what))
			return true;
	return false;
}

static bool
uint_holds(const struct condition *c, uint64_t u)
{
	switch (c->op) {
	case OP_EQ:
		return u == c->u;
	case OP_NE:
		return u != c->u;
	case OP_LT:
		return u < c->u;
	case OP_LE:
		return u <= c->u;
	case OP_GT:
		return u > c->u;
	case OP_GE:
		return u >= c->u;
	default:
		return false;
	}
}

static bool
text_holds(const struct condition *c, struct bytes text)
{
	bool equal;

	switch (c->op) {
	case OP_CONTAINS:
		return contains(text, &c->text);
	case OP_PREFIX:
		return begins(text, &c->text);
	case OP_IN:
		return list_has_text(c->list, text) != NULL;
	default:
		equal = text.n == c->text.n && begins(text, &c->text);
		return equal == (c->op == OP_EQ);
	}
}

static bool
in_network(const struct condition *c, const struct addr *a)
{
	unsigned whole = c->prefix / 8, rest = c->prefix % 8;

	if (memcmp(a->b, c->addr.b, whole) != 0)
		return false;
	return !rest || ((a->b[whole] ^ c->addr.b[whole]) & (0xff00U >> rest) & 0xff) == 0;
}

bool
condition_holds(const struct condition *c, const struct fact *f)
{
	if (!same_field(c->field, f->field) || c->field->type != f->field->type)
		return false;
	if (c->op == OP_PRESENT)
		return true;
	switch (f->field->type) {
	case FACT_UINT:
		return uint_holds(c, f->u);
	case FACT_TEXT:
		return text_holds(c, f->text);
	case FACT_ADDR:
		if (c->op == OP_IN)
			return list_has_addr(c->list, &f->addr) != NULL;
		return in_network(c, &f->addr) == (c->op == OP_EQ);
	case FACT_MARK:
		break;
	}
	return true;
}
