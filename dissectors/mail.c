/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail up to the point where it encrypts, or goes on without: what servers offer, what clients ask
 * for, and words that something on the way has overwritten. SMTP (RFC 5321, RFC 3207), IMAP (RFC
 * 9051), POP3 (RFC 1939, RFC 2449, RFC 2595).
 *
 * A message is one line. */
#include "dissect.h"

#include <string.h>

/* SMTP allows 512 bytes a line (RFC 5321, 4.5.3.1.5), IMAP advises 8192 (RFC 2683, 3.2.1.5). */
#define LINE_MAX 8192
#define TEXT_MAX 128
/* Servers list about ten capabilities, large IMAP servers thirty. */
#define CAPABILITIES_MAX 48
/* Lines of one side before one has to be done with the greetings. */
#define LINES_MAX 64
/* A filter writes as many X as the word had letters (Cisco ASA, ESMTP inspection): the shortest
 * word that is not X by itself is taken for four, as SIZE, HELP and EHLO have. */
#define GARBLED_MIN 4

enum {
	F_PROTOCOL,
	F_GREETING,
	F_CAPABILITY,
	F_LISTED,
	F_STARTTLS,
	F_GARBLED,
	F_STARTTLS_ASKED,
	F_STARTTLS_TAKEN,
	F_STARTTLS_REFUSED,
	F_PLAIN,
};

static const struct field fields[] = {
    [F_PROTOCOL] = {"mail.protocol", FACT_TEXT, "smtp, imap or pop3"},
    [F_GREETING] = {"mail.greeting", FACT_TEXT, "the server's first line, at most 128 bytes"},
    [F_CAPABILITY] = {"mail.capability", FACT_TEXT, "one thing that the server can do"},
    [F_LISTED] = {"mail.listed", FACT_MARK, "the server has told all that it can do"},
    [F_STARTTLS] = {"mail.starttls", FACT_MARK, "the server offers to encrypt"},
    [F_GARBLED] = {"mail.garbled", FACT_TEXT, "a word that was overwritten with X or *",
		   .telling = true},
    [F_STARTTLS_ASKED] = {"mail.starttls.asked", FACT_MARK, "the client asks to encrypt"},
    [F_STARTTLS_TAKEN] = {"mail.starttls.taken", FACT_MARK, "the server agrees"},
    [F_STARTTLS_REFUSED] = {"mail.starttls.refused", FACT_TEXT, "the server declines, and how",
			    .telling = true},
    [F_PLAIN] = {"mail.plain", FACT_MARK, "the client logs in or sends mail unencrypted",
		 .telling = true},
    {0},
};

enum protocol { UNKNOWN, SMTP, IMAP, POP3 };

struct mail {
	uint8_t protocol;
	uint8_t lines[2], capabilities;
	bool greeted; /* the first line of the server has been */
	bool listing; /* SMTP, POP3: its lines list capabilities */
	bool asked;   /* STARTTLS has no answer yet */
	bool ignored; /* the answer to come is to something else */
};

static const char *const protocol_words[] = {
    [UNKNOWN] = "", [SMTP] = "smtp", [IMAP] = "imap", [POP3] = "pop3"};

static bool
begins(struct bytes b, const char *word)
{
	size_t n = strlen(word);

	if (b.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((b.p[i] >= 'a' && b.p[i] <= 'z' ? b.p[i] & ~0x20 : b.p[i]) != word[i])
			return false;
	return true;
}

static bool
has(struct bytes b, const char *word)
{
	for (; b.n >= strlen(word); b.p++, b.n--)
		if (begins(b, word))
			return true;
	return false;
}

static struct bytes
drop(struct bytes b, size_t n)
{
	n = n < b.n ? n : b.n;
	return (struct bytes){b.p + n, b.n - n};
}

/* The next word of a line, and what follows it. */
static struct bytes
word(struct bytes *line)
{
	struct bytes w;

	while (line->n && *line->p == ' ')
		*line = drop(*line, 1);
	w = *line;
	for (w.n = 0; w.n < line->n && line->p[w.n] != ' '; w.n++)
		;
	*line = drop(*line, w.n);
	return w;
}

/* A word of nothing but X, now and then with an A behind, which is how it is written so that it
 * cannot be an extension of somebody's own. */
static bool
is_garbled(struct bytes w)
{
	size_t n = 0;

	while (n < w.n && (w.p[n] == 'X' || w.p[n] == 'x' || w.p[n] == '*'))
		n++;
	return n >= GARBLED_MIN && (n == w.n || (n + 1 == w.n && w.p[n] == 'A'));
}

static void
note_short(struct flow *f, enum side from, unsigned field, struct bytes t)
{
	if (t.n > TEXT_MAX)
		t.n = TEXT_MAX;
	note_text(f, from, &fields[field], t);
}

static void
capability(struct flow *f, enum side from, struct bytes w)
{
	struct mail *m = f->state;

	if (!w.n || m->capabilities == CAPABILITIES_MAX)
		return;
	m->capabilities++;
	note_short(f, from, F_CAPABILITY, w);
	if (is_garbled(w))
		note_short(f, from, F_GARBLED, w);
	if ((begins(w, "STARTTLS") && w.n == 8) ||
	    (m->protocol == POP3 && begins(w, "STLS") && w.n == 4))
		note(f, from, &fields[F_STARTTLS]);
}

/* IMAP lists all in one line, alone or in brackets (RFC 9051, 7.2.2). */
static void
imap_capabilities(struct flow *f, enum side from, struct bytes line)
{
	while (line.n && !begins(line, "CAPABILITY "))
		line = drop(line, 1);
	if (!line.n)
		return;
	line = drop(line, strlen("CAPABILITY "));
	while (line.n) {
		struct bytes w = word(&line);
		const uint8_t *end = memchr(w.p, ']', w.n);

		if (end)
			w.n = (size_t)(end - w.p);
		capability(f, from, w);
		if (end)
			break;
	}
	note(f, from, &fields[F_LISTED]);
}

static void
give_up(struct flow *f)
{
	flow_enough(f, CLIENT);
	flow_enough(f, SERVER);
}

/* What came of STARTTLS: encryption, or a refusal. */
static void
answered(struct flow *f, enum side from, struct bytes line, bool agreed)
{
	struct mail *m = f->state;

	m->asked = false;
	if (!agreed) {
		note_short(f, from, F_STARTTLS_REFUSED, line);
		return;
	}
	note(f, from, &fields[F_STARTTLS_TAKEN]);
	flow_becomes(f, "tls");
}

static void
smtp_line(struct flow *f, enum side from, struct bytes line)
{
	struct mail *m = f->state;
	bool last = line.n < 4 || line.p[3] != '-';
	struct bytes rest = drop(line, 4);

	if (m->asked) {
		if (last)
			answered(f, from, line, begins(line, "220"));
		return;
	}
	if (!m->listing)
		return;
	if (!begins(line, "250")) {
		m->listing = false; /* EHLO is not understood */
		return;
	}
	/* The first line names the server (RFC 5321, 4.1.1.1). */
	if (m->ignored)
		m->ignored = false;
	else
		capability(f, from, word(&rest));
	if (last) {
		m->listing = false;
		note(f, from, &fields[F_LISTED]);
	}
}

static void
pop3_line(struct flow *f, enum side from, struct bytes line)
{
	struct mail *m = f->state;

	if (m->asked) {
		answered(f, from, line, begins(line, "+OK"));
	} else if (m->listing && m->ignored) {
		m->ignored = false;
		m->listing = begins(line, "+OK");
	} else if (m->listing && begins(line, ".")) {
		m->listing = false;
		note(f, from, &fields[F_LISTED]);
	} else if (m->listing) {
		capability(f, from, word(&line));
	}
}

static void
imap_line(struct flow *f, enum side from, struct bytes line)
{
	struct mail *m = f->state;
	struct bytes rest = line, tag = word(&rest), status = word(&rest);

	imap_capabilities(f, from, line);
	if (m->asked && !(tag.n == 1 && (*tag.p == '*' || *tag.p == '+')))
		answered(f, from, line, begins(status, "OK"));
}

static void
server_line(struct flow *f, enum side from, struct bytes line)
{
	struct mail *m = f->state;

	if (!m->greeted) {
		bool first = m->protocol == UNKNOWN;

		m->protocol = begins(line, "+OK") ? POP3 : begins(line, "* ") ? IMAP : SMTP;
		if (first) {
			note_string(f, from, &fields[F_PROTOCOL], protocol_words[m->protocol]);
			note_short(f, from, F_GREETING, line);
		}
		if (m->protocol == IMAP)
			imap_capabilities(f, from, line);
		/* A greeting may have several lines (RFC 5321, 4.2.1). */
		m->greeted = m->protocol != SMTP || line.n < 4 || line.p[3] != '-';
		return;
	}
	if (m->protocol == SMTP)
		smtp_line(f, from, line);
	else if (m->protocol == POP3)
		pop3_line(f, from, line);
	else
		imap_line(f, from, line);
}

/* What goes on unencrypted: words behind which there are secrets or mail. */
static bool
is_plain(struct bytes command)
{
	static const char *const words[] = {"MAIL", "AUTH",  "USER",
					    "APOP", "LOGIN", "AUTHENTICATE"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (command.n == strlen(words[i]) && begins(command, words[i]))
			return true;
	return false;
}

static void
client_line(struct flow *f, enum side from, struct bytes line)
{
	struct mail *m = f->state;
	struct bytes rest = line, first = word(&rest), second = word(&rest);
	/* IMAP's commands carry a tag before them. */
	bool tagged =
	    m->protocol == IMAP ||
	    (m->protocol == UNKNOWN && (begins(second, "STARTTLS") || begins(second, "LOGIN")));
	struct bytes command = tagged ? second : first;

	if (is_garbled(command))
		note_short(f, from, F_GARBLED, command);
	if (begins(command, "EHLO") || begins(command, "CAPA")) {
		m->listing = m->ignored = m->protocol != IMAP;
		m->capabilities = 0;
	} else if (begins(command, "STARTTLS") || (begins(command, "STLS") && command.n == 4)) {
		note(f, from, &fields[F_STARTTLS_ASKED]);
		m->asked = true;
	} else if (is_plain(command)) {
		note(f, from, &fields[F_PLAIN]);
		give_up(f);
	}
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct dissector *mail = f->dissector;
	struct mail *m = f->state;
	struct bytes line;

	line = get_line(in, LINE_MAX);
	if (in->err)
		return;
	if (from == SERVER)
		server_line(f, from, line);
	else
		client_line(f, from, line);
	/* The dissector may have changed, and the state with it. */
	if (f->dissector == mail && ++m->lines[from] == LINES_MAX)
		flow_enough(f, from);
}

static enum guess
probe(struct bytes first, enum side from)
{
	static const struct {
		const char *word;
		enum side from;
		enum guess guess;
	} words[] = {
	    {"* OK ", SERVER, YES},  {"* PREAUTH", SERVER, YES}, {"+OK ", SERVER, YES},
	    {"EHLO ", CLIENT, YES},  {"HELO ", CLIENT, YES},     {"220 ", SERVER, MAYBE},
	    {"220-", SERVER, MAYBE},
	};
	enum guess best = NO;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct bytes b = first;
		char part[16] = "";

		if (words[i].from != from)
			continue;
		if (b.n > strlen(words[i].word))
			b.n = strlen(words[i].word);
		memcpy(part, words[i].word, b.n);
		if (!begins(b, part))
			continue;
		if (b.n < strlen(words[i].word))
			best = best == YES ? YES : MAYBE;
		else if (words[i].guess > best)
			best = words[i].guess;
	}
	if (from == SERVER && begins(first, "220") && has(first, "SMTP"))
		return YES;
	return best;
}

/* IANA: smtp, submission, imap, pop3; the usual second port of submission. */
static const uint16_t ports[] = {25, 587, 143, 110, 2525, 0};

const struct dissector dissector_mail = {
    .name = "mail",
    .title = "Mail: SMTP, IMAP, POP3",
    .spec = "RFC 5321, RFC 9051, RFC 1939",
    .carriers = 1u << STREAM,
    .ports = ports,
    .fields = fields,
    .state_size = sizeof(struct mail),
    .probe = probe,
    .message = message,
};
