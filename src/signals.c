/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handlers only note: the loops look. */
#include "signals.h"

volatile sig_atomic_t signal_stop, signal_reopen, signal_tell;

static void
on_signal(int number)
{
	if (number == SIGHUP)
		signal_reopen = 1;
	else if (number == SIGUSR1)
		signal_tell = 1;
	else
		signal_stop = 1;
}

void
signals_listen(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
}
