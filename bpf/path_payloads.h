/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that name a file. Most paths are short: a record for one of PATH_MAX is reserved only where it is needed.
 */
#ifndef LOOPSCOPE_PATH_PAYLOADS_H
#define LOOPSCOPE_PATH_PAYLOADS_H

#include "bpf/call_record.h"

/*
 * PATH_MAX counts the NUL. A path of just that length is whole; one that goes on, which the kernel refuses with
 * ENAMETOOLONG, is cut. What was read ends in a NUL either way: the byte in its place tells.
 */
static __always_inline bool is_cut(long size, void *path)
{
	char last = 0;

	return size == WIRE_ROOM_PATH && (bpf_probe_read_user(&last, 1, path + WIRE_ROOM_PATH - 1) || last);
}

/*
 * Size with the NUL, or an error. Kernels before 6.16 say 0 for an empty path where later ones say 1
 * (strncpy_from_user_nofault() counted the NUL of all other strings only).
 */
static __always_inline long read_path(void *room, __u32 size, void *path)
{
	long read = bpf_probe_read_user_str(room, size, path);

	if (read)
		return read;
	*(char *)room = 0;
	return 1;
}

static __noinline int report_long_path(struct returned_call *call)
{
	struct wire_call *record = reserve(call, WIRE_ROOM_PATH);

	if (!record)
		return 0;
	long size = read_path(PAYLOAD(record), WIRE_ROOM_PATH, payload_pointer(call));

	set_payload(record, size);
	if (is_cut(size, payload_pointer(call)))
		record->header.flags |= WIRE_F_CUT;
	submit(record);
	return 0;
}

static __always_inline void report_path(struct returned_call *call)
{
	struct wire_call *record = reserve(call, WIRE_ROOM_PATH_SMALL);

	if (!record)
		return;
	long size = read_path(PAYLOAD(record), WIRE_ROOM_PATH_SMALL, payload_pointer(call));

	if (size == WIRE_ROOM_PATH_SMALL) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		report_long_path(call);
		return;
	}
	set_payload(record, size);
	submit(record);
}

struct open_how {
	__u64 flags, mode, resolve;
};

static __always_inline void report_how(const struct returned_call *call)
{
	struct wire_call *record = reserve(call, WIRE_ROOM_PATH);
	struct open_how how;

	if (!record)
		return;
	__builtin_memset(&how, 0, sizeof(how));
	if (!bpf_probe_read_user(&how, sizeof(how), (void *)call->args[2])) {
		record->header.flags |= WIRE_F_EXTRA;
		record->extra[0] = how.flags;
		record->extra[1] = how.mode;
		record->timeout_ns = how.resolve;
	}
	long size = read_path(PAYLOAD(record), WIRE_ROOM_PATH, (void *)call->args[1]);

	set_payload(record, size);
	if (is_cut(size, (void *)call->args[1]))
		record->header.flags |= WIRE_F_CUT;
	submit(record);
}

#endif
