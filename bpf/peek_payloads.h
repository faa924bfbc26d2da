/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first bytes of what was read from a socket. Only where the user asked for them: without, no call has these
 * payloads. Which reads begin a request is for the user side to say.
 */
#ifndef LOOPSCOPE_PEEK_PAYLOADS_H
#define LOOPSCOPE_PEEK_PAYLOADS_H

#include "bpf/call_record.h"

struct user_iovec {
	__u64 base;
	__u64 length;
};

/* Where the first buffer is; its length, 0: none. */
static __always_inline __u64 first_buffer(const struct returned_call *call, __u64 *where)
{
	struct user_iovec buffer;
	__u64 vector = call->args[1];

	if (call->shape->payload == PAYLOAD_PEEK) {
		*where = call->args[1];
		return call->args[2];
	}
	if (call->shape->payload == PAYLOAD_RIGHTS && /* struct user_msghdr: msg_iov */
	    bpf_probe_read_user(&vector, sizeof(vector), (void *)call->args[1] + 16))
		return 0;
	if (bpf_probe_read_user(&buffer, sizeof(buffer), (void *)vector))
		return 0;
	*where = buffer.base;
	return buffer.length;
}

static __noinline int report_peek(struct returned_call *call)
{
	struct wire_call *record;
	__u64 where = 0, length = 0;

	if (call->ret > 0 && is_socket(call->file[0]))
		length = first_buffer(call, &where);
	if (length > call->ret) /* with MSG_TRUNC more is returned than there is room for */
		length = call->ret;
	if (length > peek_bytes)
		length = peek_bytes;
	if (!length) {
		report_plain(call);
		return 0;
	}
	record = reserve(call, WIRE_ROOM_PEEK);
	if (!record)
		return 0;
	length = at_most(length - 1, WIRE_ROOM_PEEK - 1) + 1;
	if (!bpf_probe_read_user(PAYLOAD(record), length, (void *)where)) {
		record->header.flags |= WIRE_F_PEEK;
		record->payload_size = length;
	}
	submit(record);
	return 0;
}

#endif
