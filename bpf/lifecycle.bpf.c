// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Threads and processes that come and go. task_newtask fires in copy_process, before the child can run and where it
 * can no longer fail, with the clone flags; unlike sched_process_fork it also fires for io_uring's worker threads.
 */
#include "bpf/observe.h"

#include <bpf/bpf_tracing.h>

#define CLONE_THREAD 0x00010000ULL

static __always_inline void report_fork(struct thread_state *parent, struct thread_state *child,
					struct task_struct *task, __u64 clone_flags)
{
	struct wire_fork *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	struct task_struct *current = bpf_get_current_task_btf();

	if (!record) {
		count_loss(LOSS_LIFECYCLE, child->marked_ns);
		return;
	}
	set_header(&record->header, WIRE_FORK, 0, sizeof(*record));
	record->pid = parent->pid;
	record->tid = parent->tid;
	record->time_ns = child->marked_ns;
	record->child_pid = child->pid;
	record->child_tid = child->tid;
	record->child_own_pid = own_pid_of(BPF_CORE_READ(task, group_leader));
	record->pad = 0;
	/* kernel_clone() has split the exit signal off; -1 for threads. */
	record->clone_flags = clone_flags | (task->exit_signal > 0 ? task->exit_signal : 0);
	record->files = (__u64)task->files;
	record->parent_files = (__u64)current->files;
	submit(record);
}

SEC("tp_btf/task_newtask")
int BPF_PROG(task_created, struct task_struct *task, __u64 clone_flags)
{
	struct thread_state *parent, *child;

	parent = state_of(bpf_get_current_task_btf());
	if (!parent)
		return 0;
	if (!follow_forks && !(clone_flags & CLONE_THREAD))
		return 0;
	child = add_state(task, BPF_ANY);
	if (!child) {
		count_skip(SKIP_NO_STORAGE);
		count_loss(LOSS_LIFECYCLE, bpf_ktime_get_ns());
		return 0;
	}
	report_fork(parent, child, task, clone_flags);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(program_executed, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct thread_state *state;
	struct wire_exec *record;
	__u32 old_key = old_pid, key = task->pid, old_tid;

	state = bpf_map_lookup_elem(&threads, &old_key);
	if (!state)
		return 0;
	old_tid = state->tid;
	name_thread(state, task);
	if (old_key != key) {
		/* A thread that executes takes over the number of its process, whose leader has gone. */
		bpf_map_update_elem(&threads, &key, state, BPF_ANY);
		bpf_map_delete_elem(&threads, &old_key);
		state = bpf_map_lookup_elem(&threads, &key);
		if (!state)
			return 0;
	}
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_LIFECYCLE, bpf_ktime_get_ns());
		return 0;
	}
	set_header(&record->header, WIRE_EXEC, 0, sizeof(*record));
	record->pid = state->pid;
	record->tid = state->tid;
	record->time_ns = bpf_ktime_get_ns();
	record->old_tid = old_tid;
	record->pad = 0;
	record->files = (__u64)task->files;
	__builtin_memset(record->filename, 0, sizeof(record->filename));
	bpf_probe_read_kernel_str(record->filename, sizeof(record->filename), bprm->filename);
	submit(record);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_exits, struct task_struct *task)
{
	struct thread_state *state = state_of(task);
	struct wire_exit *record;
	__u32 key = task->pid;

	if (!state)
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_LIFECYCLE, bpf_ktime_get_ns());
		bpf_map_delete_elem(&threads, &key);
		return 0;
	}
	set_header(&record->header, WIRE_EXIT, 0, sizeof(*record));
	record->pid = state->pid;
	record->tid = state->tid;
	record->time_ns = bpf_ktime_get_ns();
	record->cpu_ns = task->se.sum_exec_runtime;
	record->exit_code = task->exit_code;
	record->pad = 0;
	submit(record);
	bpf_map_delete_elem(&threads, &key);
	return 0;
}
