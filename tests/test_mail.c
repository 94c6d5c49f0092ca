/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail before it encrypts: offers, wishes, answers, and words that were overwritten. */
#include "conversation.h"

#define TURN(from, text)                                                                           \
	{                                                                                          \
		from, text, sizeof(text) - 1                                                       \
	}

static void
test_smtp(void **state)
{
	static const struct turn turns[] = {
	    TURN(SERVER, "220-mail.example ESMTP\r\n220 second line\r\n"),
	    TURN(CLIENT, "EHLO client.example\r\n"),
	    TURN(SERVER, "250-mail.example\r\n250-SIZE 100\r\n250 STARTTLS\r\n"),
	    TURN(CLIENT, "STARTTLS\r\n"),
	    TURN(SERVER, "220 go\r\n"),
	    TURN(CLIENT, "\x15\x03\x01\x00\x02\x02\x28"),
	};

	(void)state;
	check("mail", turns, sizeof turns / sizeof *turns,
	      "mail.protocol=smtp\nmail.greeting=220-mail.example ESMTP\nmail.capability=SIZE\n"
	      "mail.capability=STARTTLS\nmail.starttls\nmail.listed\nmail.starttls.asked\n"
	      "mail.starttls.taken\ntls.alert.level=2\ntls.alert.description=40\n");
}

/* An answer that is no list, a list without the offer, and what a filter makes of it. */
static void
test_without(void **state)
{
	static const struct turn old[] = {
	    TURN(SERVER, "220 x SMTP\r\n"), TURN(CLIENT, "EHLO a\r\n"),
	    TURN(SERVER, "500 what\r\n"),   TURN(CLIENT, "HELO a\r\n"),
	    TURN(SERVER, "250 x\r\n"),      TURN(CLIENT, "MAIL FROM:<a@b>\r\n")};
	static const struct turn garbled[] = {
	    TURN(SERVER, "220 ****SMTP***\r\n"), TURN(CLIENT, "EHLO a\r\n"),
	    TURN(SERVER, "250-x\r\n250-XXXXXXXA\r\n250-XEXCH50\r\n250 XXX\r\n"),
	    TURN(CLIENT, "xxxxxxxx\r\n")};

	(void)state;
	check("mail", old, 6, "mail.protocol=smtp\nmail.greeting=220 x SMTP\nmail.plain\n");
	check("mail", garbled, 4,
	      "mail.protocol=smtp\nmail.greeting=220 ****SMTP***\nmail.capability=XXXXXXXA\n"
	      "mail.garbled=XXXXXXXA\nmail.capability=XEXCH50\nmail.capability=XXX\nmail.listed\n"
	      "mail.garbled=xxxxxxxx\n");
}

static void
test_refused(void **state)
{
	static const struct turn turns[] = {TURN(SERVER, "220 x SMTP\r\n"),
					    TURN(CLIENT, "STARTTLS\r\n"),
					    TURN(SERVER, "454-not\r\n454 now\r\n")};

	(void)state;
	check("mail", turns, 3,
	      "mail.protocol=smtp\nmail.greeting=220 x SMTP\nmail.starttls.asked\n"
	      "mail.starttls.refused=454 now\n");
}

static void
test_imap(void **state)
{
	static const struct turn turns[] = {
	    TURN(SERVER, "* OK [CAPABILITY IMAP4rev2 STARTTLS] hello\r\n"),
	    TURN(CLIENT, "a STARTTLS\r\n"), TURN(SERVER, "* note\r\na OK begin\r\n")};
	static const struct turn plain[] = {
	    TURN(SERVER, "* OK x\r\n"), TURN(CLIENT, "a CAPABILITY\r\n"),
	    TURN(SERVER, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na OK\r\n"),
	    TURN(CLIENT, "b LOGIN me you\r\n")};

	(void)state;
	check("mail", turns, 3,
	      "mail.protocol=imap\nmail.greeting=* OK [CAPABILITY IMAP4rev2 STARTTLS] hello\n"
	      "mail.capability=IMAP4rev2\nmail.capability=STARTTLS\nmail.starttls\nmail.listed\n"
	      "mail.starttls.asked\nmail.starttls.taken\n");
	check("mail", plain, 4,
	      "mail.protocol=imap\nmail.greeting=* OK x\nmail.capability=IMAP4rev1\n"
	      "mail.capability=AUTH=PLAIN\nmail.listed\nmail.plain\n");
}

static void
test_pop3(void **state)
{
	static const struct turn turns[] = {TURN(SERVER, "+OK x\r\n"),
					    TURN(CLIENT, "CAPA\r\n"),
					    TURN(SERVER, "+OK\r\nUSER\r\nSTLS\r\n.\r\n"),
					    TURN(CLIENT, "STLS\r\n"),
					    TURN(SERVER, "-ERR no\r\n"),
					    TURN(CLIENT, "USER me\r\n")};

	(void)state;
	check(
	    "mail", turns, 6,
	    "mail.protocol=pop3\nmail.greeting=+OK x\nmail.capability=USER\nmail.capability=STLS\n"
	    "mail.starttls\nmail.listed\nmail.starttls.asked\nmail.starttls.refused=-ERR no\n"
	    "mail.plain\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_smtp),    cmocka_unit_test(test_without),
	    cmocka_unit_test(test_refused), cmocka_unit_test(test_imap),
	    cmocka_unit_test(test_pop3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
