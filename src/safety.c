/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libcap-ng gives up rights in the right order, libseccomp knows the numbers of system calls. */
#include "safety.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static int
why_not(char **ret_why, const char *what, const char *who, int error)
{
	if (asprintf(ret_why, "%s%s: %s", what, who, strerror(-error)) < 0)
		*ret_why = NULL;
	return error;
}

/* Files that are written later must be writable for the new user. */
static int
become(const char *user, char **ret_why)
{
	const struct passwd *who;

	capng_clear(CAPNG_SELECT_BOTH);
	if (geteuid() != 0) {
		if (user)
			return why_not(ret_why, "--user ", user, -EPERM);
		return capng_apply(CAPNG_SELECT_CAPS)
			   ? why_not(ret_why, "giving up rights", "", -EPERM)
			   : 0;
	}
	errno = 0;
	who = getpwnam(user ? user : "nobody");
	if (!who)
		return why_not(ret_why, "--user ", user ? user : "nobody",
			       errno ? -errno : -ENOENT);
	if (capng_change_id((int)who->pw_uid, (int)who->pw_gid,
			    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING))
		return why_not(ret_why, "becoming ", who->pw_name, -EPERM);
	return 0;
}

/* The loop, its copies (fork), files that appear whole, reports, memory. */
static const int calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname), /* is the interface there still? */
    SCMP_SYS(setsockopt),
    SCMP_SYS(ioctl),

    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mprotect),
    SCMP_SYS(brk),
    SCMP_SYS(fork),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
    SCMP_SYS(kill),
    SCMP_SYS(tgkill),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(getpriority),
    SCMP_SYS(setpriority),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fchmod),
    SCMP_SYS(umask),
    SCMP_SYS(getdents64),
    SCMP_SYS(getrandom),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(prlimit64),
    SCMP_SYS(uname),
    SCMP_SYS(getcwd),
};

/* Calls that are allowed in part. What clone3(2) asks for cannot be seen from here, and the C
 * library does without it. */
static int
add_conditions(scmp_filter_ctx filter)
{
	const scmp_datum_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, spaces, 0));

	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
					 SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG));
	return error;
}

static int
filter_calls(char **ret_why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int error = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof calls / sizeof *calls && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	if (!error)
		error = add_conditions(filter);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error ? why_not(ret_why, "no filter of system calls", "", error) : 0;
}

int
safety_begin(const char *user, char **ret_why)
{
	int error = become(user, ret_why);

	if (error)
		return error;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return why_not(ret_why, "giving up new privileges", "", -errno);
	return filter_calls(ret_why);
}
