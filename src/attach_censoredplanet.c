/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of Censored Planet: Satellite v2 (results.json: a question to an open resolver) and
 * Hyperquack v2 (a request to a server that answers all alike), as satellitev2.rst and
 * hyperquackv2.rst of its documentation tell. Both were measured from afar, with the vantage point
 * as the server: the capture is of either end. */
#include "measurement.h"

#include <stdlib.h>

static bool
is_row(const json_t *root)
{
	return json_text(root, "vp") && json_text(root, "test_url") &&
	       json_object_get(root, "response");
}

static void
take_times(struct part *p, const json_t *probe, const json_t *row)
{
	if (!time_parse(json_text(probe, "start_time"), &p->from) &&
	    !time_parse(json_text(row, "start_time"), &p->from))
		p->from = PART_NEVER;
	if (!time_parse(json_text(probe, "end_time"), &p->to) &&
	    !time_parse(json_text(row, "end_time"), &p->to))
		p->to = p->from;
	if (p->from == PART_NEVER || p->to < p->from)
		p->to = p->from;
	p->began = p->from != PART_NEVER;
}

/* Errors are texts; "null" and "" are none. */
static const char *
error_of(const json_t *probe)
{
	const char *error = json_text(probe, "error");

	return error && strcmp(error, "null") != 0 ? error : NULL;
}

/* RFC 1035, 4.1.1 in the words of OONI. */
static const char *
rcode_word(double rcode)
{
	switch ((int)rcode) {
	case 0:
		return NULL;
	case 2:
		return "dns_servfail_error";
	case 3:
		return "dns_nxdomain_error";
	case 5:
		return "dns_refused_error";
	default:
		return "dns_error";
	}
}

static void
take_answers(struct measurement *m, struct part *p, const json_t *answers)
{
	const char *address;
	json_t *tags;

	json_object_foreach((json_t *)answers, address, tags) part_take_answer(m, p, address);
	for (size_t i = 0; i < json_array_size(answers); i++)
		part_take_answer(m, p, json_string_value(json_array_get(answers, i)));
}

/* One question of Satellite. */
static void
read_question(struct measurement *m, const json_t *row, const json_t *q, size_t i)
{
	struct part *p = measurement_part(m, LAYER_DNS, "response[%zu]", i);
	double rcode = json_real_or(q, "rcode", 0);
	const char *error = error_of(q);

	if (!p)
		return;
	part_take_addr(p, json_text(row, "vp"));
	p->port = 53;
	p->dns_type = 1; /* A */
	part_take_name(m, p,
		       json_text(q, "url") ? json_text(q, "url") : json_text(row, "test_url"));
	part_take_failure(m, p,
			  error                      ? error
			  : rcode >= 0 && rcode < 32 ? rcode_word(rcode)
						     : NULL);
	take_answers(m, p, json_object_get(q, "response"));
	take_times(p, q, row);
}

/* "https", "echo:8080": the port, if it is not the service's own (RFC 862, RFC 863). */
static void
take_service(struct part *p, const char *service)
{
	static const struct {
		const char *name;
		uint16_t port;
	} services[] = {{"echo", 7}, {"discard", 9}, {"http", 80}, {"https", 443}};
	size_t n = strcspn(service, ":");

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (strlen(services[i].name) == n && strncmp(services[i].name, service, n) == 0)
			p->port = services[i].port;
	if (service[n])
		p->port = (uint16_t)strtoul(service + n + 1, NULL, 10);
}

/* One probe of Hyperquack: connection and request in one. What does not match the template is not
 * what the server says to all others. */
static void
read_probe(struct measurement *m, const json_t *row, const json_t *probe, size_t i)
{
	struct part *p = measurement_part(m, LAYER_HTTP, "response[%zu]", i);
	const char *control = json_text(probe, "control_url"), *error = error_of(probe);

	if (!p)
		return;
	part_take_addr(p, json_text(row, "vp"));
	take_service(p, json_text(row, "service"));
	part_take_name(m, p, control ? control : json_text(row, "test_url"));
	if (json_is_true(json_object_get(probe, "matches_template")))
		error = NULL;
	else if (!error)
		error = "template_mismatch";
	part_take_failure(m, p, error);
	take_times(p, probe, row);
}

static void
read_row(struct measurement *m, const json_t *root, const char *file)
{
	static const char *const identity[] = {"vp",         "test_url", "service", "tag",
					       "start_time", "end_time", NULL};
	const json_t *response = json_object_get(root, "response"),
		     *anomaly = json_object_get(root, "anomaly");
	bool hyperquack = json_text(root, "service") != NULL;

	(void)file;
	measurement_identify(m, "technique", json_string(hyperquack ? "hyperquack" : "satellite"));
	measurement_identify_by(m, root, identity);
	/* Before v2.2 results.json had one object for all questions. */
	if (json_is_object(response) && !hyperquack) {
		struct part *p;

		read_question(m, root, root, 0);
		p = m->nparts ? &m->parts[m->nparts - 1] : NULL;
		if (p)
			take_answers(m, p, response);
	}
	for (size_t i = 0; i < json_array_size(response); i++) {
		const json_t *entry = json_array_get(response, i);

		if (!json_is_object(entry))
			continue;
		if (hyperquack)
			read_probe(m, root, entry, i);
		else
			read_question(m, root, entry, i);
	}
	if (anomaly)
		measurement_claim(m, "anomaly", anomaly,
				  json_is_true(anomaly)    ? SAID_BLOCKED
				  : json_is_false(anomaly) ? SAID_SUCCESS
							   : SAID_NOTHING,
				  NULL);
}

const struct measurement_format format_censoredplanet = {
    .name = "censored-planet", .title = "Censored Planet", .is = is_row, .read = read_row};
