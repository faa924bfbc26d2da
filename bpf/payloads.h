/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record of a returned call: the fixed part that every call has, and per kind of call what its pointers point at.
 */
#ifndef LOOPSCOPE_PAYLOADS_H
#define LOOPSCOPE_PAYLOADS_H

#include "bpf/arch.h"
#include "bpf/sockets.h"

struct returned_call {
	const volatile struct call_shape *shape;
	struct thread_state *state;
	struct files_struct *files;
	__u64 args[6];
	__u64 end_ns;
	long ret;
	__u32 nr;
	bool known; /* its start was seen */
};

static __always_inline __u64 first_file(const struct returned_call *call)
{
	if (call->known)
		return call->state->file[0];
	return call->shape->fd_args[0] == WIRE_NO_ARG ? 0 : file_of(call->files, call->args[0]);
}

static __always_inline __u64 second_file(const struct returned_call *call)
{
	if (call->known)
		return call->state->file[1];
	switch (call->shape->fd_args[1]) {
	case 1:
		return file_of(call->files, call->args[1]);
	case 2:
		return file_of(call->files, call->args[2]);
	}
	return 0;
}

static __always_inline __u64 returned_file(const struct returned_call *call)
{
	return call->shape->returns_fd && call->ret >= 0 ? file_of(call->files, call->ret) : 0;
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
	set_header(&record->header, WIRE_CALL, call->known ? WIRE_F_FILES : WIRE_F_START_UNKNOWN,
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
	record->file[0] = first_file(call);
	record->file[1] = second_file(call);
	record->ret_file = returned_file(call);
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

/*
 * PATH_MAX counts the NUL. A path of just that length is whole; one that goes on, which the kernel refuses with
 * ENAMETOOLONG, is cut. What was read ends in a NUL either way: the byte in its place tells.
 */
static __always_inline bool is_cut(long size, void *path)
{
	char last = 0;

	return size == WIRE_ROOM_PATH &&
	       (bpf_probe_read_user(&last, 1, path + WIRE_ROOM_PATH - 1) || last);
}

static __noinline int report_long_path(struct returned_call *call)
{
	struct wire_call *record = reserve(call, WIRE_ROOM_PATH);

	if (!record)
		return 0;
	long size = bpf_probe_read_user_str(PAYLOAD(record), WIRE_ROOM_PATH, payload_pointer(call));

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
	long size = bpf_probe_read_user_str(PAYLOAD(record), WIRE_ROOM_PATH_SMALL, payload_pointer(call));

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
	long size = bpf_probe_read_user_str(PAYLOAD(record), WIRE_ROOM_PATH, (void *)call->args[1]);

	set_payload(record, size);
	if (is_cut(size, (void *)call->args[1]))
		record->header.flags |= WIRE_F_CUT;
	submit(record);
}

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
			record->extra[1] = socket->backlog;
			record->header.flags |= WIRE_F_EXTRA;
		}
	}
	if (read_socket(own ? record->file[0] : record->ret_file, PAYLOAD(record)))
		record->header.flags |= WIRE_F_SOCKET;
	record->payload_size = sizeof(struct wire_socket);
	submit(record);
	return 0;
}

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
			record->file[0] = file_of(call->files, fds[0]);
			record->file[1] = file_of(call->files, fds[1]);
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

	if (!record)
		return;
	set_payload(record, bpf_probe_read_user(PAYLOAD(record), WIRE_URING_PARAMS, (void *)call->args[1])
				    ? -1
				    : WIRE_URING_PARAMS);
	submit(record);
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
		if (call->shape->filter != FILTER_RIGHTS)
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
			rights->file[i] = file_of(call->files, rights->fds[i]);
		}
		record->payload_size = sizeof(struct wire_rights);
	}
	submit(record);
	return 0;
}

static __always_inline int report_call(struct returned_call *call)
{
	switch (call->shape->payload) {
	case PAYLOAD_NONE:
		report_plain(call);
		return 0;
	case PAYLOAD_EPOLL_READY:
		report_ready(call);
		return 0;
	case PAYLOAD_EPOLL_EVENT:
		report_epoll_ctl(call);
		return 0;
	case PAYLOAD_PATH:
		report_path(call);
		return 0;
	case PAYLOAD_HOW:
		report_how(call);
		return 0;
	case PAYLOAD_ADDRESS:
		return report_address(call);
	case PAYLOAD_NEW_SOCKET:
	case PAYLOAD_SOCKET:
		return report_socket(call);
	case PAYLOAD_POLL:
		return report_poll(call);
	case PAYLOAD_SELECT:
		return report_select(call);
	case PAYLOAD_FD_PAIR:
		report_pair(call);
		return 0;
	case PAYLOAD_RIGHTS:
		return report_rights(call);
	case PAYLOAD_URING_PARAMS:
		report_uring_params(call);
		return 0;
	case PAYLOAD_CLONE3:
	case PAYLOAD_ITIMERSPEC:
	case PAYLOAD_INT:
		report_number(call);
		return 0;
	}
	return 0;
}

#endif
