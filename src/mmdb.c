/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libmaxminddb reads the databases; the members are those of GeoLite2 and of who imitates it. The
 * files are mapped, so that a lookup needs no system call. */
#include "mmdb.h"

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_MAXMINDDB

#include <maxminddb.h>
#include <netinet/in.h>

struct mmdb {
	MMDB_s files[MMDB_MOST];
	size_t n;
	bool countries, networks;
};

/* "GeoLite2-Country", "GeoLite2-ASN", "GeoIP2-ISP"; what says nothing may tell both. */
static void
note_kind(struct mmdb *m, const char *type)
{
	bool networks = strstr(type, "ASN") || strstr(type, "ISP");
	bool countries = strstr(type, "Country") || strstr(type, "City");

	m->countries |= countries || !networks;
	m->networks |= networks || !countries;
}

static int
open_one(struct mmdb *m, const char *file, char **ret_why)
{
	int status = MMDB_open(file, MMDB_MODE_MMAP, &m->files[m->n]);
	const char *why = MMDB_strerror(status);

	if (status == MMDB_SUCCESS) {
		note_kind(m, m->files[m->n++].metadata.database_type);
		return 0;
	}
	/* What cannot be mapped, such as a folder or an empty file, is none. */
	if (status == MMDB_FILE_OPEN_ERROR)
		why = strerror(errno);
	else if (status == MMDB_IO_ERROR || status == MMDB_INVALID_METADATA_ERROR)
		why = "not a database in the format of MaxMind";
	if (asprintf(ret_why, "--mmdb %s: %s", file, why) < 0)
		*ret_why = NULL;
	return -EINVAL;
}

int
mmdb_open(const char *const *files, size_t n, struct mmdb **ret, char **ret_why)
{
	struct mmdb *m = xcalloc(1, sizeof *m);

	for (size_t i = 0; i < n && i < MMDB_MOST; i++) {
		int error = open_one(m, files[i], ret_why);

		if (error) {
			mmdb_close(m);
			return error;
		}
	}
	*ret = m;
	return 0;
}

void
mmdb_close(struct mmdb *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		MMDB_close(&m->files[i]);
	free(m);
}

static void
read_country(MMDB_entry_s *entry, struct place *p)
{
	MMDB_entry_data_s d;

	if (p->country[0] || MMDB_get_value(entry, &d, "country", "iso_code", NULL) ||
	    !d.has_data || d.type != MMDB_DATA_TYPE_UTF8_STRING || d.data_size != 2)
		return;
	for (int i = 0; i < 2; i++)
		if (d.utf8_string[i] < 'A' || d.utf8_string[i] > 'Z')
			return;
	memcpy(p->country, d.utf8_string, 2);
}

static void
read_network(MMDB_entry_s *entry, struct place *p)
{
	MMDB_entry_data_s d;

	if (p->network || MMDB_get_value(entry, &d, "autonomous_system_number", NULL) ||
	    !d.has_data || d.type != MMDB_DATA_TYPE_UINT32)
		return;
	p->network = d.uint32;
	if (MMDB_get_value(entry, &d, "autonomous_system_organization", NULL) == MMDB_SUCCESS &&
	    d.has_data && d.type == MMDB_DATA_TYPE_UTF8_STRING)
		p->name = (struct bytes){(const uint8_t *)d.utf8_string, d.data_size};
}

void
mmdb_find(const struct mmdb *m, const struct addr *a, struct place *ret)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *sa = (const struct sockaddr *)&v6;

	*ret = (struct place){0};
	if (addr_is_v4(a)) {
		memcpy(&v4.sin_addr, a->b + ADDR_V4_AT, sizeof v4.sin_addr);
		sa = (const struct sockaddr *)&v4;
	} else {
		memcpy(&v6.sin6_addr, a->b, sizeof v6.sin6_addr);
	}
	for (size_t i = 0; i < m->n; i++) {
		int error;
		MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&m->files[i], sa, &error);

		if (error || !found.found_entry)
			continue;
		read_country(&found.entry, ret);
		read_network(&found.entry, ret);
	}
}

bool
mmdb_tells_countries(const struct mmdb *m)
{
	return m->countries;
}

bool
mmdb_tells_networks(const struct mmdb *m)
{
	return m->networks;
}

#else

int
mmdb_open(const char *const *files, size_t n, struct mmdb **ret, char **ret_why)
{
	(void)files;
	(void)n;
	(void)ret;
	*ret_why = xstrdup("--mmdb: this program was built without libmaxminddb");
	return -ENOTSUP;
}

/* Nobody has one. */
void
mmdb_close(struct mmdb *m)
{
	(void)m;
}

void
mmdb_find(const struct mmdb *m, const struct addr *a, struct place *ret)
{
	(void)m;
	(void)a;
	*ret = (struct place){0};
}

bool
mmdb_tells_countries(const struct mmdb *m)
{
	(void)m;
	return false;
}

bool
mmdb_tells_networks(const struct mmdb *m)
{
	(void)m;
	return false;
}

#endif
