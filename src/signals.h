/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What somebody asks a process that watches. */
#pragma once

#include "base.h"

#include <signal.h>

/* Set by SIGINT and SIGTERM; by SIGHUP; by SIGUSR1. Whoever heeds one clears it. */
extern volatile sig_atomic_t signal_stop, signal_reopen, signal_tell;

void signals_listen(void);
