/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of a record that every returned call has: registers, times, what its descriptors refer to.
 */
#ifndef LOOPSCOPE_CALL_RECORD_H
#define LOOPSCOPE_CALL_RECORD_H

#include "bpf/arch.h"
#include "bpf/observe.h"

struct returned_call {
	const volatile struct call_shape *shape;
	struct thread_state *state;
	struct files_struct *files;
	__u64 args[6];
	__u64 file[2];
	__u64 ret_file;
	__u64 end_ns;
	long ret;
	__u32 nr;
	bool known; /* its start was seen */
	bool killed;
};

/*
 * What its descriptors refer to, once for all payloads: each place where a trusted pointer is followed costs the verifier a
 * search through the names of all kernel types.
 */
static __always_inline void find_files(struct returned_call *call, struct task_struct *task)
{
	call->ret_file = call->shape->returns_fd && call->ret >= 0 ? file_of(call->files, call->ret) : 0;
	if (call->known) {
		call->file[0] = call->state->file[0];
		call->file[1] = call->state->file[1];
		return;
	}
	call->file[0] = first_argument_file(task, call->files, call->shape, call->args);
	call->file[1] = second_argument_file(call->files, call->shape, call->args);
}

/* args[payload_arg], by constant indices. */
static __always_inline void *payload_pointer(const struct returned_call *call)
{
	switch (call->shape->payload_arg) {
	case 0:
		return (void *)call->args[0];
	case 1:
		return (void *)call->args[1];
	case 2:
		return (void *)call->args[2];
	}
	return (void *)call->args[3];
}

static __always_inline void fill(struct wire_call *record, const struct returned_call *call, __u32 room)
{
	set_header(&record->header, WIRE_CALL,
		   (call->known ? WIRE_F_FILES : WIRE_F_START_UNKNOWN) | (call->killed ? WIRE_F_KILLED : 0),
		   sizeof(*record) + room);
	record->pid = call->state->pid;
	record->tid = call->state->tid;
	record->start_ns = call->known ? call->state->start_ns : call->state->marked_ns;
	record->end_ns = call->end_ns;
	record->ret = call->ret;
	record->args[0] = call->args[0];
	record->args[1] = call->args[1];
	record->args[2] = call->args[2];
	record->args[3] = call->args[3];
	record->args[4] = call->args[4];
	record->args[5] = call->args[5];
	record->file[0] = call->file[0];
	record->file[1] = call->file[1];
	record->ret_file = call->ret_file;
	record->files = (__u64)call->files;
	record->extra[0] = 0;
	record->extra[1] = 0;
	record->timeout_ns = call->known ? call->state->timeout_ns : -2;
	record->nr = call->nr;
	record->payload_size = 0;
}

/*
 * Callers look at the result at once: what stands in between, clang moves into the branch that has a record, and looks
 * at the pointer again after it. Linux 6.1 takes that second look for one that may find NULL, and refuses the program
 * for the record it would then leave behind (is_branch_taken() knows no PTR_TO_MEM there).
 */
static __always_inline struct wire_call *reserve(const struct returned_call *call, __u32 room)
{
	struct wire_call *record = bpf_ringbuf_reserve(&events, sizeof(*record) + room, 0);

	if (!record) {
		count_loss(call->shape->loss_class, call->end_ns);
		return NULL;
	}
	fill(record, call, room);
	return record;
}

#define PAYLOAD(record) ((void *)(record) + sizeof(struct wire_call))

static __always_inline void report_plain(const struct returned_call *call)
{
	struct wire_call *record = reserve(call, 0);

	if (record)
		submit(record);
}

static __always_inline void set_payload(struct wire_call *record, long size)
{
	if (size < 0)
		record->header.flags |= WIRE_F_UNREADABLE;
	else
		record->payload_size = size;
}

#endif
