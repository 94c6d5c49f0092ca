/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a flow is, by its bytes, its name, or its address. Reading the files is serviceparse.c. */
#include "servicedb.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

/* The largest file in the tree has 6 kB. */
#define FILE_MAX (1 << 18)

const char *const function_words[NFUNCTIONS] = {
    [FUNCTION_DNS] = "dns",
    [FUNCTION_WEB] = "web",
    [FUNCTION_CHAT] = "chat",
    [FUNCTION_MEDIA] = "media",
    [FUNCTION_CALLS] = "calls",
    [FUNCTION_PUSH] = "push",
    [FUNCTION_REGISTRATION] = "registration",
    [FUNCTION_TUNNEL] = "tunnel",
};

static bool
is_service_file(const char *name)
{
	static const char suffix[] = ".service";
	size_t n = strlen(name), k = sizeof suffix - 1;

	return n > k && name[0] != '.' && strcmp(name + n - k, suffix) == 0;
}

static int
choose(const struct dirent *d)
{
	return is_service_file(d->d_name);
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

bool
services_in(const char *folder)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, choose, by_bytes);

	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return n > 0;
}

static void
digest_file(struct services *s, const char *name, struct bytes b)
{
	char sum[SHA256_HEX + 1];

	digest_sha256(b, sum);
	digest_sha256(bytes_of(arena_printf(s->arena, "%s %s %s", s->sha256, sum, name)),
		      s->sha256);
}

static void
read_file(struct services *s, const char *path, struct complaints *c)
{
	FILE *in = fopen(path, "re");
	char *text;
	size_t n;

	if (!in) {
		complain(c, path, 1, "%s, expected a readable file", strerror(errno));
		return;
	}
	text = xrealloc(NULL, FILE_MAX + 2, 1);
	n = fread(text, 1, FILE_MAX + 1, in);
	text[n] = '\0';
	fclose(in);
	if (n > FILE_MAX)
		complain(c, path, 1, "too long, expected at most %d bytes", FILE_MAX);
	else if (memchr(text, '\0', n))
		complain(c, path, 1, "a NUL byte in a text file, expected UTF-8 text");
	else {
		digest_file(s, strrchr(path, '/') + 1, (struct bytes){(uint8_t *)text, n});
		services_parse(s, path, text, c);
	}
	free(text);
}

struct services *
services_load(const char *folder, struct complaints *c)
{
	struct services *s = xcalloc(1, sizeof *s);
	struct dirent **names = NULL;
	int n = folder ? scandir(folder, &names, choose, by_bytes) : 0;

	s->arena = arena_new();
	for (int i = 0; i < n; i++) {
		if (complaints_go_on(c))
			read_file(s, arena_printf(s->arena, "%s/%s", folder, names[i]->d_name), c);
		free(names[i]);
	}
	free(names);
	if (complaints_go_on(c))
		return s;
	services_free(s);
	return NULL;
}

const char *
services_default_folder(struct arena *a, const char *fingerprints)
{
	const char *said = getenv("TAMPERSCOPE_SERVICES"), *beside;

	if (said && *said)
		return said;
	beside = arena_printf(a, "%s/../services", fingerprints);
	return access(beside, R_OK | X_OK) == 0 ? beside : DATADIR "/services";
}

const char *
services_sha256(const struct services *s)
{
	return s->sha256;
}

size_t
services_count(const struct services *s)
{
	return s ? s->n : 0;
}

const struct service *
services_get(const struct services *s, uint8_t number)
{
	return number && number <= s->n ? &s->all[number - 1] : NULL;
}

/* A random name as Tor makes them: "www.", base32 of so many characters, and an end
 * (torproject/tor, src/lib/tls: crypto_random_hostname). */
static bool
is_tor_name(const struct fact *fact, const char *end, size_t least, size_t most)
{
	size_t tail = strlen(end), n;
	const uint8_t *p;

	if (!fact || fact->text.n < 4 + least + tail || fact->text.n > 4 + most + tail)
		return false;
	n = fact->text.n - 4 - tail;
	p = fact->text.p + 4;
	if (memcmp(p - 4, "www.", 4) != 0 || memcmp(p + n, end, tail) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '2' && p[i] <= '7')))
			return false;
	return true;
}

/* The certificate of a relay, made for the day: of one random name, by another. */
static bool
is_tor(const struct flow *f)
{
	return is_tor_name(flow_first(f, "tls.cert.subject"), ".net", 8, 20) &&
	       is_tor_name(flow_first(f, "tls.cert.issuer"), ".com", 8, 20);
}

/* MS-SSTP, 3.2.4.1: a method of its own. It is seen where somebody has taken the TLS off, as
 * balancers in front of such servers do. */
static bool
is_sstp(const struct flow *f)
{
	static const char method[] = "SSTP_DUPLEX_POST";
	const struct fact *fact = flow_first(f, "http.request.method");

	return fact && fact->text.n == sizeof method - 1 &&
	       memcmp(fact->text.p, method, sizeof method - 1) == 0;
}

const struct shape shapes[] = {{"tor", "tls", is_tor}, {"sstp", "http", is_sstp}, {0}};

/* A call begins alike for all: on a service's own ports in its own networks it is the service's. */
static struct usage
call_by_address(const struct services *s, const struct flow *f)
{
	struct usage usage = {0, 0};

	if (strcmp(f->dissector->name, "stun") == 0)
		usage = services_by_address(s, &f->addr[SERVER], f->proto, f->port[SERVER]);
	return usage.function == FUNCTION_CALLS ? usage : (struct usage){0, 0};
}

struct usage
services_by_flow(const struct services *s, const struct flow *f)
{
	const struct claim *fallback = NULL;
	struct claimed claimed = {.from = 0};

	if (!f->dissector)
		return (struct usage){0, 0};
	for (size_t i = 0; i < s->nclaimed && !claimed.dissector; i++)
		if (s->claimed[i].dissector == f->dissector)
			claimed = s->claimed[i];
	for (size_t i = claimed.from; i < claimed.to; i++) {
		const struct claim *c = &s->claims[i];

		if (c->shape) {
			if (c->shape->looks(f))
				return c->usage;
		} else if (!c->fact) {
			fallback = c;
		} else if (flow_first(f, c->fact)) {
			return c->usage;
		}
	}
	/* A dissector that never understood a word has recognised nothing. */
	if (!f->nfacts)
		return (struct usage){0, 0};
	return fallback ? fallback->usage : call_by_address(s, f);
}

struct usage
services_by_name(const struct services *s, const char *name)
{
	uint32_t end = services_end(name, strlen(name));
	const struct named *n;

	/* Most names end like none of any service's. */
	if (!s->any_end && !(s->ends[end / 64] >> end % 64 & 1))
		return (struct usage){0, 0};
	n = services_find_name(s, name, true);
	for (const char *dot = strchr(name, '.'); dot && !n; dot = strchr(dot + 1, '.'))
		n = services_find_name(s, dot + 1, false);
	return n ? n->usage : (struct usage){0, 0};
}

static bool
lies_in(const struct addr *a, const struct network *w)
{
	unsigned whole = w->prefix / 8, rest = w->prefix % 8;

	if (memcmp(a->b, w->addr.b, whole) != 0)
		return false;
	return !rest || (a->b[whole] ^ w->addr.b[whole]) >> (8 - rest) == 0;
}

struct usage
services_by_address(const struct services *s, const struct addr *a, uint8_t proto, uint16_t port)
{
	const struct network *best = NULL;

	for (size_t i = 0; i < s->nnetworks; i++) {
		const struct network *w = &s->networks[i];

		if ((w->proto && w->proto != proto) || port < w->ports[0] || port > w->ports[1] ||
		    (best && best->prefix >= w->prefix) || !lies_in(a, w))
			continue;
		best = w;
	}
	return best ? best->usage : (struct usage){0, 0};
}
