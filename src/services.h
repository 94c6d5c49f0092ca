/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services that people use, told by data: which names, protocols and addresses are whose, and what
 * they are for. docs/services.md is the format. */
#pragma once

#include "flow.h"

/* What a service does, and may fail to do. */
enum function {
	FUNCTION_DNS, /* its names are found */
	FUNCTION_WEB,
	FUNCTION_CHAT,
	FUNCTION_MEDIA, /* files and pictures */
	FUNCTION_CALLS,
	FUNCTION_PUSH,
	FUNCTION_REGISTRATION,
	FUNCTION_TUNNEL,
	NFUNCTIONS
};
extern const char *const function_words[NFUNCTIONS];

/* Most services: an episode has a byte for its own. */
#define SERVICES_MAX 254

struct service {
	const char *id, *title, *dated, *file;
	unsigned line;
	const char *const *sources; /* NULL-terminated */
};

/* What a flow is for. service 0: nobody knows. */
struct usage {
	uint8_t service; /* 1 and up: services_get() */
	uint8_t function;
};

struct services;
struct complaints;

/* Reads a folder's *.service files. One that is not there has no services. Returns NULL if a file
 * is wrong and only the first complaint is kept. */
struct services *services_load(const char *folder, struct complaints *c);
void services_free(struct services *s); /* accepts NULL */
/* TAMPERSCOPE_SERVICES, else beside the folder of fingerprints, else where it was installed. */
const char *services_default_folder(struct arena *a, const char *fingerprints);
/* Whether a folder holds *.service files. */
bool services_in(const char *folder);
/* The SHA-256 of all that was read: of names and contents of its files. */
const char *services_sha256(const struct services *s);
size_t services_count(const struct services *s); /* of NULL: 0 */
const struct service *services_get(const struct services *s, uint8_t number);

/* By what its bytes say: who speaks, and the facts that only one service leaves. */
struct usage services_by_flow(const struct services *s, const struct flow *f);
/* By a name that it asked for; the narrowest entry wins. */
struct usage services_by_name(const struct services *s, const char *name);
/* By where it went: a hint, never proof. The narrowest network wins. */
struct usage services_by_address(const struct services *s, const struct addr *a, uint8_t proto,
				 uint16_t port);
