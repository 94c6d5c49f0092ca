/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place where evidence becomes a probability. */
#include "weigh.h"

#include <math.h>
#include <string.h>

/* Families whose features hang together count up to here (research: an injector that differs in
 * TTL tends to differ in IP ID, window and options as well; several silences are one silence). */
const double weight_family_cap[NFAMILIES] = {
    [FAMILY_PRIOR] = INFINITY,   [FAMILY_TIME] = 6,    [FAMILY_HEADER] = 6,  [FAMILY_SEQUENCE] = 6,
    [FAMILY_AFTER] = 6,          [FAMILY_CONTENT] = 8, [FAMILY_SILENCE] = 6, [FAMILY_RATE] = 6,
    [FAMILY_CONTEXT] = INFINITY, [FAMILY_CONTROL] = 5,
};

/* Silence proves little by itself: without another flow that fared well it stays below this
 * (design: "silence without a control stays under 0.8"). A rate that is held proves a limit, and
 * not whom it is meant for. */
#define SILENCE_ALONE_MAX 0.79
/* A control of this weight tells the target from the network: another name at the same address,
 * the same service before. That others fare well does not. */
#define TELLING 1.5
/* One strong feature of its own, or two weak ones, before marks in the header count. */
#define STANDS_OUT 2.0

/* The table's rows by a hash of their names; more slots than rows there will be. */
#define SLOTS 1024

static size_t
slot_of(const char *name)
{
	size_t h = 5381; /* D. J. Bernstein's string hash */

	for (; *name; name++)
		h = h * 33 ^ (uint8_t)*name;
	return h % SLOTS;
}

static const struct weight **
index_weights(void)
{
	static const struct weight *slots[SLOTS];
	static bool done;

	for (const struct weight *w = weights; !done && w->name; w++) {
		size_t i = slot_of(w->name);

		while (slots[i])
			i = (i + 1) % SLOTS;
		slots[i] = w;
	}
	done = true;
	return slots;
}

const struct weight *
weight_find(const char *name)
{
	const struct weight **slots = index_weights();

	for (size_t i = slot_of(name); slots[i]; i = (i + 1) % SLOTS)
		if (strcmp(slots[i]->name, name) == 0)
			return slots[i];
	return NULL;
}

bool
weigh_stands_out(const struct finding *f)
{
	double sum = 0;

	for (size_t i = 0; i < f->nevidence; i++) {
		const struct evidence *e = &f->evidence[i];

		if (e->weight > 0 && (e->family == FAMILY_TIME || e->family == FAMILY_HEADER ||
				      e->family == FAMILY_SEQUENCE))
			sum += e->weight;
	}
	return sum >= STANDS_OUT;
}

void
weigh(struct finding *f)
{
	double sum[NFAMILIES] = {0}, total = 0;
	bool control = false, silence = false;

	for (size_t i = 0; i < f->nevidence; i++) {
		const struct evidence *e = &f->evidence[i];

		sum[e->family] += e->weight;
		control |= e->family == FAMILY_CONTROL && e->weight >= TELLING;
		silence |= e->family == FAMILY_SILENCE || e->family == FAMILY_RATE;
	}
	for (int i = 0; i < NFAMILIES; i++)
		total += sum[i] > weight_family_cap[i] ? weight_family_cap[i] : sum[i];
	f->confidence = 1 / (1 + exp(-total));
	if (silence && !control && f->confidence > SILENCE_ALONE_MAX)
		f->confidence = SILENCE_ALONE_MAX;
	if (f->confidence > CONFIDENCE_MAX)
		f->confidence = CONFIDENCE_MAX;
}
