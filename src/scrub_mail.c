/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail before it is encrypted: what servers can do and what clients ask for, in words that name
 * nobody. All else in a line goes, letters and mail alike. RFC 5321, RFC 9051, RFC 1939, RFC 3207.
 */
#include "scrubber.h"

#include <string.h>

/* Lines of a side that are looked at; what decides is said in the first dozen. */
#define LINES_MAX 48
/* A capability is a word with a few parameters: RFC 5321, 4.1.1.1; IMAP lists all in a line. */
#define CAPABILITY_MAX 512
/* One of POP3's, alone in its line: RFC 2449, 5. */
#define WORDS_MAX 24
#define TAG_MAX 12 /* of IMAP: a letter and a number */

static const char *const verbs[] = {
    "EHLO", "HELO",   "MAIL",     "RCPT",         "DATA", "RSET",       "NOOP",
    "QUIT", "VRFY",   "STARTTLS", "AUTH",         "STLS", "CAPA",       "USER",
    "PASS", "APOP",   "STAT",     "LIST",         "RETR", "CAPABILITY", "LOGIN",
    "ID",   "LOGOUT", "SELECT",   "AUTHENTICATE", "UIDL", "DELE",       "TOP"};
static const char *const answers[] = {"+OK", "-ERR", "OK", "NO", "BAD", "BYE", "PREAUTH"};

static bool
is_one(const uint8_t *p, size_t n, const char *const *words, size_t nwords)
{
	for (size_t i = 0; i < nwords; i++)
		if (n == strlen(words[i]) && strncasecmp((const char *)p, words[i], n) == 0)
			return true;
	return false;
}

static size_t
word_end(const struct scrub *s, size_t at, size_t end)
{
	while (at < end && s->in[at] > ' ' && s->in[at] != ':')
		at++;
	return at;
}

/* All but the end of the line. */
static void
blank(struct scrub *s, size_t at, size_t end)
{
	for (; at < end; at++)
		if (s->in[at] == '\r' || s->in[at] == '\n' || s->in[at] == ' ')
			scrub_keep(s, at, 1);
		else
			scrub_set(s, at, 'r', 1); /* no X: filters write that over words */
}

/* A tag of IMAP's, if a known word follows it; where that begins. */
static size_t
skip_tag(struct scrub *s, size_t at, size_t end, const char *const *words, size_t n)
{
	size_t tag = word_end(s, at, end), next = tag + 1;

	if (tag - at > TAG_MAX || next >= end || s->in[tag] != ' ' ||
	    !is_one(s->in + next, word_end(s, next, end) - next, words, n))
		return at;
	scrub_keep(s, at, next - at);
	return next;
}

static void
asked(struct scrub *s, size_t at, size_t end)
{
	static const char *const more[] = {"FROM", "TO", "PLAIN", "CRAM-MD5", "XOAUTH2"};
	size_t n = sizeof verbs / sizeof *verbs, word;

	blank(s, at, end);
	if (!is_one(s->in + at, word_end(s, at, end) - at, verbs, n))
		at = skip_tag(s, at, end, verbs, n);
	word = word_end(s, at, end);
	if (!is_one(s->in + at, word - at, verbs, n))
		return;
	scrub_keep(s, at, word - at);
	at = word + 1;
	word = at < end ? word_end(s, at, end) : at;
	if (is_one(s->in + at, word - at, more, sizeof more / sizeof *more))
		scrub_keep(s, at, word - at);
}

/* Words in capitals, digits and marks: what a server can do, or what was left of it when it was
 * overwritten. */
static bool
is_capability(const uint8_t *p, size_t n)
{
	bool marked = n && (p[0] == '*' || (p[0] >= '0' && p[0] <= '9'));

	if (n > (marked ? CAPABILITY_MAX : WORDS_MAX))
		return false;
	for (size_t i = 0; i < n; i++) {
		bool small = p[i] >= 'a' && p[i] <= 'z';

		if (small && !(i >= 3 && p[i - 1] >= '0' && p[i - 1] <= '9') &&
		    !(i >= 4 && (p[i - 1] == 'r' || p[i - 1] == 'e'))) /* IMAP4rev1 */
			return false;
		if (p[i] == '@' || p[i] == '<' || p[i] >= 0x7f)
			return false;
	}
	return true;
}

static void
answered(struct scrub *s, size_t at, size_t end, bool greeting)
{
	size_t n = sizeof answers / sizeof *answers, word;
	bool number = end - at >= 4 && s->in[at] >= '2' && s->in[at] <= '5' &&
		      (s->in[at + 3] == ' ' || s->in[at + 3] == '-');

	/* An answer to EHLO may greet the client by its name. */
	if ((greeting && (number || s->in[at] == '*' || s->in[at] == '+')) ||
	    is_capability(s->in + at, end - at) ||
	    (s->concerned && number && s->in[at] != '3' && memcmp(s->in + at, "250", 3) != 0)) {
		scrub_text(s, at, end - at);
		return;
	}
	blank(s, at, end);
	if (number) {
		scrub_keep(s, at, 4);
		return;
	}
	if (!is_one(s->in + at, word_end(s, at, end) - at, answers, n))
		at = skip_tag(s, at, end, answers, n);
	word = word_end(s, at, end);
	if (is_one(s->in + at, word - at, answers, n))
		scrub_keep(s, at, word - at);
}

size_t
scrub_mail(struct scrub *s)
{
	size_t at = 0;

	for (unsigned lines = 0; at < s->n && lines < LINES_MAX; lines++) {
		const uint8_t *p = memchr(s->in + at, '\n', s->n - at);
		size_t end = p ? scrub_at(s, p) + 1 : s->n;

		if (s->in[at] == 0x16 || s->in[at] == 0x15)
			return at;
		if (s->from == SERVER)
			answered(s, at, end, lines == 0);
		else
			asked(s, at, end);
		at = end;
	}
	return s->n;
}
