/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes one TERM of a fingerprint file. docs/fingerprints.md is the grammar. */
#include "fpdb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Words and values of one term; the longest sensible one has a field, a side, a time, a count
 * and WITH_MAX conditions of four words each. */
#define TOKENS_MAX 64

static const char *const operator_words[NOPERATORS] = {
    [OP_PRESENT] = "", [OP_EQ] = "==", [OP_NE] = "!=",      [OP_LT] = "<",      [OP_LE] = "<=",
    [OP_GT] = ">",     [OP_GE] = ">=", [OP_CONTAINS] = "~", [OP_PREFIX] = "^=", [OP_IN] = "in",
};

struct tokens {
	const struct term_source *s;
	char *v[TOKENS_MAX];
	bool quoted[TOKENS_MAX];
	size_t n, at;
};

static bool PRINTF_LIKE(2, 3) refuse(const struct term_source *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	complain(s->complaints, s->file, s->line, "%s", text);
	return false;
}

/* Unquotes in place; returns what follows the closing quote, or NULL. */
static char *
unquote(char *p, char **ret_text)
{
	char *to = p;

	*ret_text = to;
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		*to++ = *p;
	}
	if (!*p)
		return NULL;
	*to = '\0';
	return p + 1;
}

static bool
split(struct tokens *t, char *p)
{
	for (;;) {
		p += strspn(p, " \t");
		if (!*p)
			return true;
		if (t->n == TOKENS_MAX)
			return refuse(t->s, "more than %d words in one term, expected fewer",
				      TOKENS_MAX);
		if (*p == '"') {
			t->quoted[t->n] = true;
			p = unquote(p, &t->v[t->n++]);
			if (!p)
				return refuse(t->s, "text without its closing quote, expected \"");
			if (*p && *p != ' ' && *p != '\t')
				return refuse(t->s,
					      "\"%s\" right behind a quoted text, expected "
					      "a blank",
					      p);
			continue;
		}
		t->v[t->n++] = p;
		p += strcspn(p, " \t");
		if (*p)
			*p++ = '\0';
	}
}

static bool
word_is(const struct tokens *t, const char *word)
{
	return t->at < t->n && !t->quoted[t->at] && strcmp(t->v[t->at], word) == 0;
}

/* The next value, or NULL. */
static const char *
next(struct tokens *t)
{
	return t->at < t->n ? t->v[t->at++] : NULL;
}

/* "5s", "10ms", "250us": nanoseconds, or a negative errno. */
static int64_t
time_parse(const char *text)
{
	static const struct {
		const char *word;
		int64_t nsec;
	} units[] = {{"s", NSEC_PER_SEC}, {"ms", NSEC_PER_MSEC}, {"us", NSEC_PER_USEC}};
	int64_t u = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		u = u * 10 + (*p - '0');
		if (u > WITHIN_MAX)
			return -ERANGE;
	}
	if (p == text || u == 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(p, units[i].word) == 0)
			return u > WITHIN_MAX / units[i].nsec ? -ERANGE : u * units[i].nsec;
	return -EINVAL;
}

double
share_parse(const char *text)
{
	char *end;
	double d;

	/* strtod knows hexadecimal, infinities and locales; shares are digits and one point. */
	if (!*text || strspn(text, "0123456789.") + (strchr(text, '%') != NULL) != strlen(text))
		return -1;
	d = strtod(text, &end);
	if (end == text)
		return -1;
	if (strcmp(end, "%") == 0)
		d /= 100;
	else if (*end)
		return -1;
	return d > 1 ? -1 : d;
}

static bool
parse_uint(const char *text, uint64_t *ret)
{
	bool hex = strncmp(text, "0x", 2) == 0;
	const char *digits = hex ? text + 2 : text;
	char *end;

	if (!*digits || digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")])
		return false;
	errno = 0;
	*ret = strtoull(digits, &end, hex ? 16 : 10);
	return errno == 0 && !*end;
}

static bool
parse_addr(const char *text, struct condition *c)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char host[ADDR_TEXT_MAX] = "";
	uint64_t bits, width = 128;
	uint8_t b[16];

	if (n >= sizeof host)
		return false;
	snprintf(host, sizeof host, "%.*s", (int)n, text);
	if (inet_pton(AF_INET, host, b) == 1) {
		c->addr = addr_from_v4(b);
		width = 32;
	} else if (inet_pton(AF_INET6, host, b) == 1) {
		c->addr = addr_from_v6(b);
	} else {
		return false;
	}
	bits = width;
	if (slash && (!parse_uint(slash + 1, &bits) || bits > width))
		return false;
	c->prefix = (unsigned)(128 - width + bits);
	return true;
}

static bool
operator_fits(enum fact_type type, enum operator op)
{
	switch (type) {
	case FACT_UINT:
		return op >= OP_EQ && op <= OP_GE;
	case FACT_TEXT:
		return op == OP_EQ || op == OP_NE || op >= OP_CONTAINS;
	case FACT_ADDR:
		return op == OP_EQ || op == OP_NE || op == OP_IN;
	case FACT_MARK:
		break;
	}
	return false;
}

static const char *
operators_of(enum fact_type type)
{
	switch (type) {
	case FACT_UINT:
		return "a number: == != < <= > >=";
	case FACT_TEXT:
		return "a text: == != ~ ^= in";
	case FACT_ADDR:
		return "an address: == != in";
	case FACT_MARK:
		break;
	}
	return "a mark: no operator, it is there or not";
}

static bool
parse_list(const struct term_source *s, const char *name, struct condition *c)
{
	const struct list *l = lists_find(s->db->lists, name);
	bool network;

	if (!l)
		return refuse(s, "unknown list \"%s\", expected a file lists/%s.txt", name, name);
	network = list_match(l) == LIST_NETWORK;
	if (network != (c->field->type == FACT_ADDR))
		return refuse(s, "list \"%s\" holds %s, expected one of %s for %s", name,
			      network ? "networks" : "texts", network ? "texts" : "networks",
			      c->field->name);
	c->list = l;
	c->list_name = list_name(l);
	return true;
}

static bool
parse_value(const struct term_source *s, const char *value, struct condition *c)
{
	char *p;

	if (c->op == OP_IN)
		return parse_list(s, value, c);
	switch (c->field->type) {
	case FACT_UINT:
		return parse_uint(value, &c->u) ||
		       refuse(s, "\"%s\" is no number, expected decimal or 0x... for %s", value,
			      c->field->name);
	case FACT_ADDR:
		return parse_addr(value, c) ||
		       refuse(s, "\"%s\" is no address, expected an address or address/bits for %s",
			      value, c->field->name);
	default:
		if (!*value)
			return refuse(s, "empty text, expected at least one byte for %s",
				      c->field->name);
		c->text.n = strlen(value);
		p = arena_text(s->db->arena, (struct bytes){(const uint8_t *)value, c->text.n});
		c->text.p = (uint8_t *)p;
		for (; *p; p++)
			*p = (char)ascii_lower((uint8_t)*p);
		return true;
	}
}

/* FIELD [OP VALUE] */
static bool
parse_condition(struct tokens *t, struct condition *c)
{
	const char *name = next(t), *value;

	if (!name)
		return refuse(t->s, "nothing here, expected a field");
	c->field = database_field(t->s->db, name);
	if (!c->field)
		return refuse(t->s,
			      "unknown field \"%s\", expected one of those that "
			      "\"tamperscope fields\" prints",
			      name);
	if (t->at == t->n || word_is(t, "from") || word_is(t, "within") || word_is(t, "times") ||
	    word_is(t, "with"))
		return true;
	for (enum operator op = OP_EQ; op < NOPERATORS; op++)
		if (word_is(t, operator_words[op]))
			c->op = op;
	if (c->op == OP_PRESENT)
		return refuse(t->s,
			      "unknown word \"%s\", expected an operator or from, within, "
			      "times, with",
			      t->v[t->at]);
	if (!operator_fits(c->field->type, c->op))
		return refuse(t->s, "wrong operator \"%s\", %s is %s", operator_words[c->op], name,
			      operators_of(c->field->type));
	t->at++;
	value = next(t);
	if (!value)
		return refuse(t->s, "nothing behind \"%s\", expected a value",
			      operator_words[c->op]);
	return parse_value(t->s, value, c);
}

static bool
parse_side(struct tokens *t, struct term *ret)
{
	const char *side = next(t);

	if (!ret->any_side)
		return refuse(t->s, "\"from\" said twice, expected it once");
	ret->any_side = false;
	if (side && strcmp(side, "client") == 0)
		ret->side = CLIENT;
	else if (side && strcmp(side, "server") == 0)
		ret->side = SERVER;
	else
		return refuse(t->s, "unknown side \"%s\", expected client or server",
			      side ? side : "");
	return true;
}

static bool
parse_within(struct tokens *t, struct term *ret)
{
	const char *time = next(t);

	if (ret->within)
		return refuse(t->s, "\"within\" said twice, expected it once");
	ret->within = time ? time_parse(time) : -EINVAL;
	if (ret->within == -ERANGE)
		return refuse(t->s, "\"%s\" is too long, expected at most a day", time);
	return ret->within > 0 ||
	       refuse(t->s, "bad time \"%s\", expected a whole number and a unit: s, ms or us",
		      time ? time : "");
}

static bool
parse_times(struct tokens *t, struct term *ret)
{
	const char *times = next(t);
	uint64_t u;

	if (ret->times > 1)
		return refuse(t->s, "\"times\" said twice, expected it once");
	if (!times || !parse_uint(times, &u) || u < 2 || u > TIMES_MAX)
		return refuse(t->s, "bad count \"%s\", expected a number from 2 to %d",
			      times ? times : "", TIMES_MAX);
	ret->times = (unsigned)u;
	return true;
}

static bool
parse_with(struct tokens *t, struct term *ret)
{
	if (!ret->with)
		ret->with = arena_alloc(t->s->db->arena, WITH_MAX * sizeof *ret->with);
	if (ret->nwith == WITH_MAX)
		return refuse(t->s, "more than %d \"with\", expected fewer", WITH_MAX);
	return parse_condition(t, &ret->with[ret->nwith++]);
}

static bool
parse_rest(struct tokens *t, struct term *ret)
{
	bool good = true;

	while (good && t->at < t->n) {
		const char *word = t->v[t->at++];

		if (strcmp(word, "from") == 0)
			good = parse_side(t, ret);
		else if (strcmp(word, "within") == 0)
			good = parse_within(t, ret);
		else if (strcmp(word, "times") == 0)
			good = parse_times(t, ret);
		else if (strcmp(word, "with") == 0)
			good = parse_with(t, ret);
		else
			good = refuse(t->s,
				      "unknown word \"%s\", expected from, within, times or "
				      "with",
				      word);
	}
	return good;
}

bool
term_parse(const struct term_source *s, const char *text, struct term *ret)
{
	struct tokens t = {.s = s};
	char *copy = xstrdup(text);
	bool good;

	*ret = (struct term){.any_side = true, .times = 1, .line = s->line};
	good = split(&t, copy) && parse_condition(&t, &ret->what) && parse_rest(&t, ret);
	free(copy);
	return good;
}

static void
print_text(struct bytes text, FILE *out)
{
	putc('"', out);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			putc('\\', out);
		putc(text.p[i], out);
	}
	putc('"', out);
}

static void
print_addr(const struct condition *c, FILE *out)
{
	char text[ADDR_TEXT_MAX];
	bool v4 = addr_is_v4(&c->addr) && c->prefix >= 96;

	fputs(addr_text(&c->addr, text), out);
	if (c->prefix < 128)
		fprintf(out, "/%u", v4 ? c->prefix - 96 : c->prefix);
}

static void
print_condition(const struct condition *c, FILE *out)
{
	fputs(c->field->name, out);
	if (c->op == OP_PRESENT)
		return;
	fprintf(out, " %s ", operator_words[c->op]);
	if (c->op == OP_IN)
		fputs(c->list_name, out);
	else if (c->field->type == FACT_UINT)
		fprintf(out, "%llu", (unsigned long long)c->u);
	else if (c->field->type == FACT_ADDR)
		print_addr(c, out);
	else
		print_text(c->text, out);
}

void
term_print(const struct term *t, FILE *out)
{
	print_condition(&t->what, out);
	if (!t->any_side)
		fprintf(out, " from %s", t->side == CLIENT ? "client" : "server");
	if (t->within && t->within % NSEC_PER_SEC == 0)
		fprintf(out, " within %llds", (long long)(t->within / NSEC_PER_SEC));
	else if (t->within && t->within % NSEC_PER_MSEC == 0)
		fprintf(out, " within %lldms", (long long)(t->within / NSEC_PER_MSEC));
	else if (t->within)
		fprintf(out, " within %lldus", (long long)(t->within / NSEC_PER_USEC));
	if (t->times > 1)
		fprintf(out, " times %u", t->times);
	for (size_t i = 0; i < t->nwith; i++) {
		fputs(" with ", out);
		print_condition(&t->with[i], out);
	}
}
