/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end of a time off the CPU. sched_switch reports it; but there are kernels on which some switches are never
 * reported (seen on a virtual machine, away from the threads of its own agent), and then the next call of the thread does.
 */
#ifndef LOOPSCOPE_OFF_H
#define LOOPSCOPE_OFF_H

#include "bpf/observe.h"

static __always_inline void runs_again(struct thread_state *state)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct wire_off *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		count_loss(LOSS_SCHED, now_ns);
		state->off_ns = 0;
		return;
	}
	set_header(&record->header, WIRE_OFF, 0, sizeof(*record));
	record->pid = state->pid;
	record->tid = state->tid;
	record->time_ns = now_ns;
	record->off_ns = state->off_ns;
	record->woken_ns = state->woken_ns;
	record->state = state->off_state;
	record->context = state->context;
	record->by_pid = state->by_pid;
	record->by_tid = state->by_tid;
	record->in_call = state->in_call || state->in_old_call;
	record->pad = 0;
	__builtin_memcpy(record->by_comm, state->by_comm, sizeof(record->by_comm));
	submit(record);
	state->off_ns = 0;
}

#endif
