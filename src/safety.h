/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process that reads strangers' packets for days must not be able to do. */
#pragma once

#include "base.h"

/* When everything is open that needs rights: becomes an unprivileged user (if it is root; "nobody"
 * if none is named), gives up every capability and the way back to any, and lets the kernel refuse
 * all system calls but those that watching takes (seccomp(2)): another one ends the process. On
 * failure returns a negative errno and one line in *ret_why, to be freed by the caller. */
int safety_begin(const char *user, char **ret_why);
