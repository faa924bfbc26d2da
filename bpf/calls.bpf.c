// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls. Everything is reported when a call returns: the arguments are still in the registers, the kernel has
 * just touched the memory they point at, and a call that was already in progress when we came is reported like any
 * other. When a call begins only that is noted which is gone or changed when it ends: the time, what its
 * descriptors refer to, a timeout that the kernel overwrites.
 */
#include "bpf/arch.h"
#include "bpf/deaths.h"
#include "bpf/off.h"
#include "bpf/payloads.h"

#include <bpf/bpf_tracing.h>

static __always_inline bool filtered_out(const volatile struct call_shape *shape, __u64 arg1)
{
	switch (shape->filter) {
	case FILTER_FCNTL: /* F_DUPFD, F_SETFD, F_SETFL, F_DUPFD_CLOEXEC */
		return arg1 != 0 && arg1 != 2 && arg1 != 4 && arg1 != 1030;
	case FILTER_IOCTL: /* FIONBIO, FIONCLEX, FIOCLEX */
		return arg1 != 0x5421 && arg1 != 0x5450 && arg1 != 0x5451;
	}
	return false;
}

static __always_inline __s64 read_timeout(const volatile struct call_shape *shape, const __u64 *args)
{
	__s64 time[2];
	__u64 pointer;

	switch (shape->timeout_arg) { /* a constant index each: the verifier asks for it */
	case 2:
		pointer = args[2];
		break;
	case 3:
		pointer = args[3];
		break;
	default:
		pointer = args[4];
	}
	if (!pointer)
		return -1;
	if (bpf_probe_read_user(time, sizeof(time), (void *)pointer))
		return -2;
	return time[0] * 1000000000 + time[1] * (shape->enter & ENTER_TIMEVAL ? 1000 : 1);
}

static __always_inline void send_select_sets(struct thread_state *state, const __u64 *args)
{
	struct wire_select_sets *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		count_loss(LOSS_IO, state->start_ns);
		return;
	}
	set_header(&record->header, WIRE_SELECT_SETS, 0, sizeof(*record));
	record->pid = state->pid;
	record->tid = state->tid;
	record->start_ns = state->start_ns;
	record->present = 0;
	record->pad = 0;
	__builtin_memset(record->sets, 0, sizeof(record->sets));
	/* The set is as long as args[0] bits, rounded up to longs. */
	__u32 bytes = ((args[0] + 63) / 64) * 8;

	if (bytes > WIRE_SET_BYTES)
		bytes = WIRE_SET_BYTES;
	bytes = at_most(bytes, 2 * WIRE_SET_BYTES - 1);
	for (int i = 0; i < 3; i++) {
		if (!args[1 + i])
			continue;
		if (!bpf_probe_read_user(record->sets[i], bytes, (void *)args[1 + i]))
			record->present |= 1u << i;
	}
	submit(record);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(call_begins, struct pt_regs *regs, long nr)
{
	const volatile struct call_shape *shape;
	struct thread_state *state;
	struct task_struct *task;
	struct files_struct *files;
	__u64 args[6];

	if ((unsigned long)nr >= WIRE_MAX_CALLS)
		return 0;
	shape = &call_shapes[nr];
	if (!shape->wanted)
		return 0;
	task = bpf_get_current_task_btf();
	state = state_of(task);
	if (!state)
		return 0;
	if (foreign_abi(task))
		return 0;
	call_args(regs, args);
	if (shape->filter && filtered_out(shape, args[1]))
		return 0;
	if (state->off_ns)
		runs_again(state);
	files = task->files;
	state->file[0] = first_argument_file(task, files, shape, args);
	state->file[1] = second_argument_file(files, shape, args);
	state->nr = nr;
	state->in_call = 1;
	state->in_old_call = 0;
	state->timeout_ns = shape->enter & (ENTER_TIMESPEC | ENTER_TIMEVAL) ? read_timeout(shape, args) : 0;
	state->start_ns = bpf_ktime_get_ns();
	if (shape->enter & ENTER_SELECT)
		send_select_sets(state, args);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_returned, struct pt_regs *regs, long ret)
{
	const volatile struct call_shape *shape;
	struct returned_call call;
	struct task_struct *task;
	long nr = CALL_NR(regs);

	task = bpf_get_current_task_btf();
	if (foreign_abi(task) || (unsigned long)nr >= WIRE_MAX_CALLS) {
		/* 32-bit and x32 calls; -1 where a tracer skipped the call */
		if (nr >= 0 && state_of(task))
			count_skip(SKIP_FOREIGN_ABI);
		return 0;
	}
	shape = &call_shapes[nr];
	if (!shape->wanted)
		return 0;
	call.state = state_of(task);
	if (!call.state)
		return 0;
	call.files = task->files; /* early: the verifier pays for it on every path that leads here */
	call_args(regs, call.args);
	if (shape->filter && filtered_out(shape, call.args[1]))
		return 0;
	call.known = call.state->in_call && call.state->nr == nr;
	if (call.state->off_ns)
		runs_again(call.state);
	call.state->in_call = call.state->in_old_call = 0;
	if (shape->filter == FILTER_CHILD && !call.known)
		return 0;
	call.shape = shape;
	call.nr = nr;
	call.ret = ret;
	call.end_ns = bpf_ktime_get_ns();
	call.killed = interrupted(ret) && this_thread_dies();
	find_files(&call, task);
	return report_call(&call);
}
