/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that make, name or connect a socket; descriptors received through one.
 */
#ifndef LOOPSCOPE_SOCKET_PAYLOADS_H
#define LOOPSCOPE_SOCKET_PAYLOADS_H

#include "bpf/peek_payloads.h"
#include "bpf/sockets.h"

static __noinline int report_address(struct returned_call *call)
{
	struct wire_call *record = reserve(call, sizeof(struct wire_socket) + WIRE_ROOM_ADDRESS);
	__u32 length = (__u32)call->args[2];

	if (!record)
		return 0;
	if (read_socket(record->file[0], PAYLOAD(record)))
		record->header.flags |= WIRE_F_SOCKET;
	if (length > WIRE_ROOM_ADDRESS - 1)
		length = WIRE_ROOM_ADDRESS - 1;
	length = at_most(length, WIRE_ROOM_ADDRESS - 1);
	if (bpf_probe_read_user(PAYLOAD(record) + sizeof(struct wire_socket), length, (void *)call->args[1]))
		record->header.flags |= WIRE_F_UNREADABLE;
	record->payload_size = sizeof(struct wire_socket) + length;
	submit(record);
	return 0;
}

/* A call that made a socket, or (`own`) one whose own descriptor is the socket of interest. */
static __noinline int report_socket(struct returned_call *call)
{
	bool own = call->shape->payload == PAYLOAD_SOCKET;
	struct wire_call *record;
	__u64 listener;

	if (call->ret < 0 && !own) {
		report_plain(call);
		return 0;
	}
	record = reserve(call, sizeof(struct wire_socket));
	if (!record)
		return 0;
	if (!own && call->shape->fd_args[0] != WIRE_NO_ARG) {
		/* accept: how full the listener's queue is now. */
		listener = record->file[0];
		if (read_socket(listener, PAYLOAD(record))) {
			struct wire_socket *socket = PAYLOAD(record);

			record->extra[0] = socket->queue;
			record->extra[1] = socket->backlog | (__u64)socket->drops << 32;
			record->header.flags |= WIRE_F_EXTRA;
		}
	}
	if (read_socket(own ? record->file[0] : record->ret_file, PAYLOAD(record)))
		record->header.flags |= WIRE_F_SOCKET;
	record->payload_size = sizeof(struct wire_socket);
	submit(record);
	return 0;
}

struct user_msghdr_tail { /* struct user_msghdr from msg_control on */
	__u64 control;
	__u64 controllen;
};
struct user_cmsghdr {
	__u64 len;
	__s32 level, type;
};

/* Where the descriptors of the first SCM_RIGHTS message are, and how many; 0: none came. */
static __always_inline __u32 find_rights(const struct returned_call *call, __u64 *where)
{
	struct user_msghdr_tail tail;
	struct user_cmsghdr message;
	__u64 at, end;

	if (call->ret < 0 || bpf_probe_read_user(&tail, sizeof(tail), (void *)call->args[1] + 32))
		return 0;
	at = tail.control;
	end = tail.control + tail.controllen;
	for (int i = 0; i < 3; i++) {
		if (!at || at + sizeof(message) + 4 > end)
			return 0;
		if (bpf_probe_read_user(&message, sizeof(message), (void *)at))
			return 0;
		if (message.level == 1 && message.type == 1) { /* SOL_SOCKET, SCM_RIGHTS */
			*where = at + sizeof(message);
			return (message.len - sizeof(message)) / 4;
		}
		at += (message.len + 7) & ~7ULL;
	}
	return 0;
}

static __noinline int report_rights(struct returned_call *call)
{
	struct wire_call *record;
	struct wire_rights *rights;
	__u64 where = 0;
	__u32 count = find_rights(call, &where);

	if (!count) {
		if (call->shape->filter == FILTER_RIGHTS)
			return 0;
		if (peek_bytes)
			return report_peek(call);
		report_plain(call);
		return 0;
	}
	record = reserve(call, sizeof(struct wire_rights));
	if (!record)
		return 0;
	rights = PAYLOAD(record);
	__builtin_memset(rights, 0, sizeof(*rights));
	rights->count = count;
	if (count > WIRE_MAX_RIGHTS)
		count = WIRE_MAX_RIGHTS;
	if (bpf_probe_read_user(rights->fds, at_most(count * 4, 127), (void *)where)) {
		record->header.flags |= WIRE_F_UNREADABLE;
	} else {
		for (__u32 i = 0; i < WIRE_MAX_RIGHTS; i++) {
			if (i >= count)
				break;
			rights->file[i] = file_read_of(call->files, rights->fds[i]);
		}
		record->payload_size = sizeof(struct wire_rights);
	}
	submit(record);
	return 0;
}

#endif
