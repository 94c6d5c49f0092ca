/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plain list of what was tried and when: [{"target": "https://example.org/", "time":
 * "2026-02-11T19:00:00Z"}, ...]. A target is a URL, a name or an address, with or without a port; a
 * time is RFC 3339 or seconds since the epoch. "failure" (a word, or null for success), "blocked"
 * (true or false) and "protocol" (a word of layer_words) may be there, too. */
#include "measurement.h"

static bool
is_entry(const json_t *entry)
{
	return json_text(entry, "target") && json_object_get(entry, "time");
}

static bool
is_list(const json_t *root)
{
	if (json_is_object(root))
		return is_entry(root);
	return json_array_size(root) && is_entry(json_array_get(root, 0));
}

static void
take_times(struct part *p, const json_t *entry)
{
	const json_t *time = json_object_get(entry, "time");
	bool told = json_is_string(time)
			? time_parse(json_text(entry, "time"), &p->from)
			: json_is_number(time) &&
			      time_from_seconds(json_real_or(entry, "time", -1), &p->from);

	if (!told)
		p->from = PART_NEVER;
	p->to = p->from;
	p->began = told;
}

static void
take_result(struct measurement *m, struct part *p, const json_t *entry)
{
	const json_t *blocked = json_object_get(entry, "blocked");

	if (json_object_get(entry, "failure"))
		part_take_failure(m, p, json_text(entry, "failure"));
	if (json_is_true(blocked))
		p->said = SAID_BLOCKED;
	else if (json_is_false(blocked) && p->said == SAID_NOTHING)
		p->said = SAID_SUCCESS;
}

static void
read_as(struct measurement *m, const json_t *entry, size_t i, enum layer layer, bool optional)
{
	const char *target = json_text(entry, "target");
	struct part *p = measurement_part(m, layer, "[%zu]", i);

	if (!p)
		return;
	if (strstr(target, "://"))
		part_take_url(m, p, target);
	else
		part_take_endpoint(m, p, target);
	p->optional = optional;
	take_times(p, entry);
	take_result(m, p, entry);
	if (layer == LAYER_DNS)
		p->port = 0;
}

static void
read_entry(struct measurement *m, const json_t *entry, size_t i)
{
	const char *target = json_text(entry, "target"), *protocol = json_text(entry, "protocol");
	struct addr a;

	if (!target)
		return;
	for (int layer = 0; protocol && layer < NLAYERS; layer++)
		if (strcmp(protocol, layer_words[layer]) == 0) {
			read_as(m, entry, i, (enum layer)layer, false);
			return;
		}
	/* How it was tried is not told: as a name, over TCP, or by QUIC. */
	read_as(m, entry, i, LAYER_HTTP, true);
	read_as(m, entry, i, LAYER_QUIC, true);
	if (!strstr(target, "://") && !addr_parse(target, &a) && !strchr(target, ':'))
		read_as(m, entry, i, LAYER_DNS, true);
}

static void
read_list(struct measurement *m, const json_t *root, const char *file)
{
	(void)file;
	/* "2026-02-11T19:00:00Z": people write whole seconds. */
	m->uncertainty = NSEC_PER_SEC;
	if (json_is_object(root))
		read_entry(m, root, 0);
	for (size_t i = 0; i < json_array_size(root); i++)
		read_entry(m, json_array_get(root, i), i);
}

const struct measurement_format format_list = {
    .name = "list", .title = "a list of targets", .is = is_list, .read = read_list};
