// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rings as they are made, and operations as the kernel takes them, in whatever thread that happens. */
#include "bpf/uring_programs.h"

#define MULTISHOT_ACCEPT (1u << 0)  /* sqe->ioprio of ACCEPT */
#define MULTISHOT_RECV (1u << 1)    /* sqe->ioprio of RECV, RECVMSG */
#define MULTISHOT_POLL (1u << 0)    /* sqe->len of POLL_ADD */
#define MULTISHOT_TIMEOUT (1u << 6) /* sqe->timeout_flags */

/* ---- rings ---- */

SEC("raw_tp/io_uring_create")
int ring_made(struct bpf_raw_tracepoint_args *args)
{
	__u64 ctx = args->args[1];
	struct thread_state *state = state_of(bpf_get_current_task_btf());
	struct ring_state fresh = {};
	struct wire_ring *record;

	if (!state) { /* perhaps at the address of one that is gone */
		bpf_map_delete_elem(&rings, &ctx);
		return 0;
	}
	fresh.pid = state->pid;
	fresh.tid = state->tid;
	fresh.last_number = bpf_ktime_get_ns();
	bpf_map_update_elem(&rings, &ctx, &fresh, BPF_ANY);
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_CALL, bpf_ktime_get_ns());
		return 0;
	}
	set_header(&record->header, WIRE_RING, 0, sizeof(*record));
	record->pid = state->pid;
	record->tid = state->tid;
	record->time_ns = bpf_ktime_get_ns();
	record->file = 0;
	record->fd = args->args[0];
	record->pad = 0;
	describe_ring(record, (struct io_ring_ctx *)ctx);
	if (record->flags & IORING_SETUP_REGISTERED_FD_ONLY) { /* then it is an index */
		record->file = registered_ring(bpf_get_current_task_btf(), record->fd);
		record->fd = -1;
	}
	submit(record);
	return 0;
}

/* ---- operations taken ---- */

/*
 * The entry itself, which says more than the request made of it: what EPOLL_CTL is about stands nowhere else. Taking it
 * has moved cached_sq_head on, and the program cannot use the place again before the head is published.
 */
static __always_inline bool read_entry(struct io_ring_ctx *ctx, struct wire_entry *entry)
{
	__u32 index = (BPF_CORE_READ(ctx, cached_sq_head) - 1) & (BPF_CORE_READ(ctx, sq_entries) - 1);
	__u32 flags = BPF_CORE_READ(ctx, flags);
	void *entries = BPF_CORE_READ(ctx, sq_sqes);

	if (!(flags & IORING_SETUP_NO_SQARRAY))
		bpf_probe_read_kernel(&index, sizeof(index), BPF_CORE_READ(ctx, sq_array) + index);
	if (flags & IORING_SETUP_SQE128)
		index <<= 1;
	return !bpf_probe_read_kernel(entry, sizeof(*entry), entries + (__u64)index * 64);
}

static __always_inline bool is_multishot(const struct wire_entry *entry)
{
	switch (entry->opcode) {
	case OP_ACCEPT:
		return entry->ioprio & MULTISHOT_ACCEPT;
	case OP_RECV:
	case OP_RECVMSG:
	case OP_RECV_ZC:
		return entry->ioprio & MULTISHOT_RECV;
	case OP_POLL_ADD:
		return entry->len & MULTISHOT_POLL;
	case OP_TIMEOUT:
		return entry->op_flags & MULTISHOT_TIMEOUT;
	case OP_READ_MULTISHOT:
		return true;
	}
	return false;
}

static __always_inline __u32 sqe_room(__u32 opcode)
{
	if (opcode == OP_OPENAT || opcode == OP_OPENAT2)
		return WIRE_ROOM_PATH;
	return opcode == OP_CONNECT || opcode == OP_BIND ? WIRE_ROOM_ADDRESS : 0;
}

#define SQE_PAYLOAD(record) ((void *)(record) + sizeof(struct wire_sqe))

static __always_inline void read_small(struct wire_sqe *record, const struct wire_entry *entry)
{
	__u8 event[EPOLL_EVENT_BYTES];
	__s64 time[2];

	switch (entry->opcode) {
	case OP_EPOLL_CTL:
		if (entry->len == 2) /* EPOLL_CTL_DEL */
			return;
		if (bpf_probe_read_user(event, sizeof(event), (void *)entry->addr)) {
			record->header.flags |= WIRE_F_UNREADABLE;
			return;
		}
		record->extra[0] = *(__u32 *)event;
		__builtin_memcpy(&record->extra[1], event + EPOLL_EVENT_BYTES - 8, 8);
		break;
	case OP_TIMEOUT:
	case OP_LINK_TIMEOUT:
		if (bpf_probe_read_user(time, sizeof(time), (void *)entry->addr)) {
			record->header.flags |= WIRE_F_UNREADABLE;
			return;
		}
		record->extra[0] = time[0] * 1000000000 + time[1];
		break;
	case OP_OPENAT2:
		if (bpf_probe_read_user(record->extra, sizeof(record->extra), (void *)entry->off)) {
			record->header.flags |= WIRE_F_UNREADABLE;
			return;
		}
		break;
	default:
		return;
	}
	record->header.flags |= WIRE_F_EXTRA;
}

/* An operation as it is taken, and its key: see struct wire_sqe. */
struct taken_op {
	struct io_ring_ctx *ctx;
	__u64 request, number;
	struct wire_entry entry;
};

static __always_inline __u64 descriptor_file(__u32 fd)
{
	return file_read_of(BPF_CORE_READ(bpf_get_current_task_btf(), files), fd);
}

static __always_inline __u64 worked_on(struct io_ring_ctx *ctx, const struct wire_entry *entry)
{
	if (entry->opcode == OP_CLOSE && entry->file_index)
		return slot_file(ctx, entry->file_index - 1);
	if (entry->flags & IOSQE_FIXED_FILE)
		return slot_file(ctx, entry->fd);
	return entry->fd < 0 ? 0 : descriptor_file(entry->fd);
}

static __always_inline void fill_sqe(struct wire_sqe *record, const struct taken_op *op, __u32 room)
{
	const struct wire_entry *entry = &op->entry;

	set_header(&record->header, WIRE_SQE, 0, sizeof(*record) + room);
	name_current(&record->pid, &record->tid);
	record->time_ns = bpf_ktime_get_ns();
	record->ring = (__u64)op->ctx;
	record->request = op->request;
	record->number = op->number;
	record->file[0] = worked_on(op->ctx, entry);
	record->file[1] = 0;
	if (entry->opcode == OP_EPOLL_CTL)
		record->file[1] = descriptor_file(entry->off);
	if (entry->opcode == OP_SPLICE || entry->opcode == OP_TEE)
		record->file[1] = descriptor_file(entry->file_index);
	record->extra[0] = record->extra[1] = record->extra[2] = 0;
	record->entry = *entry;
	record->res = 0;
	record->payload_size = 0;
	read_small(record, entry);
}

static __always_inline void lost_sqe(const struct taken_op *op)
{
	count_loss(loss_class_of(op->entry.opcode), bpf_ktime_get_ns());
}

/* One of the three sizes: a reservation's must be known when the program is loaded. */
static __noinline int send_path(struct taken_op *op)
{
	struct wire_sqe *record;
	long size;
	char last = 0;

	if (!op)
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record) + WIRE_ROOM_PATH, 0);
	if (!record) {
		lost_sqe(op);
		return 0;
	}
	fill_sqe(record, op, WIRE_ROOM_PATH);
	size = bpf_probe_read_user_str(SQE_PAYLOAD(record), WIRE_ROOM_PATH, (void *)op->entry.addr);
	if (size < 0)
		record->header.flags |= WIRE_F_UNREADABLE;
	else
		record->payload_size = size;
	if (size == WIRE_ROOM_PATH &&
	    (bpf_probe_read_user(&last, 1, (void *)op->entry.addr + WIRE_ROOM_PATH - 1) || last))
		record->header.flags |= WIRE_F_CUT;
	submit(record);
	return 0;
}

static __noinline int send_address(struct taken_op *op)
{
	struct wire_sqe *record;
	__u32 length;

	if (!op)
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record) + WIRE_ROOM_ADDRESS, 0);
	if (!record) {
		lost_sqe(op);
		return 0;
	}
	fill_sqe(record, op, WIRE_ROOM_ADDRESS);
	length = op->entry.off; /* addr_len */
	if (length > WIRE_ROOM_ADDRESS - 1)
		length = WIRE_ROOM_ADDRESS - 1;
	length = at_most(length, WIRE_ROOM_ADDRESS - 1);
	if (bpf_probe_read_user(SQE_PAYLOAD(record), length, (void *)op->entry.addr))
		record->header.flags |= WIRE_F_UNREADABLE;
	else
		record->payload_size = length;
	submit(record);
	return 0;
}

static __always_inline void send_plain(const struct taken_op *op, __u16 flags, __s32 res)
{
	struct wire_sqe *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		lost_sqe(op);
		return;
	}
	fill_sqe(record, op, 0);
	record->header.flags |= flags;
	record->res = res;
	submit(record);
}

static __always_inline void remember(const struct taken_op *op, struct io_kiocb *req)
{
	const struct wire_entry *entry = &op->entry;
	struct request_state state = {
	    .ring = (__u64)op->ctx,
	    .user_data = entry->user_data,
	    .request = op->request,
	    .number = op->number,
	    .opcode = entry->opcode,
	    .multishot = is_multishot(entry) || (is_zero_copy(entry->opcode) && op->request == (__u64)req),
	    .events = entry->opcode == OP_EPOLL_WAIT ? entry->addr : 0,
	    .file_index = makes_file(entry->opcode) ? entry->file_index : 0,
	};

	note_request((__u64)req, &state);
}

/* Another ring may post a completion of any name in this one. */
static __noinline int note_receiver(struct taken_op *op)
{
	struct file *file = op ? (struct file *)worked_on(op->ctx, &op->entry) : NULL;
	struct ring_state *receiver = file ? ring_of((__u64)BPF_CORE_READ(file, private_data)) : NULL;

	if (receiver)
		receiver->gets_messages = 1;
	return 0;
}

static __always_inline void taken(struct io_ring_ctx *ctx, struct io_kiocb *req, __u16 flags, __s32 res)
{
	struct ring_state *ring = ring_of((__u64)ctx);
	struct taken_op op = {.ctx = ctx, .request = (__u64)req};
	struct wire_entry *entry = &op.entry;

	if (!ring)
		return;
	op.number = ++ring->last_number; /* whoever takes entries holds the ring's lock */
	if (!read_entry(ctx, entry) ||
	    (!(flags & WIRE_F_REFUSED) &&
	     (entry->opcode != BPF_CORE_READ(req, opcode) || entry->user_data != user_data_of(req)))) {
		__builtin_memset(entry, 0, sizeof(*entry));
		entry->opcode = BPF_CORE_READ(req, opcode);
		entry->user_data = user_data_of(req);
		entry->fd = -1;
		if (bpf_core_field_exists(struct io_kiocb, cqe))
			entry->fd = BPF_CORE_READ(req, cqe.fd);
		flags |= WIRE_F_NO_SQE;
	}
	if (!wanted(entry->opcode))
		return;
	if (!(flags & WIRE_F_REFUSED) && is_zero_copy(entry->opcode))
		op.request = notification_of(req);
	remember(&op, req);
	if (flags & (WIRE_F_NO_SQE | WIRE_F_REFUSED)) {
		send_plain(&op, flags, res);
		return;
	}
	switch (sqe_room(entry->opcode)) {
	case WIRE_ROOM_PATH:
		send_path(&op);
		break;
	case WIRE_ROOM_ADDRESS:
		send_address(&op);
		break;
	default:
		send_plain(&op, 0, 0);
	}
	if (entry->opcode == OP_MSG_RING)
		note_receiver(&op);
}

static __always_inline int submitted(struct bpf_raw_tracepoint_args *args)
{
	struct io_kiocb *req = request_in(args);

	taken(BPF_CORE_READ(req, ctx), req, 0, 0);
	return 0;
}

SEC("raw_tp/io_uring_submit_req")
int op_taken(struct bpf_raw_tracepoint_args *args)
{
	return submitted(args);
}

SEC("raw_tp/io_uring_submit_sqe")
int op_taken_before_6_3(struct bpf_raw_tracepoint_args *args)
{
	return submitted(args);
}

/* (sqe, req, error); before 6.0 (sqe, ctx, req, error). Refused before io_uring_submit_req could fire. */
SEC("raw_tp/io_uring_req_failed")
int op_refused(struct bpf_raw_tracepoint_args *args)
{
	struct io_kiocb *req;
	__s32 error;

	if (request_comes_first()) {
		req = (struct io_kiocb *)ARGUMENT(args, 1);
		error = ARGUMENT(args, 2);
	} else {
		req = (struct io_kiocb *)ARGUMENT(args, 2);
		error = ARGUMENT(args, 3);
	}
	taken(BPF_CORE_READ(req, ctx), req, WIRE_F_REFUSED, error);
	return 0;
}
