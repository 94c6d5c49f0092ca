/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of JSON documents, what adapters read of them, and how clients go out of them. What is
 * said of measurements is tests/check_attach.py's. */
#include "attachment.h"
#include "scrub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text on a heap block of its size, so that ASan sees a step beyond it. */
static struct bytes
heap(const char *text)
{
	struct bytes b = bytes_of(text);
	uint8_t *p = malloc(b.n ? b.n : 1);

	assert_non_null(p);
	memcpy(p, b.p, b.n);
	return (struct bytes){p, b.n};
}

static void
expect_values(const char *text, int end, size_t count, const char *const *values)
{
	struct bytes b = heap(text);
	struct extent e;
	size_t at = 0, n = 0;
	int found;

	while ((found = json_next(b, &at, &e)) == 1) {
		assert_true(n < count);
		assert_int_equal(e.to - e.from, strlen(values[n]));
		assert_memory_equal(b.p + e.from, values[n], e.to - e.from);
		n++;
	}
	assert_int_equal(n, count);
	assert_int_equal(found < 0, end);
	free((void *)b.p);
}

static void
test_values(void **state)
{
	(void)state;
	expect_values("", 0, 0, NULL);
	expect_values(" \r\n\t", 0, 0, NULL);
	expect_values("// c", 0, 0, NULL);
	expect_values("/* c", 0, 0, NULL);
	expect_values("{}", 0, 1, (const char *[]){"{}"});
	expect_values("{}{}", 0, 2, (const char *[]){"{}", "{}"});
	expect_values("1 true\"x\"null", 0, 4, (const char *[]){"1", "true", "\"x\"", "null"});
	expect_values("[1,[2,{\"]\":\"}\"}]] //]\n[/*]*/]", 0, 2,
		      (const char *[]){"[1,[2,{\"]\":\"}\"}]]", "[/*]*/]"});
	expect_values("\"a\\\"b\\\\\"", 0, 1, (const char *[]){"\"a\\\"b\\\\\""});
	expect_values("{\"a\":\"//\"}", 0, 1, (const char *[]){"{\"a\":\"//\"}"});
	expect_values("{} }", 1, 1, (const char *[]){"{}"});
	expect_values("{", 1, 0, NULL);
	expect_values("[[[[", 1, 0, NULL);
	expect_values("\"", 1, 0, NULL);
	expect_values("\"\\", 1, 0, NULL);
	expect_values("{\"a", 1, 0, NULL);
	expect_values("[1 // ]", 1, 0, NULL);
	expect_values("]", 1, 0, NULL);
	expect_values(",", 1, 0, NULL);
	/* A lone slash is no comment; a parser will complain of it. */
	expect_values("/", 0, 1, (const char *[]){"/"});
}

static void
test_members(void **state)
{
	static const char text[] =
	    "{ \"a\" : 1 , /* \"b\": 0, */ \"b\":{\"c\":[1,2]},\"a\":\"x\" // y\n}";
	struct bytes b = heap(text);
	struct extent all = {0, b.n}, e, key;
	size_t at = 0, n = 0;
	bool comma;

	(void)state;
	assert_true(json_member(b, all, "a", &e));
	assert_memory_equal(b.p + e.from, "\"x\"", 3); /* the last one */
	assert_true(json_member(b, all, "b", &e));
	assert_int_equal(b.p[e.from], '{');
	assert_false(json_member(b, all, "c", &e));
	assert_false(json_member(b, all, "", &e));
	assert_true(json_member(b, all, "b", &e) && json_member(b, e, "c", &e));
	while (json_item(b, e, &at, &key, &e) && n < 9)
		n++;
	assert_int_equal(strstr(text, " // y") - text, json_end_of_members(b, all, &comma));
	assert_true(comma);
	free((void *)b.p);
	b = heap("[1, [2] ,\"3\"]");
	all.to = b.n;
	for (at = n = 0; json_item(b, all, &at, &key, &e); n++)
		assert_int_equal(key.to, key.from);
	assert_int_equal(n, 3);
	free((void *)b.p);
	b = heap("{ }");
	all.to = b.n;
	assert_int_equal(json_end_of_members(b, all, &comma), 1);
	assert_false(comma);
	free((void *)b.p);
}

static void
test_comments(void **state)
{
	char text[] = "{\"//\": 1, // one\n\"/*\": 2 /* two\n */}";

	(void)state;
	json_blank_comments(text, strlen(text));
	assert_string_equal(text, "{\"//\": 1,       \n\"/*\": 2       \n   }");
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t nsec; /* -1: no time */
	} times[] = {
	    {"2022-12-02 12:58:49", 1669985929000000000},
	    {"2022-12-02T12:58:49Z", 1669985929000000000},
	    {"2022-12-02T12:58:49.25Z", 1669985929250000000},
	    {"2022-12-02T12:58:49.123456789123Z", 1669985929123456789},
	    {"2022-12-02T08:58:49.5-04:00", 1669985929500000000},
	    {"2022-12-02T18:28:49+05:30", 1669985929000000000},
	    {"2022-12-02 08:58:49.000000001 -0400 EDT m=+10807.1", 1669985929000000001},
	    {"2022-12-02 12:58:49 UTC", 1669985929000000000},
	    {"1970-01-01 00:00:00", 0},
	    {"1969-12-31 23:59:59", -1},
	    {"2022-12-02", -1},
	    {"2022-13-02 12:58:49", -1},
	    {"2022-12-02 12:58", -1},
	    {"2022-12-02 12:58:49 +9", -1},
	    {"2022-12-02 12:58:49+99:00", -1},
	    {"99999-12-02 12:58:49", -1},
	    {"yesterday", -1},
	    {"", -1},
	    {NULL, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		int64_t nsec = -1;

		assert_int_equal(time_parse(times[i].text, &nsec), times[i].nsec >= 0);
		if (times[i].nsec >= 0)
			assert_int_equal(nsec, times[i].nsec);
	}
	assert_false(time_from_seconds(-1, &(int64_t){0}));
	assert_false(time_from_seconds(1e300, &(int64_t){0}));
}

/* One measurement, or the complaint. */
static struct measurements
parse(const char *text, const char *file)
{
	struct measurements all = {0};
	struct bytes b = heap(text);
	char *why = NULL;

	if (measurements_parse(file, (char *)b.p, b.n, &all, &why)) {
		assert_non_null(why);
		assert_int_equal(strncmp(why, file, strlen(file)), 0);
		assert_null(strchr(why, '\n'));
	}
	free(why);
	return all;
}

static void
expect_endpoint(const char *target, const char *address, const char *name, uint16_t port)
{
	char text[512], shown[ADDR_TEXT_MAX];
	struct measurements all;
	const struct part *p;

	snprintf(text, sizeof text, "[{\"target\":\"%s\",\"time\":1,\"protocol\":\"tcp\"}]",
		 target);
	all = parse(text, "x");
	assert_int_equal(all.n, 1);
	p = all.list[0].parts;
	assert_int_equal(p->has_addr, address != NULL);
	if (address)
		assert_string_equal(addr_text(&p->addr, shown), address);
	assert_int_equal(p->name != NULL, name != NULL);
	if (name)
		assert_string_equal(p->name, name);
	assert_int_equal(p->port, port);
	measurements_free(&all);
}

static void
test_endpoints(void **state)
{
	(void)state;
	expect_endpoint("192.0.2.1", "192.0.2.1", NULL, 0);
	expect_endpoint("192.0.2.1:443", "192.0.2.1", NULL, 443);
	expect_endpoint("2001:db8::1", "2001:db8::1", NULL, 0);
	expect_endpoint("[2001:db8::1]:443", "2001:db8::1", NULL, 443);
	expect_endpoint("[2001:db8::1]", "2001:db8::1", NULL, 0);
	expect_endpoint("[2001:db8::1", NULL, NULL, 0);
	expect_endpoint("A.Example", NULL, "a.example", 0);
	expect_endpoint("a.example.:53", NULL, "a.example", 53);
	expect_endpoint("a.example:99999", NULL, "a.example", 0);
	expect_endpoint("a.example:x", NULL, "a.example", 0);
	expect_endpoint("https://a.example/b?c#d", NULL, "a.example", 443);
	expect_endpoint("http://u:p@a.example:8080", NULL, "a.example", 8080);
	expect_endpoint("http://[2001:db8::1]/", "2001:db8::1", NULL, 80);
	expect_endpoint("stun://192.0.2.7:3478", "192.0.2.7", NULL, 3478);
	expect_endpoint("https://", NULL, NULL, 443);
	expect_endpoint("", NULL, NULL, 0);
}

static void
test_ooni(void **state)
{
	static const char text[] =
	    "{\"measurement_start_time\":\"2022-12-02 12:58:49\",\"test_name\":\"tor\","
	    "\"test_runtime\":9.5,\"test_keys\":{\"targets\":{\"t\":{\"tcp_connect\":[null,"
	    "{\"ip\":\"192.0.2.1\",\"port\":9001,\"status\":{\"failure\":\"eof_error\"},\"t0\":1.5,"
	    "\"t\":2}]}},\"network_events\":[{\"operation\":\"connect\",\"proto\":\"tcp\","
	    "\"address\":\"192.0.2.2:80\",\"t\":3,\"failure\":null}],\"queries\":[{\"hostname\":"
	    "\"A.example\",\"query_type\":\"AAAA\",\"failure\":null,\"resolver_address\":"
	    "\"192.0.2.53:53\",\"answers\":[{\"ipv4\":\"192.0.2.2\"}]}],\"control\":{\"tcp_"
	    "connect\":"
	    "[{\"ip\":\"192.0.2.9\",\"port\":1}]}}}";
	struct measurements all = parse(text, "f.json");
	const struct part *p = all.list[0].parts;

	(void)state;
	assert_int_equal(all.list[0].nparts, 3);
	assert_int_equal(p[0].layer, LAYER_DNS);
	assert_int_equal(p[0].dns_type, 28);
	assert_string_equal(p[0].name, "a.example");
	assert_int_equal(p[0].from, 1669985929000000000);
	assert_int_equal(p[0].to, 1669985938500000000);
	assert_false(p[0].began || p[0].ended);
	assert_string_equal(p[1].where, "test_keys.network_events[0]");
	assert_string_equal(p[1].name, "a.example");
	assert_true(p[1].ended && !p[1].began && p[1].said == SAID_SUCCESS);
	assert_string_equal(p[2].where, "test_keys.targets.t.tcp_connect[1]");
	assert_true(p[2].began && p[2].ended);
	assert_int_equal(p[2].from, 1669985930500000000);
	assert_int_equal(p[2].to, 1669985931000000000);
	assert_string_equal(p[2].failure, "eof_error");
	measurements_free(&all);
	/* Named as the service names them. */
	all = parse("{\"tcp_connect\":[{\"ip\":\"192.0.2.1\",\"port\":1,\"t\":4.5}]}",
		    "d/20230706183840.201925_PK_webconnectivity_19f5e0d803cbaea7.jsonc");
	assert_string_equal(
	    json_string_value(json_object_get(all.list[0].identity, "measurement_uid")),
	    "20230706183840.201925_PK_webconnectivity_19f5e0d803cbaea7");
	assert_int_equal(all.list[0].parts[0].to, 1688668720201925000);
	measurements_free(&all);
}

static void
test_wrong(void **state)
{
	static const char *const texts[] = {"",
					    "{",
					    "[]",
					    "[1]",
					    "42",
					    "{}",
					    "nul",
					    "{\"a\"}",
					    "[{}]",
					    "{\"test_keys\":1e999}",
					    "{\"test_keys\":{}}{",
					    "{\"test_keys\":\"\xff\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(parse(texts[i], "file").n, 0);
}

static void
expect_insert(const char *text, const char *wanted)
{
	struct measurements all = parse(text, "x");
	char *out = NULL;
	size_t n, at = 0;
	FILE *f = open_memstream(&out, &n);

	assert_true(all.n > 0);
	for (size_t i = 0; i < all.n; i++) {
		json_t *document = json_integer((json_int_t)i);

		assert_int_equal(attachment_insert(&all, i, document, &at, f), 0);
		json_decref(document);
	}
	assert_int_equal(attachment_finish(&all, at, f), 0);
	fclose(f);
	assert_string_equal(out, wanted);
	free(out);
	measurements_free(&all);
}

static void
test_insert(void **state)
{
	(void)state;
	expect_insert("{\"test_keys\":{}}", "{\"test_keys\":{\"x_tamperscope\":0}}");
	expect_insert("{\"test_keys\":{ \"a\" : 1e1 } }",
		      "{\"test_keys\":{ \"a\" : 1e1,\"x_tamperscope\":0 } }");
	expect_insert("{\"test_keys\":[],\"z\":1}\n",
		      "{\"test_keys\":[],\"z\":1,\"x_tamperscope\":0}\n");
	expect_insert("{\"test_keys\":1,\"test_keys\":{\"test_keys\":{}}}",
		      "{\"test_keys\":1,\"test_keys\":{\"test_keys\":{},\"x_tamperscope\":0}}");
	expect_insert("// {\n{\"test_keys\":{\"a\":\"}\" // }\n}}\n{\"test_keys\":{}} // end",
		      "// {\n{\"test_keys\":{\"a\":\"}\",\"x_tamperscope\":0 // }\n}}\n"
		      "{\"test_keys\":{\"x_tamperscope\":1}} // end");
	expect_insert("[{\"test_keys\":{}},{\"msm_id\":1,\"prb_id\":2,\"type\":\"dns\"}]",
		      "[{\"test_keys\":{\"x_tamperscope\":0}},"
		      "{\"msm_id\":1,\"prb_id\":2,\"type\":\"dns\",\"x_tamperscope\":1}]");
}

static void
test_scrub(void **state)
{
	json_t *j = json_loads(
	    "{\"a\":[{\"client\":{\"ip\":\"10.0.0.1\",\"port\":7},\"community_id\":\"1:x\"},"
	    "\"10.0.0.1, 10.0.0.12, 110.0.0.1, 10.0.0.1:5, 10.0.0.1.\",\"10.0.0.1.2\"],"
	    "\"client\":{\"ip\":\"2001:db8::1\",\"port\":1},\"b\":"
	    "\"[2001:db8::1]:5 2001:db8::11 2001:db8::1:2\",\"server\":{\"ip\":\"10.0.0.2\"}}",
	    0, NULL);
	json_t *wanted = json_loads(
	    "{\"a\":[{\"client\":{\"ip\":\"[scrubbed]\",\"port\":null},\"community_id\":"
	    "\"[scrubbed]\"},\"[scrubbed], 10.0.0.12, 110.0.0.1, [scrubbed]:5, [scrubbed].\","
	    "\"10.0.0.1.2\"],\"client\":{\"ip\":\"[scrubbed]\",\"port\":null},\"b\":"
	    "\"[[scrubbed]]:5 2001:db8::11 2001:db8::1:2\",\"server\":{\"ip\":\"10.0.0.2\"}}",
	    0, NULL);

	(void)state;
	assert_non_null(j);
	assert_non_null(wanted);
	scrub_clients(j);
	assert_true(json_equal(j, wanted));
	json_decref(j);
	json_decref(wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_comments),  cmocka_unit_test(test_times),
	    cmocka_unit_test(test_endpoints), cmocka_unit_test(test_ooni),
	    cmocka_unit_test(test_wrong),     cmocka_unit_test(test_insert),
	    cmocka_unit_test(test_scrub),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
