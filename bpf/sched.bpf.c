// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * When observed threads do not run, and what made them run again. sched_waking and not sched_wakeup: it fires on the
 * waker's CPU, in the waker's context.
 */
#include "bpf/off.h"

#include <bpf/bpf_tracing.h>

#define TASK_STATES 0xffff

/* Of the number of nested contexts (include/linux/preempt.h): serving a softirq is bit 8; counts of 0x200 only keep them off. */
#define SERVING_SOFTIRQ 0x100
#define HARDIRQ_MASK 0xf0000
#define NMI_MASK 0xf00000

#if defined(__TARGET_ARCH_x86)
/* From this CPU's run queue to its count, found by the user side (tracer/sched_probes.h); 0: not known. */
const volatile __s64 count_from_run_queue = 0;

static __always_inline __u32 context_now(struct task_struct *current_task)
{
	struct rq *queue;
	__u32 count;

	if (!count_from_run_queue)
		return WAKE_UNKNOWN;
	queue = current_task->se.cfs_rq->rq;
	if (queue->cpu != bpf_get_smp_processor_id() ||
	    bpf_probe_read_kernel(&count, sizeof(count), (void *)queue + count_from_run_queue))
		return WAKE_UNKNOWN;
#else
const volatile __s64 count_from_run_queue = 0;

static __always_inline __u32 context_now(struct task_struct *current_task)
{
	__u32 count = current_task->thread_info.preempt.count;

#endif
	if (count & NMI_MASK)
		return WAKE_NMI;
	if (count & HARDIRQ_MASK)
		return WAKE_HARDIRQ;
	return count & SERVING_SOFTIRQ ? WAKE_SOFTIRQ : WAKE_TASK;
}

SEC("tp_btf/sched_waking")
int thread_woken(__u64 *ctx)
{
	struct thread_state *state = state_of((struct task_struct *)ctx[0]);
	struct task_struct *waker;

	if (!state || !state->off_ns || state->woken_ns)
		return 0;
	waker = bpf_get_current_task_btf();
	state->woken_ns = bpf_ktime_get_ns();
	state->context = context_now(waker);
	state->by_tid = seen_pid(BPF_CORE_READ(waker, thread_pid));
	state->by_pid = seen_pid(BPF_CORE_READ(waker, group_leader, thread_pid));
	bpf_get_current_comm(state->by_comm, sizeof(state->by_comm));
	return 0;
}

static __always_inline void stops(struct thread_state *state, bool preempted, __u32 task_state)
{
	if (state->off_ns) /* it ran in between, unseen */
		count_skip(SKIP_SWITCH);
	state->off_ns = bpf_ktime_get_ns();
	state->woken_ns = 0;
	state->context = WAKE_UNKNOWN;
	state->by_pid = state->by_tid = 0;
	state->by_comm[0] = 0;
	task_state &= TASK_STATES;
	state->off_state = preempted || !task_state ? WIRE_OFF_RUNNABLE : task_state;
}

static __always_inline void starts(struct task_struct *task)
{
	struct thread_state *state = state_of(task);

	if (state && state->off_ns)
		runs_again(state);
}

/* 5.18+ (9c2136be0878): the state comes as an argument, for a waker may have changed it by now. */
SEC("tp_btf/sched_switch")
int cpu_switched(__u64 *ctx)
{
	struct thread_state *state = state_of((struct task_struct *)ctx[1]);

	if (state)
		stops(state, ctx[0], ctx[3]);
	starts((struct task_struct *)ctx[2]);
	return 0;
}

SEC("tp_btf/sched_switch")
int cpu_switched_before_5_18(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[1];
	struct thread_state *state = state_of(task);

	if (state)
		stops(state, ctx[0], task_state_of(task));
	starts((struct task_struct *)ctx[2]);
	return 0;
}
