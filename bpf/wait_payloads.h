/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a wait was asked to watch and what it returned: epoll_event arrays, pollfd arrays, sets.
 */
#ifndef LOOPSCOPE_WAIT_PAYLOADS_H
#define LOOPSCOPE_WAIT_PAYLOADS_H

#include "bpf/call_record.h"

static __always_inline void report_ready(const struct returned_call *call)
{
	struct wire_call *record;
	__u32 count = call->ret > 0 ? call->ret : 0;
	void *array = (void *)call->args[1];
	__u32 bytes;

	if (!count) {
		report_plain(call);
		return;
	}
	if (count <= (WIRE_ROOM_READY_SMALL - 1) / EPOLL_EVENT_BYTES) {
		record = reserve(call, WIRE_ROOM_READY_SMALL);
		if (!record)
			return;
		bytes = at_most(count * EPOLL_EVENT_BYTES, WIRE_ROOM_READY_SMALL - 1);
		set_payload(record, bpf_probe_read_user(PAYLOAD(record), bytes, array) ? -1 : (long)bytes);
		submit(record);
		return;
	}
	record = reserve(call, WIRE_ROOM_READY);
	if (!record)
		return;
	if (count > (WIRE_ROOM_READY - 1) / EPOLL_EVENT_BYTES) {
		count = (WIRE_ROOM_READY - 1) / EPOLL_EVENT_BYTES;
		record->header.flags |= WIRE_F_CUT;
	}
	bytes = at_most(count * EPOLL_EVENT_BYTES, WIRE_ROOM_READY - 1);
	set_payload(record, bpf_probe_read_user(PAYLOAD(record), bytes, array) ? -1 : (long)bytes);
	submit(record);
}

static __noinline int report_poll(struct returned_call *call)
{
	struct wire_call *record;
	__u32 count = (__u32)call->args[1];
	void *array = (void *)call->args[0];
	__u32 bytes;

	if (!count) {
		report_plain(call);
		return 0;
	}
	if (count <= (WIRE_ROOM_POLL_SMALL - 1) / 8) {
		record = reserve(call, WIRE_ROOM_POLL_SMALL);
		if (!record)
			return 0;
		bytes = at_most(count * 8, WIRE_ROOM_POLL_SMALL - 1);
		set_payload(record, bpf_probe_read_user(PAYLOAD(record), bytes, array) ? -1 : (long)bytes);
		submit(record);
		return 0;
	}
	record = reserve(call, WIRE_ROOM_POLL);
	if (!record)
		return 0;
	if (count > (WIRE_ROOM_POLL - 1) / 8) {
		count = (WIRE_ROOM_POLL - 1) / 8;
		record->header.flags |= WIRE_F_CUT;
	}
	bytes = at_most(count * 8, WIRE_ROOM_POLL - 1);
	set_payload(record, bpf_probe_read_user(PAYLOAD(record), bytes, array) ? -1 : (long)bytes);
	submit(record);
	return 0;
}

static __noinline int report_select(struct returned_call *call)
{
	struct wire_call *record = reserve(call, 4 * WIRE_SET_BYTES);
	__u8 *sets;
	__u32 bytes = ((call->args[0] + 63) / 64) * 8;

	if (!record)
		return 0;
	sets = PAYLOAD(record);
	__builtin_memset(sets, 0, 4 * WIRE_SET_BYTES);
	if (bytes > WIRE_SET_BYTES)
		bytes = WIRE_SET_BYTES;
	bytes = at_most(bytes, 2 * WIRE_SET_BYTES - 1);
	for (int i = 0; i < 3; i++)
		if (call->args[1 + i])
			bpf_probe_read_user(sets + i * WIRE_SET_BYTES, bytes, (void *)call->args[1 + i]);
	record->payload_size = 3 * WIRE_SET_BYTES;
	submit(record);
	return 0;
}

#endif
