/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How evidence becomes a probability: the caps, the sum, and that the table of weights and the
 * program speak of the same evidence. */
#include "look.h"
#include "weigh.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct ref nowhere;

static struct finding *
begin(enum mechanism m)
{
	static const struct flow flow = {.proto = 6};
	static const struct look look = {.flow = &flow};

	return finding_new(&look, m, 0);
}

/* The confidence that follows from such evidence, by names up to NULL. */
static double
told(enum mechanism m, const char *const *names)
{
	struct finding *f = begin(m);
	double p;

	while (*names)
		finding_weigh(f, *names++, nowhere);
	weigh(f);
	p = f->confidence;
	finding_free(f);
	return p;
}

#define TOLD(m, ...) told(m, (const char *const[]){__VA_ARGS__, NULL})

static double
logistic(double x)
{
	return 1 / (1 + exp(-x));
}

static double
weight_of(const char *name)
{
	const struct weight *w = weight_find(name);

	assert_non_null(w);
	return w->weight;
}

static void
assert_near(double a, double b)
{
	if (fabs(a - b) > 1e-9)
		fail_msg("%.9f is not %.9f", a, b);
}

static void
sums_are_log_odds(void **state)
{
	(void)state;
	assert_near(TOLD(RST_INJECTION, "ttl.off"),
		    logistic(weight_of("prior.rst-injection") + weight_of("ttl.off")));
	assert_near(TOLD(RST_INJECTION, "ttl.off", "ttl.off"), TOLD(RST_INJECTION, "ttl.off"));
	assert_near(TOLD(RST_INJECTION, "time.early", "ttl.off", "reset.late"),
		    logistic(weight_of("prior.rst-injection") + weight_of("time.early") +
			     weight_of("ttl.off") + weight_of("reset.late")));
	for (int m = 0; m < NMECHANISMS; m++)
		assert_true(told((enum mechanism)m, (const char *const[]){NULL}) < 0.1);
}

/* All evidence of one family that speaks for a mechanism counts up to the cap and no further. */
static void
families_are_capped(void **state)
{
	(void)state;
	for (int family = 0; family < NFAMILIES; family++) {
		struct finding *f = begin(RST_INJECTION);
		double sum = 0, cap = weight_family_cap[family];
		double prior = weight_of("prior.rst-injection"), expected;

		if (family == FAMILY_PRIOR || family == FAMILY_SILENCE || family == FAMILY_RATE) {
			finding_free(f);
			continue; /* silences and rates have a cap of their own, below */
		}
		for (const struct weight *w = weights; w->name; w++) {
			if ((int)w->family != family || w->weight <= 0)
				continue;
			finding_weigh(f, w->name, nowhere);
			sum += w->weight;
		}
		expected = logistic(prior + (sum > cap ? cap : sum));
		weigh(f);
		assert_near(f->confidence, expected > 0.999 ? 0.999 : expected);
		finding_free(f);
	}
	assert_true(weight_family_cap[FAMILY_HEADER] <= 6); /* dossier, 14 */
}

/* What speaks against is never capped away. */
static void
doubts_are_not_capped(void **state)
{
	(void)state;
	assert_near(TOLD(RST_INJECTION, "reset.idle", "reset.after_fin", "reset.reply"),
		    logistic(weight_of("prior.rst-injection") + weight_of("reset.idle") +
			     weight_of("reset.after_fin") + weight_of("reset.reply")));
}

/* More evidence for it never makes it less likely, more against it never more. */
static void
monotone(void **state)
{
	struct finding *f = begin(RST_INJECTION);
	double before;

	(void)state;
	for (int against = 0; against < 2; against++) {
		for (const struct weight *w = weights; w->name; w++) {
			if (w->family == FAMILY_PRIOR || w->family == FAMILY_SILENCE ||
			    w->family == FAMILY_RATE || (w->weight < 0) != against)
				continue;
			weigh(f);
			before = f->confidence;
			finding_weigh(f, w->name, nowhere);
			weigh(f);
			if (against ? f->confidence > before : f->confidence < before)
				fail_msg("%s turns it around", w->name);
			assert_true(f->confidence > 0 && f->confidence <= 0.999);
		}
	}
	finding_free(f);
}

/* Design: silence without a control stays under 0.8; that others fare well is no control of the
 * target. */
static void
silence_alone(void **state)
{
	(void)state;
	assert_near(TOLD(DROP, "silence.data", "silence.long", "silence.selective",
			 "silence.one_way", "fingerprint.specific"),
		    0.79);
	assert_near(TOLD(DROP, "silence.data", "silence.long", "silence.selective",
			 "silence.one_way", "fingerprint.specific", "control.others_fine",
			 "control.same_address"),
		    0.79);
	assert_true(TOLD(DROP, "silence.data", "silence.long", "silence.selective",
			 "silence.one_way", "control.other_name") > 0.9);
	assert_true(TOLD(DROP, "silence.syn", "control.others_fine") < 0.6);
}

/* One feature convicts nobody, but for those that contradict themselves on the wire. */
static void
no_single_feature_convicts(void **state)
{
	(void)state;
	for (const struct weight *w = weights; w->name; w++) {
		struct finding *f;

		/* A resolver that says so itself, and a triple that no host sends. */
		if (w->weight <= 0 || w->family == FAMILY_PRIOR ||
		    strcmp(w->name, "dns.censored") == 0)
			continue;
		f = begin(RST_INJECTION);
		finding_weigh(f, w->name, nowhere);
		weigh(f);
		if (f->confidence >= 0.9)
			fail_msg("%s alone: %.2f", w->name, f->confidence);
		finding_free(f);
	}
}

static void
names_are_unique(void **state)
{
	(void)state;
	for (const struct weight *w = weights; w->name; w++) {
		assert_ptr_equal(weight_find(w->name), w);
		assert_true(w->weight > -10 && w->weight < 10 && w->weight != 0);
		assert_true((int)w->family >= 0 && w->family < NFAMILIES);
		assert_true(w->words && w->words[0]);
	}
	assert_null(weight_find("no.such"));
	assert_null(weight_find(""));
}

/* Evidence without a weight is a mistake in this program, and stops it. */
static void
unknown_evidence_aborts(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		fclose(stderr);
		signal(SIGABRT, SIG_DFL);
		finding_weigh(begin(RST_INJECTION), "no.such", nowhere);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* All of src/ but the table itself, in one string; to be freed. */
static char *
source_text(void)
{
	DIR *d = opendir(SOURCE_ROOT "/src");
	const struct dirent *e;
	char *text = NULL;
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);
		char path[512];
		FILE *f;

		if (len < 3 || strcmp(e->d_name + len - 2, ".c") != 0 ||
		    strcmp(e->d_name, "weights.c") == 0)
			continue;
		snprintf(path, sizeof path, "%s/src/%s", SOURCE_ROOT, e->d_name);
		f = fopen(path, "r");
		assert_non_null(f);
		for (size_t got = 1; got > 0; n += got) {
			text = xrealloc(text, n + 4097, 1);
			got = fread(text + n, 1, 4096, f);
		}
		fclose(f);
	}
	closedir(d);
	assert_non_null(text);
	text[n] = '\0';
	return text;
}

/* A weight that nothing uses is a promise that nobody keeps. */
static void
every_weight_is_used(void **state)
{
	char *text = source_text();
	unsigned unused = 0;

	(void)state;
	for (const struct weight *w = weights; w->name; w++) {
		char quoted[64];

		snprintf(quoted, sizeof quoted, "\"%s\"", w->name);
		if (!strstr(text, quoted)) {
			print_error("%s is used nowhere\n", w->name);
			unused++;
		}
	}
	free(text);
	assert_int_equal(unused, 0);
}

/* The other way round: whatever is weighed by name has a weight. */
static void
every_use_has_a_weight(void **state)
{
	static const char *const calls[] = {"finding_weigh(", "add(m, ", "control(f, "};
	char *text = source_text();
	unsigned found = 0;

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		for (const char *p = text; (p = strstr(p, calls[i])); p++) {
			/* Each name between here and the end of the statement. */
			const char *stop = strstr(p, ";\n");

			for (const char *q = p; stop && (q = strchr(q, '"')) && q < stop; q++) {
				const char *close = strchr(q + 1, '"');
				char name[64];

				if (!close)
					break;
				snprintf(name, sizeof name, "%.*s", (int)(close - q - 1), q + 1);
				q = close;
				if (!strchr(name, '.') || strchr(name, ' ') || strchr(name, '%'))
					continue;
				found++;
				if (!weight_find(name))
					fail_msg("no weight for %s", name);
			}
		}
	}
	free(text);
	assert_true(found > 60);
}

/* measure_but_time() leaves it out, and asks whether what is left is enough to go on. */
static void
nobody_is_accused_for_being_punctual(void **state)
{
	(void)state;
	assert_true(weight_of("time.punctual") <= 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_are_log_odds),
	    cmocka_unit_test(families_are_capped),
	    cmocka_unit_test(doubts_are_not_capped),
	    cmocka_unit_test(monotone),
	    cmocka_unit_test(nobody_is_accused_for_being_punctual),
	    cmocka_unit_test(silence_alone),
	    cmocka_unit_test(no_single_feature_convicts),
	    cmocka_unit_test(names_are_unique),
	    cmocka_unit_test(unknown_evidence_aborts),
	    cmocka_unit_test(every_weight_is_used),
	    cmocka_unit_test(every_use_has_a_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
