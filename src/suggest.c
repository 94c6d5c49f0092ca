/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a stanza from a flow's facts: the next contribution starts from there. */
#include "suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "finding.h"

/* A value longer than this is a page, and says more about the site than about the censor. */
#define TEXT_LONGEST 48

/* What gives a flow away, most telling first, and what it would be called. */
static const struct {
	const char *field;
	enum mechanism mechanism;
} tells[] = {
    {"tcp.conflict", DATA_INJECTION},
    {"tcp.reset_ack", RST_INJECTION},
    {"tcp.reset", RST_INJECTION},
    {"icmp.error.type", ICMP_REJECTION},
    {"tls.alert.description", TLS_ALERT_INJECTION},
    {"http.response.code", BLOCK_PAGE},
    {"tls.cert.issuer", TLS_INTERCEPTION},
    {"dns.response", DNS_INJECTION},
    {"tcp.silence", DROP},
    {"tcp.fin", FIN_INJECTION},
};

/* What set it off, most telling first. */
static const char *const triggers[] = {"tls.client_hello", "http.request", "dns.query",
				       "quic.initial",     "tcp.data",     "tcp.syn"};

/* Facts of the odd packet that speak of its maker, in the order in which they are written. */
static const char *const marks[] = {
    "ip.ttl_jump",
    "ip.id",
    "ip.df",
    "ip.id_mirror",
    "tcp.window_size_value",
    "tcp.len",
    "tcp.seq_rel",
    "tcp.ack_raw_nonzero",
    "tcp.reserved",
    "tcp.options_none",
    "tcp.no_timestamps",
    "tcp.same_ip_id_burst",
    "tcp.window_ladder",
    "icmp.error.code",
    "http.location",
    "http.server",
    "http.title",
    "dns.flags",
    "dns.count.answers",
    "dns.a",
    "dns.aaaa",
    "dns.cname",
    "dns.resp.ttl",
    "dns.flags.rcode",
    "dns.ede.code",
    "tls.cert.subject",
};

static bool
named(const struct fact *f, const char *name)
{
	return strcmp(f->field->name, name) == 0;
}

/* The fact to build on: the most telling kind, the earliest of its kind. */
static const struct fact *
find_tell(const struct flow *f, enum mechanism *ret)
{
	for (size_t k = 0; k < sizeof tells / sizeof tells[0]; k++) {
		const struct fact *tell = flow_first(f, tells[k].field);

		if (tell) {
			*ret = tells[k].mechanism;
			return tell;
		}
	}
	return NULL;
}

/* The last fact of the most telling kind that the other side said before. */
static const struct fact *
find_trigger(const struct flow *f, const struct fact *tell)
{
	for (size_t k = 0; k < sizeof triggers / sizeof triggers[0]; k++) {
		const struct fact *last = NULL;

		for (size_t i = 0; i < f->nfacts; i++) {
			const struct fact *x = &f->facts[i];

			if (named(x, triggers[k]) && x->nsec <= tell->nsec &&
			    (x->from != tell->from || named(tell, "tcp.silence")))
				last = x;
		}
		if (last)
			return last;
	}
	return NULL;
}

static bool
plain(struct bytes t)
{
	if (t.n == 0 || t.n > TEXT_LONGEST)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] < ' ' || t.p[i] == 0x7f)
			return false;
	return true;
}

/* " OP VALUE", or nothing if the value is no use. */
static void
print_value(const struct fact *f, FILE *out)
{
	char text[ADDR_TEXT_MAX];

	switch (f->field->type) {
	case FACT_UINT:
		fprintf(out, " == %llu", (unsigned long long)f->u);
		break;
	case FACT_ADDR:
		fprintf(out, " == %s", addr_text(&f->addr, text));
		break;
	case FACT_TEXT:
		if (!plain(f->text))
			break;
		fputs(" == \"", out);
		for (size_t i = 0; i < f->text.n; i++) {
			if (f->text.p[i] == '"' || f->text.p[i] == '\\')
				putc('\\', out);
			putc(f->text.p[i], out);
		}
		putc('"', out);
		break;
	case FACT_MARK:
		break;
	}
}

static const char *
side_word(enum side s)
{
	return s == CLIENT ? "client" : "server";
}

static void
print_marks(const struct flow *f, const struct fact *tell, FILE *out)
{
	for (size_t k = 0; k < sizeof marks / sizeof marks[0]; k++) {
		for (size_t i = 0; i < f->nfacts; i++) {
			const struct fact *x = &f->facts[i];

			if (x == tell || x->at.frame != tell->at.frame ||
			    x->at.capture != tell->at.capture || !named(x, marks[k]))
				continue;
			fprintf(out, " with %s", x->field->name);
			print_value(x, out);
			break;
		}
	}
}

/* How long after the trigger, rounded up generously: a round-trip varies. */
static void
print_within(int64_t after, FILE *out)
{
	int64_t ms = after / NSEC_PER_MSEC * 2 + 10, s = ms / 1000 + 1;

	if (ms < 1000)
		fprintf(out, " within %" PRId64 "ms", ms);
	else if (s < 86400)
		fprintf(out, " within %" PRId64 "s", s);
}

/* The name of a capture as the files use it: without folder and suffix, if that is a name. */
static void
print_sample(const char *capture, FILE *out)
{
	const char *slash = capture ? strrchr(capture, '/') : NULL;
	const char *name = slash ? slash + 1 : capture;
	size_t n = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") : 0;

	if (n && (name[n] == '.' || !name[n]))
		fprintf(out, "sample    = %.*s\n", (int)n, name);
}

int
suggest_stanza(const struct flow *f, const char *capture, FILE *out)
{
	enum mechanism mechanism = RST_INJECTION;
	const struct fact *tell = find_tell(f, &mechanism);
	const struct fact *trigger = tell ? find_trigger(f, tell) : NULL;

	if (!tell)
		return -ENODATA;
	fprintf(out, "# Frame %u. Keep what the system always does, delete what was chance.\n",
		tell->at.frame);
	fprintf(out, "[fixme-%llu]\n", (unsigned long long)f->id);
	fprintf(out, "title     = FIXME\nkind      = specific\nmechanism = %s\n",
		mechanism_words[mechanism]);
	if (trigger)
		fprintf(out, "when      = %s from %s\n", trigger->field->name,
			side_word(trigger->from));
	fprintf(out, "%s      = %s", trigger ? "then" : "when", tell->field->name);
	print_value(tell, out);
	fprintf(out, " from %s", side_word(tell->from));
	if (trigger)
		print_within(tell->nsec - trigger->nsec, out);
	print_marks(f, tell, out);
	fputs("\nscore     = 50%\nrev       = 1\n", out);
	fputs("innocent  = FIXME\n", out);
	print_sample(capture, out);
	fputs("source    = FIXME\n\n", out);
	return 0;
}
