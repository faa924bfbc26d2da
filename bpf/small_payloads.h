/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One or two numbers behind a pointer: an epoll_event, a pair of descriptors, flags, a time.
 */
#ifndef LOOPSCOPE_SMALL_PAYLOADS_H
#define LOOPSCOPE_SMALL_PAYLOADS_H

#include "bpf/call_record.h"

static __always_inline void report_epoll_ctl(const struct returned_call *call)
{
	struct wire_call *record = reserve(call, 0);
	__u8 bytes[EPOLL_EVENT_BYTES];

	if (!record)
		return;
	if (call->args[1] != 2) { /* EPOLL_CTL_DEL looks at no event */
		if (bpf_probe_read_user(bytes, sizeof(bytes), (void *)call->args[3])) {
			record->header.flags |= WIRE_F_UNREADABLE;
		} else {
			record->header.flags |= WIRE_F_EXTRA;
			record->extra[0] = *(__u32 *)bytes;
			__builtin_memcpy(&record->extra[1], bytes + EPOLL_EVENT_BYTES - 8, 8);
		}
	}
	submit(record);
}

static __always_inline void report_pair(const struct returned_call *call)
{
	struct wire_call *record = reserve(call, 0);
	__s32 fds[2];

	if (!record)
		return;
	if (call->ret >= 0) {
		if (bpf_probe_read_user(fds, sizeof(fds), payload_pointer(call))) {
			record->header.flags |= WIRE_F_UNREADABLE;
		} else {
			record->header.flags |= WIRE_F_EXTRA;
			record->extra[0] = (__u32)fds[0] | (__u64)(__u32)fds[1] << 32;
			record->file[0] = file_read_of(call->files, fds[0]);
			record->file[1] = file_read_of(call->files, fds[1]);
		}
	}
	submit(record);
}

/* extra[0] = one number in user memory: 4, 8 bytes or a timespec at `offset`. */
static __always_inline void report_number(const struct returned_call *call)
{
	struct wire_call *record = reserve(call, 0);
	__u64 value[2];
	void *pointer;
	long bad;

	if (!record)
		return;
	value[0] = value[1] = 0;
	pointer = payload_pointer(call);
	switch (call->shape->payload) {
	case PAYLOAD_INT:
		bad = bpf_probe_read_user(value, 4, pointer);
		break;
	case PAYLOAD_ITIMERSPEC: /* it_interval, it_value */
		bad = bpf_probe_read_user(value, 16, pointer + 16);
		value[0] = value[0] * 1000000000 + value[1];
		break;
	default: /* struct clone_args: flags first, exit_signal fifth */
		bad = bpf_probe_read_user(value, 8, pointer);
		bad |= bpf_probe_read_user(value + 1, 8, pointer + 32);
		value[0] |= value[1] & 0xff;
	}
	if (bad) {
		record->header.flags |= WIRE_F_UNREADABLE;
	} else {
		record->header.flags |= WIRE_F_EXTRA;
		record->extra[0] = value[0];
	}
	submit(record);
}

static __always_inline void report_uring_params(const struct returned_call *call)
{
	struct wire_call *record = reserve(call, WIRE_URING_PARAMS);
	struct file *made;

	if (!record)
		return;
	set_payload(record, bpf_probe_read_user(PAYLOAD(record), WIRE_URING_PARAMS, (void *)call->args[1])
				? -1
				: WIRE_URING_PARAMS);
	/* Which ring the new descriptor is; an index of a registered ring is no descriptor. */
	made = (struct file *)record->ret_file;
	if (made && is_ring((__u64)made)) {
		record->header.flags |= WIRE_F_EXTRA;
		record->extra[0] = (__u64)BPF_CORE_READ(made, private_data);
	}
	submit(record);
}

#endif
