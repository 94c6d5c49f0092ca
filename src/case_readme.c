/* SPDX-License-Identifier: GPL-3.0-or-later */
/* README.txt and SHA256SUMS, for whoever is handed a case and has nothing but a shell. */
#include "case_outputs.h"

#include "printable.h"
#include "report_parts.h"

#include <stdlib.h>

static const struct {
	const char *name, *what;
} kinds[] = {
    {"report.html", "the report, for a browser; it loads nothing from anywhere"},
    {"report.txt", "the report as text"},
    {"report.json", "the report for programs"},
    {"evidence.pcapng", "the packets that the report cites, for Wireshark, with comments"},
    {"redaction.json", "what was taken out of the captures before they were looked at"},
    {PUBLIC_FILE, "the key by which the signature can be checked"},
};

/* What the user said, without what a terminal would obey. */
static void
put_shown(const char *text, FILE *out)
{
	char *shown = printable(text);

	fprintf(out, "%s\n", shown);
	free(shown);
}

static void
put_files(const struct manifest *m, FILE *out)
{
	fputs("What is here\n\n", out);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (manifest_file(m, kinds[i].name))
			fprintf(out, "  %-18s %s\n", kinds[i].name, kinds[i].what);
	fprintf(out, "  %-18s %s\n", MANIFEST_FILE,
		"what this was made from, by what and how, with digests");
	fprintf(out, "  %-18s %s\n", QUERY_FILE, "a query for a time stamp of the manifest");
	if (m->is_signed)
		fprintf(out, "  %-18s %s\n", SIGNATURE_FILE,
			"a signature of the manifest (Ed25519)");
	fprintf(out, "  %-18s %s\n\n", SUMS_FILE, "digests of all files here");
}

static void
put_custody(const struct manifest *m, FILE *out)
{
	const struct custody *c = &m->custody;

	if (!c->nmeta && !c->nnotes)
		return;
	fputs("What its maker says\n\n", out);
	for (size_t i = 0; i < c->nmeta; i++) {
		fprintf(out, "  %.*s: ", (int)c->meta[i].key.n, (const char *)c->meta[i].key.p);
		put_shown(c->meta[i].value, out);
	}
	for (size_t i = 0; i < c->nnotes; i++) {
		fputs("  - ", out);
		put_shown(c->notes[i], out);
	}
	putc('\n', out);
}

static void
put_originals(const struct manifest *m, FILE *out)
{
	fputs("What it was made from\n\n", out);
	for (size_t i = 0; i < m->noriginals; i++)
		fprintf(out, "  %s, %llu bytes\n    SHA-256 %s\n", m->originals[i].label,
			(unsigned long long)m->originals[i].sums.size, m->originals[i].sums.sha256);
	if (m->redact)
		fputs(
		    "\nThey were redacted before anything else looked at them: who was there is\n"
		    "disguised in all that is here, and redaction.json says what was done. "
		    "Reports\n"
		    "and evidence are about the redacted copies, whose digests the manifest has.\n",
		    out);
	fputs("\nThe originals are not in this folder. Keep them unchanged, and readable only for\n"
	      "those who must read them: captures hold what people did and said.\n\n",
	      out);
}

static void
put_checks(const struct manifest *m, FILE *out)
{
	struct arena *scratch = arena_new();

	fputs(
	    "How to check it\n\n"
	    "Is the folder what it was? (ORIGINALS: the captures, or the folder that they are in)\n"
	    "\n"
	    "  tamperscope verify --originals ORIGINALS .\n\n"
	    "says what is intact, what was changed, and whether a new analysis of the originals\n"
	    "gives the same files byte for byte.\n",
	    out);
	if (m->redact)
		fprintf(out, "Here the redacted copies do instead of the originals%s.\n",
			m->key_given ? "; the originals need the\nkey, too (--key FILE)"
				     : ", whose key was\nthrown away");
	fputs("\nWithout the program:\n\n"
	      "  sha256sum -c SHA256SUMS\n",
	      out);
	if (m->is_signed)
		fputs("  openssl pkeyutl -verify -pubin -inkey public.pem -rawin \\\n"
		      "      -in manifest.json -sigfile manifest.json.sig\n\n"
		      "A signature proves no more than the key: ask its owner for public.pem, or "
		      "for\n"
		      "its digest, on another way than this folder came.\n",
		      out);
	else
		fputs("\nNobody has signed this. Digests show accidents; who changes a file on "
		      "purpose\n"
		      "can change them, too. Ask the maker for the SHA-256 of manifest.json on\n"
		      "another way than this folder came.\n",
		      out);
	fprintf(out, "\nHow it was made, by tamperscope %s:\n\n  ", m->version);
	put_shown(manifest_command_line(scratch, m), out);
	putc('\n', out);
	fputs(
	    "A time stamp by RFC 3161 shows that the manifest was there at a time. To get one,\n"
	    "from an authority that readers of this trust, once and as early as possible:\n\n"
	    "  curl -H 'Content-Type: application/timestamp-query' \\\n"
	    "      --data-binary @manifest.json.tsq -o manifest.json.tsr URL\n\n"
	    "Kept beside the manifest, manifest.json.tsr is checked by tamperscope verify, and "
	    "by\n\n"
	    "  openssl ts -verify -queryfile manifest.json.tsq -in manifest.json.tsr -CAfile CA\n",
	    out);
	arena_free(scratch);
}

int
case_readme(const struct manifest *m, FILE *out)
{
	fputs(
	    "A case of tamperscope: evidence of interference with network traffic, or of none\n\n",
	    out);
	put_files(m, out);
	put_originals(m, out);
	put_custody(m, out);
	put_checks(m, out);
	return finish(out);
}

char *
case_sums(const struct manifest *m, const struct case_seals *seals)
{
	const struct {
		const char *name;
		struct bytes b;
	} others[] = {{MANIFEST_FILE, seals->manifest},
		      {SIGNATURE_FILE, seals->signature},
		      {QUERY_FILE, seals->query}};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		out_of_memory();
	for (size_t i = 0; i < m->nfiles; i++)
		fprintf(out, "%s  %s\n", m->files[i].sums.sha256, m->files[i].name);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct file_sums sums;

		if (!others[i].b.n)
			continue;
		bytes_sums(others[i].b, &sums);
		fprintf(out, "%s  %s\n", sums.sha256, others[i].name);
	}
	if (fclose(out))
		out_of_memory();
	return text;
}
