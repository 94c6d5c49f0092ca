/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One handle of libpcap for each interface, read in turns without waiting. */
#include "livecap.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf.h"
#include "fanout.h"

/* How long the kernel may gather frames before it shows them. */
#define GATHER_MSEC 100
/* Frames of one interface before the next has its turn. */
#define TURN_MAX 4096

struct interface {
	pcap_t *pcap;
	const char *name;
	int link_type;
	bool nanoseconds, ended, down;
	struct livecap_counts counts;
	struct pcap_stat last;
	/* Whoever is handed the frames of this turn. */
	struct livecap *all;
};

struct livecap {
	struct interface *interfaces;
	size_t n;
	int64_t since;
	struct pollfd *polled;
	void (*take)(void *context, size_t interface, struct frame *f);
	void *context;
	size_t taken;
	char *trouble;
};

PRINTF_LIKE(2, 3)
static int
why_not(char **ret_why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(ret_why, fmt, ap) < 0)
		*ret_why = NULL;
	va_end(ap);
	return -EINVAL;
}

static int
refused(const struct interface *i, int error, char **ret_why)
{
	const char *said = pcap_geterr(i->pcap);

	if (error == PCAP_ERROR_PERM_DENIED || error == PCAP_ERROR_PROMISC_PERM_DENIED) {
		why_not(
		    ret_why,
		    "%s: capturing needs the right CAP_NET_RAW: run it with sudo, or once 'sudo "
		    "setcap cap_net_raw+ep %s'",
		    i->name, program_invocation_name);
		return -EPERM;
	}
	if (error == PCAP_ERROR_NO_SUCH_DEVICE)
		return why_not(
		    ret_why, "%s: no such interface; 'tamperscope interfaces' lists them", i->name);
	return why_not(ret_why, "%s: %s", i->name, *said ? said : pcap_statustostr(error));
}

static int
set_filter(const struct interface *i, const char *filter, char **ret_why)
{
	struct bpf_program program;
	int error;

	if (!filter)
		return 0;
	if (pcap_compile(i->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN))
		return why_not(ret_why, "%s: filter '%s': %s", i->name, filter,
			       pcap_geterr(i->pcap));
	error = pcap_setfilter(i->pcap, &program);
	pcap_freecode(&program);
	return error ? refused(i, error, ret_why) : 0;
}

static int
interface_open(struct interface *i, const struct livecap_options *o, char **ret_why)
{
	char said[PCAP_ERRBUF_SIZE];
	int error;

	i->pcap = pcap_create(i->name, said);
	if (!i->pcap)
		return why_not(ret_why, "%s: %s", i->name, said);
	pcap_set_snaplen(i->pcap, o->snaplen);
	pcap_set_promisc(i->pcap, o->promiscuous);
	pcap_set_timeout(i->pcap, GATHER_MSEC);
	pcap_set_buffer_size(i->pcap, o->buffer);
	i->nanoseconds = pcap_set_tstamp_precision(i->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
	error = pcap_activate(i->pcap);
	if (error < 0)
		return refused(i, error, ret_why);
	if (pcap_setnonblock(i->pcap, 1, said))
		return why_not(ret_why, "%s: %s", i->name, said);
	i->link_type = pcap_datalink(i->pcap);
	return set_filter(i, o->filter, ret_why);
}

static int
share(const struct interface *i, uint16_t *group, char **ret_why)
{
	int error = fanout_join(pcap_get_selectable_fd(i->pcap), group);

	if (!error)
		return 0;
	why_not(ret_why, "%s: its packets cannot be shared out: %s", i->name, strerror(-error));
	return -EOPNOTSUPP;
}

int
livecap_open(const struct livecap_options *o, struct livecap **ret, char **ret_why)
{
	struct livecap *l = xcalloc(1, sizeof *l);

	l->interfaces = xcalloc(o->n, sizeof *l->interfaces);
	l->polled = xcalloc(o->n + 1, sizeof *l->polled);
	for (; l->n < o->n; l->n++) {
		struct interface *i = &l->interfaces[l->n];
		int error;

		i->name = o->interfaces[l->n];
		i->all = l;
		error = interface_open(i, o, ret_why);
		if (!error && o->groups)
			error = share(i, &o->groups[l->n], ret_why);
		if (error) {
			l->n++;
			livecap_close(l);
			return error;
		}
		l->polled[l->n] =
		    (struct pollfd){.fd = pcap_get_selectable_fd(i->pcap), .events = POLLIN};
	}
	*ret = l;
	return 0;
}

void
livecap_close(struct livecap *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (l->interfaces[i].pcap)
			pcap_close(l->interfaces[i].pcap);
	free(l->interfaces);
	free(l->polled);
	free(l->trouble);
	free(l);
}

/* No pcap_close(): that would end the ring for all. */
void
livecap_leave(struct livecap *l)
{
	for (size_t i = 0; i < l->n; i++) {
		close(pcap_get_selectable_fd(l->interfaces[i].pcap));
		l->interfaces[i].pcap = NULL;
	}
	livecap_close(l);
}

void
livecap_since(struct livecap *l, int64_t nsec)
{
	l->since = nsec;
}

void
livecap_wait(struct livecap *l, int other, int milliseconds, bool *ret_other)
{
	l->polled[l->n] = (struct pollfd){.fd = other, .events = POLLIN};
	*ret_other = poll(l->polled, l->n + 1, milliseconds) > 0 && l->polled[l->n].revents;
}

static void
on_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct interface *i = (struct interface *)(void *)user;
	struct livecap *l = i->all;
	struct frame f = {
	    .data = bytes,
	    .nsec = (int64_t)h->ts.tv_sec * NSEC_PER_SEC +
		    (int64_t)h->ts.tv_usec * (i->nanoseconds ? 1 : NSEC_PER_USEC),
	    .caplen = h->caplen,
	    .len = h->len,
	    .link_type = i->link_type,
	};

	l->taken++;
	if (f.nsec < l->since)
		return;
	l->take(l->context, (size_t)(i - l->interfaces), &f);
}

/* Asked without a socket, which is not allowed any more by then. */
static bool
is_there(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "/sys/class/net/%s", name);
	return access(path, F_OK) == 0;
}

/* Likewise. */
static bool
is_up(const char *name)
{
	char path[PATH_MAX];
	unsigned flags = 0;
	FILE *in;

	snprintf(path, sizeof path, "/sys/class/net/%s/flags", name);
	in = fopen(path, "re");
	if (in && fscanf(in, "%x", &flags) != 1) /* NOLINT(cert-err34-c): the kernel's own */
		flags = 0;
	if (in)
		fclose(in);
	return flags & IFF_UP;
}

/* Of an interface that brings nothing: libpcap goes on without a word when it is down. */
static void
note_state(struct livecap *l, struct interface *i)
{
	if (i->ended || l->trouble || strcmp(i->name, "any") == 0 || i->down != is_up(i->name) ||
	    !is_there(i->name))
		return;
	i->down = !i->down;
	l->trouble =
	    xasprintf(i->down ? "%s: it is down; waiting for it" : "%s: it is up again", i->name);
}

/* An interface that went down may come back; one that is gone does not. */
static void
note_trouble(struct livecap *l, struct interface *i)
{
	bool gone = strcmp(i->name, "any") != 0 && !is_there(i->name);
	const char *said = pcap_geterr(i->pcap);

	i->ended = gone;
	if (gone)
		l->polled[i - l->interfaces].fd = -1;
	free(l->trouble);
	if (asprintf(&l->trouble, "%s: %s%s", i->name, said,
		     gone ? "; it is watched no more" : "; waiting for it") < 0)
		l->trouble = NULL;
}

size_t
livecap_read(struct livecap *l, void (*take)(void *context, size_t interface, struct frame *f),
	     void *context)
{
	l->take = take;
	l->context = context;
	l->taken = 0;
	for (size_t k = 0; k < l->n; k++) {
		struct interface *i = &l->interfaces[k];

		size_t before = l->taken;

		if (!i->ended &&
		    pcap_dispatch(i->pcap, TURN_MAX, on_frame, (u_char *)i) == PCAP_ERROR)
			note_trouble(l, i);
		else if (l->taken == before)
			note_state(l, i);
	}
	return l->taken;
}

/* libpcap's counters have 32 bits: what was added since. */
void
livecap_counts(struct livecap *l, size_t interface, struct livecap_counts *ret)
{
	struct interface *i = &l->interfaces[interface];
	struct pcap_stat now;

	if (!i->ended && pcap_stats(i->pcap, &now) == 0) {
		i->counts.received += now.ps_recv - i->last.ps_recv;
		i->counts.dropped += now.ps_drop - i->last.ps_drop;
		i->counts.interface_dropped += now.ps_ifdrop - i->last.ps_ifdrop;
		i->last = now;
	}
	*ret = i->counts;
}

char *
livecap_trouble(struct livecap *l)
{
	char *told = l->trouble;

	l->trouble = NULL;
	return told;
}

bool
livecap_alive(const struct livecap *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->interfaces[i].ended)
			return true;
	return false;
}

static void
print_address(const struct pcap_addr *a, FILE *out)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr;

	if (!a->addr)
		return;
	if (a->addr->sa_family == AF_INET)
		addr = addr_from_v4(
		    (const uint8_t *)&((struct sockaddr_in *)(void *)a->addr)->sin_addr);
	else if (a->addr->sa_family == AF_INET6)
		addr = addr_from_v6(((struct sockaddr_in6 *)(void *)a->addr)->sin6_addr.s6_addr);
	else
		return;
	fprintf(out, "  %s", addr_text(&addr, text));
}

int
livecap_list(FILE *out, char **ret_why)
{
	char said[PCAP_ERRBUF_SIZE];
	pcap_if_t *all;

	if (pcap_findalldevs(&all, said))
		return why_not(ret_why, "interfaces cannot be listed: %s", said);
	for (const pcap_if_t *i = all; i; i = i->next) {
		bool running = i->flags & PCAP_IF_RUNNING, up = i->flags & PCAP_IF_UP;

		fprintf(out, "%-15s %-8s", i->name, running ? "running" : up ? "up" : "down");
		for (const struct pcap_addr *a = i->addresses; a; a = a->next)
			print_address(a, out);
		if (i->description)
			fprintf(out, "  %s", i->description);
		fputc('\n', out);
	}
	pcap_freealldevs(all);
	return 0;
}
