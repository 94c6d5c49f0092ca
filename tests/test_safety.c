/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is refused after safety_begin(): one child a call, which the kernel has to end. */
#include "safety.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct call {
	const char *name;
	long number;
	long a[5];
};

#define TEXT(s) ((long)(intptr_t)(s))

static const char *const program[] = {"/bin/true", NULL};

static struct call forbidden[] = {
    {"socket", SYS_socket, {AF_INET, SOCK_STREAM}},
    {"socket, of packets", SYS_socket, {AF_PACKET, SOCK_RAW}},
    {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM}},
    {"connect", SYS_connect, {0}},
    {"bind", SYS_bind, {0}},
    {"sendto", SYS_sendto, {0}},
    {"sendmsg", SYS_sendmsg, {0}},
    {"execve", SYS_execve, {TEXT("/bin/true"), TEXT(program)}},
    {"ptrace", SYS_ptrace, {PTRACE_TRACEME}},
    {"process_vm_readv", SYS_process_vm_readv, {1}},
    {"mount", SYS_mount, {TEXT("none"), TEXT("/mnt"), TEXT("tmpfs")}},
    {"umount2", SYS_umount2, {TEXT("/mnt")}},
    {"chroot", SYS_chroot, {TEXT("/")}},
    {"unshare", SYS_unshare, {CLONE_NEWUSER}},
    {"setns", SYS_setns, {0}},
    {"clone, with a namespace of its own", SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
    {"setuid", SYS_setuid, {0}},
    {"setresuid", SYS_setresuid, {0, 0, 0}},
    {"setgid", SYS_setgid, {0}},
    {"capset", SYS_capset, {0}},
    {"prctl, but for the end of the parent", SYS_prctl, {PR_SET_DUMPABLE, 1}},
    {"seccomp", SYS_seccomp, {0}},
    {"bpf", SYS_bpf, {0}},
    {"perf_event_open", SYS_perf_event_open, {0}},
    {"io_uring_setup", SYS_io_uring_setup, {1}},
    {"userfaultfd", SYS_userfaultfd, {0}},
    {"memfd_create", SYS_memfd_create, {TEXT("x")}},
    {"finit_module", SYS_finit_module, {0}},
    {"keyctl", SYS_keyctl, {0}},
    {"symlinkat", SYS_symlinkat, {TEXT("/"), AT_FDCWD, TEXT("x")}},
    {"linkat", SYS_linkat, {AT_FDCWD, TEXT("/etc/passwd"), AT_FDCWD, TEXT("x")}},
    {"fchownat", SYS_fchownat, {AT_FDCWD, TEXT("x"), 0, 0}},
    {"mknodat", SYS_mknodat, {AT_FDCWD, TEXT("x")}},
    {"reboot", SYS_reboot, {0}},
};

/* Runs it in a child without rights; returns how that ended. */
static int
status_of(void (*what)(void *context), void *context)
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		char *why = NULL;

		if (safety_begin(NULL, &why))
			_exit(77);
		what(context);
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void
make_call(void *context)
{
	const struct call *c = context;

	syscall(c->number, c->a[0], c->a[1], c->a[2], c->a[3], c->a[4]);
}

static void
test_forbidden(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
		int status = status_of(make_call, &forbidden[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s is not refused: status %#x", forbidden[i].name, status);
	}
}

/* What the loop does: a file, a copy of itself that is waited for, a pipe, memory, clocks. */
static void
watch(void *context)
{
	char name[] = "/tmp/tamperscope-XXXXXX";
	int status, fds[2], fd = mkstemp(name);
	char *memory = malloc(8 << 20);
	pid_t copy;

	(void)context;
	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) || close(fd) || rename(name, name) ||
	    unlink(name) || !memory || pipe2(fds, O_CLOEXEC))
		_exit(2);
	memset(memory, 1, 8 << 20);
	free(memory);
	copy = fork();
	if (copy == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(write(fds[1], "y", 1) == 1 && getppid() > 0 ? 0 : 3);
	}
	if (copy < 0 || waitpid(copy, &status, 0) != copy || status || read(fds[0], name, 1) != 1)
		_exit(4);
}

static void
test_allowed(void **state)
{
	(void)state;
	assert_int_equal(status_of(watch, NULL), 0);
}

/* Prints what is left, and ends well if that is nothing. */
static void
look_at_rights(void *context)
{
	FILE *in = fopen("/proc/self/status", "r");
	char line[256];
	bool well = in != NULL;
	int seen = 0;

	(void)context;
	while (well && fgets(line, sizeof line, in)) {
		bool capability = strncmp(line, "Cap", 3) == 0;
		bool user = strncmp(line, "Uid:", 4) == 0 || strncmp(line, "Gid:", 4) == 0;

		if (!capability && !user && strncmp(line, "NoNewPrivs:", 11) != 0 &&
		    strncmp(line, "Seccomp:", 8) != 0)
			continue;
		fprintf(stderr, "%s", line);
		seen++;
		/* Without root the bounding set stays; no new privileges come of it. */
		if (capability && strncmp(line, "CapBnd", 6) != 0)
			well = strtoull(strchr(line, '\t'), NULL, 16) == 0;
		if (user)
			well = strtoul(strchr(line, '\t'), NULL, 10) != 0;
		if (strncmp(line, "NoNewPrivs:", 11) == 0)
			well = line[12] == '1';
		if (strncmp(line, "Seccomp:", 8) == 0)
			well = line[9] == '2';
	}
	_exit(well && seen == 9 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void
test_rights(void **state)
{
	(void)state;
	assert_int_equal(status_of(look_at_rights, NULL), 0);
}

static void
no_such_user(void **state)
{
	char *why = NULL;

	(void)state;
	assert_true(safety_begin("no-such-user-here", &why) < 0);
	assert_non_null(strstr(why, "no-such-user-here"));
	free(why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forbidden),
	    cmocka_unit_test(test_allowed),
	    cmocka_unit_test(test_rights),
	    cmocka_unit_test(no_such_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
