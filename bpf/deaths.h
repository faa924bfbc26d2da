/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that their thread's death ends. The kernel lets such a call return EINTR, or an error that asks for its
 * restart, and ends the thread on the way out: no program ever sees that result.
 */
#ifndef LOOPSCOPE_DEATHS_H
#define LOOPSCOPE_DEATHS_H

#include "bpf/observe.h"

#define SIGNAL_BIT(number) (1UL << ((number) - 1))
#define KILL_SIGNAL SIGNAL_BIT(9)
/* Those whose default is to dump core, signal(7): QUIT ILL TRAP ABRT BUS FPE SEGV XCPU XFSZ SYS. */
#define CORE_SIGNALS                                                                                         \
	(SIGNAL_BIT(3) | SIGNAL_BIT(4) | SIGNAL_BIT(5) | SIGNAL_BIT(6) | SIGNAL_BIT(7) | SIGNAL_BIT(8) |     \
	 SIGNAL_BIT(11) | SIGNAL_BIT(24) | SIGNAL_BIT(25) | SIGNAL_BIT(31))
#define LAST_CORE_SIGNAL 31

static __always_inline bool interrupted(long ret)
{
	return ret == -4 || (ret <= -512 && ret >= -516); /* EINTR; ERESTARTSYS to ERESTART_RESTARTBLOCK */
}

static __always_inline bool has_default_action(struct sighand_struct *handlers, int number)
{
	void *action = (void *)handlers + bpf_core_field_offset(struct sighand_struct, action) +
		       (number - 1) * bpf_core_type_size(struct k_sigaction) +
		       bpf_core_field_offset(struct k_sigaction, sa.sa_handler);
	void *handler = NULL;

	return !bpf_probe_read_kernel(&handler, sizeof(handler), action) && !handler; /* SIG_DFL */
}

/*
 * Whatever ends a process - exit_group, exec by another thread, a signal without a handler - puts SIGKILL into each
 * of its threads (kernel/signal.c, zap_other_threads() and complete_signal()). Only a signal that dumps core does so
 * later, when it is taken; a debugger may keep it from being taken.
 *
 * A global function, and its pointers followed before the loop: the verifier looks at it once, not on every path that
 * leads here.
 */
__noinline int this_thread_dies(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sighand_struct *handlers = task->sighand;
	unsigned long waiting = task->pending.signal.sig[0];

	if (waiting & KILL_SIGNAL)
		return true;
	if (task->ptrace)
		return false;
	waiting |= task->signal->shared_pending.signal.sig[0];
	waiting &= CORE_SIGNALS & ~task->blocked.sig[0];
	if (!waiting)
		return false;
	for (int number = 1; number <= LAST_CORE_SIGNAL; number++)
		if (waiting & SIGNAL_BIT(number) && has_default_action(handlers, number))
			return true;
	return false;
}

#endif
