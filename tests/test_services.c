/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of services: what is wrong in them is told with its line, what is right decides whose a
 * name, an address or a conversation is, and the project's own files are right. */
#include "samples.h"
#include "complain.h"
#include "services.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define BEGIN "format = 1\n"
#define A "[a]\ntitle = A\ndated = 2026-11-22\nsource = s\n"

static struct services *
load(const char *text, char **ret_said)
{
	char folder[] = "/tmp/servicesXXXXXX", path[64];
	struct complaints c = {0};
	struct services *s;
	size_t n;
	FILE *out;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/t.service", folder);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_true(services_in(folder));
	c.all = open_memstream(ret_said, &n);
	s = services_load(folder, &c);
	fclose(c.all);
	unlink(path);
	assert_false(services_in(folder));
	rmdir(folder);
	return s;
}

static void
expect_wrong(const char *text, const char *said)
{
	char *all;
	struct services *s = load(text, &all);

	if (!strstr(all, said))
		fail_msg("wanted \"%s\", got:\n%s", said, all);
	free(all);
	services_free(s);
}

static void
test_wrong(void **state)
{
	(void)state;
	expect_wrong("", "t.service:1: nothing in the file");
	expect_wrong("[a]\n", ":1: a stanza comes first");
	expect_wrong("format = 2\n", ":1: unknown format \"2\", expected 1");
	expect_wrong(BEGIN "title = T\n", ":2: \"title\" before the first stanza");
	expect_wrong(BEGIN "[A]\n", ":2: bad id");
	expect_wrong(BEGIN "[a]\n", ":2: [a] has no \"title\"");
	expect_wrong(BEGIN A, ":2: [a] has no \"function\"");
	expect_wrong(BEGIN "[a]\ntitle = A\nsource = s\nweb = name a.org\n", "no \"dated\"");
	expect_wrong(BEGIN A "title = B\n", ":6: \"title\" said twice");
	expect_wrong(BEGIN A "web\n", ":6: no \"=\"");
	expect_wrong(BEGIN A "web =\n", ":6: \"web\" has no value");
	expect_wrong(BEGIN A "smell = name a.org\n", ":6: unknown key \"smell\"");
	expect_wrong(BEGIN A "web = a.org\n", ":6: \"a.org\" is no kind of term");
	expect_wrong(BEGIN A "web = name\n", ":6: \"name\" of nothing");
	expect_wrong(BEGIN A "web = name A.org\n", ":6: bad name \"A.org\"");
	expect_wrong(BEGIN A "web = name org\n", ":6: bad name \"org\"");
	expect_wrong(BEGIN A "web = name a.org,\n  b.org a.org\n",
		     "\"a.org\" is there already, in ");
	expect_wrong(BEGIN A "chat = protocol smoke\n", ":6: unknown protocol \"smoke\"");
	expect_wrong(BEGIN A "chat = fact stun.smoke\n", ":6: unknown field \"stun.smoke\"");
	expect_wrong(BEGIN A "chat = shape round\n", ":6: unknown shape \"round\"");
	expect_wrong(BEGIN A "chat = range 192.0.2.1/24\n", ":6: bad network \"192.0.2.1\"");
	expect_wrong(BEGIN A "chat = range 192.0.2.0/33\n", ":6: bad network");
	expect_wrong(BEGIN A "chat = range 0.0.0.0/0\n", ":6: bad network");
	expect_wrong(BEGIN A "chat = range tcp\n", ":6: no network");
	expect_wrong(BEGIN A "chat = range 192.0.2.0/24 tcp 70000\n", ":6: bad ports \"70000\"");
	expect_wrong(BEGIN A "chat = range 192.0.2.0/24 tcp 9-8\n", ":6: bad ports");
	expect_wrong(BEGIN A "web = name a.org\n[a]\n", ":7: [a] is there already, in ");
}

static const char text[] =
    BEGIN "# a comment\n" A "web  = name a.org, *.a.org   # two\n"
	  "chat = name chat.a.org, *.chat.a.org\n"
	  "chat = protocol whatsapp\n"
	  "chat = range 192.0.2.0/24 2001:db8::/32 tcp\n"
	  "push = range 192.0.2.128/25\n"
	  "calls = range 198.51.100.0/24 udp 3478-3497,\n"
	  "        16384-16387\n"
	  "calls = fact stun.zoom\n"
	  "[b]\ntitle = B\ndated = 2026-11-22\nsource = s\n"
	  "web = name b.org\ncalls = fact stun.meet, stun.teams\ntunnel = shape tor\n";

static struct usage
at(const struct services *s, const char *address, uint8_t proto, uint16_t port)
{
	uint8_t b[16];
	struct addr a;

	if (inet_pton(AF_INET, address, b) == 1) {
		a = addr_from_v4(b);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, b), 1);
		a = addr_from_v6(b);
	}
	return services_by_address(s, &a, proto, port);
}

static void
expect(struct usage got, uint8_t service, enum function function)
{
	assert_int_equal(got.service, service);
	if (service)
		assert_int_equal(got.function, function);
}

static void
test_right(void **state)
{
	char *said;
	struct services *s = load(text, &said);

	(void)state;
	assert_string_equal(said, "");
	free(said);
	assert_int_equal(services_count(s), 2);
	assert_string_equal(services_get(s, 1)->id, "a");
	assert_string_equal(services_get(s, 2)->sources[0], "s");
	assert_null(services_get(s, 0));
	assert_null(services_get(s, 3));
	expect(services_by_name(s, "a.org"), 1, FUNCTION_WEB);
	expect(services_by_name(s, "x.y.a.org"), 1, FUNCTION_WEB);
	expect(services_by_name(s, "chat.a.org"), 1, FUNCTION_CHAT);
	expect(services_by_name(s, "e1.chat.a.org"), 1, FUNCTION_CHAT);
	expect(services_by_name(s, "b.org"), 2, FUNCTION_WEB);
	expect(services_by_name(s, "x.b.org"), 0, 0);
	expect(services_by_name(s, "aa.org"), 0, 0);
	expect(services_by_name(s, "org"), 0, 0);
	expect(services_by_name(s, ""), 0, 0);
	expect(at(s, "192.0.2.1", IPPROTO_TCP, 443), 1, FUNCTION_CHAT);
	expect(at(s, "192.0.2.1", IPPROTO_UDP, 443), 0, 0);
	expect(at(s, "192.0.2.129", IPPROTO_TCP, 443), 1, FUNCTION_PUSH);
	expect(at(s, "2001:db8:1::1", IPPROTO_TCP, 443), 1, FUNCTION_CHAT);
	expect(at(s, "2001:db9::1", IPPROTO_TCP, 443), 0, 0);
	expect(at(s, "198.51.100.9", IPPROTO_UDP, 3497), 1, FUNCTION_CALLS);
	expect(at(s, "198.51.100.9", IPPROTO_UDP, 16384), 1, FUNCTION_CALLS);
	expect(at(s, "198.51.100.9", IPPROTO_UDP, 3498), 0, 0);
	expect(at(s, "198.51.100.9", IPPROTO_TCP, 3497), 0, 0);
	services_free(s);
}

static struct usage
heard(const struct services *s, const char *dissector, const char *name)
{
	struct samples all = samples_read(dissector);
	struct usage usage = {0, 0};
	struct flow f;

	for (size_t i = 0; i < all.n; i++) {
		if (strcmp(all.list[i].name, name) != 0)
			continue;
		flow_begin(&f, dissector_find(dissector), all.list[i].carrier, 3478);
		f.addr[SERVER] = addr_from_v4((const uint8_t[]){198, 51, 100, 9});
		flow_hear(&f, all.list[i].from, all.list[i].carrier, all.list[i].p, all.list[i].n);
		usage = services_by_flow(s, &f);
		flow_end(&f);
	}
	samples_free(&all);
	return usage;
}

static void
test_heard(void **state)
{
	char *said;
	struct services *s = load(text, &said);

	(void)state;
	free(said);
	expect(heard(s, "whatsapp", "new.bin"), 1, FUNCTION_CHAT);
	expect(heard(s, "stun", "zoom.bin"), 1, FUNCTION_CALLS);
	expect(heard(s, "stun", "meet.bin"), 2, FUNCTION_CALLS);
	/* Nothing but its address and port tells. */
	expect(heard(s, "stun", "binding.bin"), 1, FUNCTION_CALLS);
	expect(heard(s, "ssh", "client.bin"), 0, 0);
	services_free(s);
}

/* The project's own files. */
static void
test_own(void **state)
{
	struct complaints c = {.all = stderr};
	struct services *s = services_load(SOURCE_ROOT "/services", &c);

	(void)state;
	assert_int_equal(c.count, 0);
	assert_true(services_count(s) > 10);
	assert_string_equal(services_get(s, services_by_name(s, "web.whatsapp.com").service)->id,
			    "whatsapp");
	expect(services_by_name(s, "g.whatsapp.net"), services_by_name(s, "wa.me").service,
	       FUNCTION_CHAT);
	assert_string_equal(services_get(s, heard(s, "reflector", "hello.bin").service)->id,
			    "telegram");
	assert_string_equal(services_get(s, heard(s, "stun", "realm-signal.bin").service)->id,
			    "signal");
	services_free(s);
}

/* Names are passed over by their ends; one that is too short to have an end is found, too. */
static void
test_short_names(void **state)
{
	static const char *const lines[] = {BEGIN A "web = name t.me, *.t.me\n",
					    BEGIN A "web = name t.me, *.t.me, *.x.y, x.y\n"};

	(void)state;
	for (uint8_t i = 0; i < 2; i++) {
		char *said;
		struct services *s = load(lines[i], &said);

		assert_string_equal(said, "");
		free(said);
		expect(services_by_name(s, "t.me"), 1, FUNCTION_WEB);
		expect(services_by_name(s, "a.t.me"), 1, FUNCTION_WEB);
		expect(services_by_name(s, "xt.me"), 0, 0);
		expect(services_by_name(s, ".me"), 0, 0);
		expect(services_by_name(s, "x.y"), i, FUNCTION_WEB);
		expect(services_by_name(s, "ab.x.y"), i, FUNCTION_WEB);
		expect(services_by_name(s, "ax.y"), 0, 0);
		services_free(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wrong),       cmocka_unit_test(test_right),
	    cmocka_unit_test(test_short_names), cmocka_unit_test(test_heard),
	    cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
