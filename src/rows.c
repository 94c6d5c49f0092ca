/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of --flows, kept in a temporary file at the place that the flow's id gives. */
#include "rows.h"
#include "community.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stored {
	struct flow_name flow;
	int64_t first_nsec, last_nsec;
	struct ref first, last;
	uint8_t outcome;
	char application[32], name[NAME_MAX_TEXT];
};

struct rows {
	FILE *file;
	uint64_t next, last; /* ids */
	struct stored stored;
	const char *names[1];
};

int
rows_new(struct rows **ret)
{
	struct rows *r = xcalloc(1, sizeof *r);

	r->file = tmpfile();
	if (!r->file) {
		int e = errno;

		free(r);
		return e ? -e : -EIO;
	}
	r->next = 1;
	*ret = r;
	return 0;
}

void
rows_free(struct rows *r)
{
	if (!r)
		return;
	fclose(r->file);
	free(r);
}

void
rows_add(struct rows *r, const struct look *l, const char *application)
{
	const struct flow *f = l->flow;
	struct stored s;

	memset(&s, 0, sizeof s);
	s.flow.proto = f->proto;
	s.flow.id = f->id;
	for (int i = 0; i < 2; i++) {
		s.flow.addr[i] = f->addr[i];
		s.flow.port[i] = f->port[i];
	}
	s.first_nsec = f->first;
	s.last_nsec = f->last;
	s.first = f->first_at;
	s.last = f->last_at;
	s.outcome = (uint8_t)l->outcome;
	if (application)
		snprintf(s.application, sizeof s.application, "%s", application);
	memcpy(s.name, l->name, sizeof s.name);
	if (pwrite(fileno(r->file), &s, sizeof s, (off_t)((f->id - 1) * sizeof s)) != sizeof s)
		return; /* the disk is full: the row is missing, the findings are not */
	if (f->id > r->last)
		r->last = f->id;
}

bool
rows_next(struct rows *r, struct flow_row *ret)
{
	struct stored *s = &r->stored;

	do {
		if (r->next > r->last)
			return false;
		if (pread(fileno(r->file), s, sizeof *s, (off_t)((r->next++ - 1) * sizeof *s)) !=
		    sizeof *s)
			return false;
	} while (s->flow.id == 0);
	memset(ret, 0, sizeof *ret);
	community_id(s->flow.proto, s->flow.addr, s->flow.port, s->flow.community_id);
	ret->flow = s->flow;
	ret->outcome = (enum outcome)s->outcome;
	r->names[0] = s->name;
	ret->names = r->names;
	ret->nnames = s->name[0] ? 1 : 0;
	ret->application = s->application[0] ? s->application : NULL;
	ret->first = s->first;
	ret->last = s->last;
	ret->first_nsec = s->first_nsec;
	ret->last_nsec = s->last_nsec;
	return true;
}
