/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was done to a capture: counts and options, and nothing that was hidden. */
#include "redact_parts.h"

#include "config.h"

#include <errno.h>
#include <jansson.h>

static const char *const count_words[NDISGUISED] = {
    [DISGUISED_ADDRESSES] = "addresses",
    [DISGUISED_MACS] = "hardware_addresses",
    [DISGUISED_NAMES] = "names",
    [DISGUISED_NETWORKS] = "networks",
};

int
redact_log(const struct redaction *r, const char *output_sha256, FILE *out)
{
	json_t *counts = json_object(), *all;
	int error;

	for (unsigned i = 0; i < NDISGUISED; i++)
		json_object_set_new(
		    counts, count_words[i],
		    json_integer((json_int_t)disguise_count(r->disguise, (enum disguised)i)));
	json_object_set_new(counts, "payload_bytes_overwritten",
			    json_integer((json_int_t)r->overwritten));
	json_object_set_new(counts, "packets_with_wrong_checksums",
			    json_integer((json_int_t)r->wrong_sums));
	all = json_pack(
	    "{ss si s{ss ss} s{ss? ss?} si si sb so}", "format", "tamperscope-redaction",
	    "format_version", 1, "tool", "name", "tamperscope", "version", VERSION, "sha256",
	    "input", r->options->analyze->nfiles == 1 ? r->digests[0] : NULL, "output",
	    output_sha256, "frames", (int)r->frames, "connections", (int)whom_count(r->whom),
	    "key_given", r->options->key != NULL, "replaced", counts);
	error = json_dumpf(all, out, JSON_INDENT(2)) < 0 || fputc('\n', out) == EOF ? -EIO : 0;
	json_decref(all);
	return error;
}

void
redact_tell(const struct redaction *r, FILE *out)
{
	const struct disguise *d = r->disguise;

	fprintf(out,
		"tamperscope: %llu frames: disguised %llu addresses, %llu hardware addresses and "
		"%llu names; overwrote %llu bytes of payload\n",
		(unsigned long long)r->frames,
		(unsigned long long)disguise_count(d, DISGUISED_ADDRESSES),
		(unsigned long long)disguise_count(d, DISGUISED_MACS),
		(unsigned long long)disguise_count(d, DISGUISED_NAMES),
		(unsigned long long)r->overwritten);
}
