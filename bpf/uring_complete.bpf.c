// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What becomes of operations: armed, ready, handed to a worker, complete; in whatever thread that happens. */
#include "bpf/sockets.h"
#include "bpf/uring_programs.h"

/* ---- on the way ---- */

static __always_inline struct request_state *request_of(struct bpf_raw_tracepoint_args *args)
{
	return operation_of((__u64)request_in(args));
}

SEC("raw_tp/io_uring_poll_arm")
int op_armed(struct bpf_raw_tracepoint_args *args)
{
	struct request_state *state = request_of(args);

	if (state && !state->armed_ns)
		state->armed_ns = bpf_ktime_get_ns();
	return 0;
}

/* In the context of whoever made it ready. */
SEC("raw_tp/io_uring_task_add")
int op_woken(struct bpf_raw_tracepoint_args *args)
{
	struct request_state *state = request_of(args);

	if (state)
		state->woken_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/io_uring_queue_async_work")
int op_punted(struct bpf_raw_tracepoint_args *args)
{
	struct request_state *state = request_of(args);

	if (state)
		state->punted_ns = bpf_ktime_get_ns();
	return 0;
}

/* ---- completions ---- */

struct completion {
	__u64 ctx, request, user_data;
	__s32 res;
	__u32 flags;
	bool overflow;
};

#define CQE_PAYLOAD(record) ((void *)(record) + sizeof(struct wire_cqe))

static __always_inline bool about_socket(__u32 opcode)
{
	return opcode == OP_ACCEPT || opcode == OP_SOCKET || opcode == OP_CONNECT || opcode == OP_BIND ||
	       opcode == OP_LISTEN;
}

/* The file an operation made: in a slot of the ring, or a descriptor, which only a thread of the program has. */
static __always_inline void find_file(struct wire_cqe *record, const struct completion *c,
				      const struct request_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct files_struct *files;

	if (c->res < 0 || !state || !makes_file(state->opcode))
		return;
	if (state->file_index) {
		record->file =
		    slot_file((struct io_ring_ctx *)c->ctx,
			      state->file_index == IORING_FILE_INDEX_ALLOC ? c->res : state->file_index - 1);
		return;
	}
	if (!state_of(task))
		return;
	files = BPF_CORE_READ(task, files);
	record->file = file_read_of(files, c->res);
}

static __always_inline void fill_cqe(struct wire_cqe *record, const struct completion *c,
				     const struct request_state *state, __u32 room)
{
	struct io_kiocb *req = (struct io_kiocb *)c->request;

	set_header(&record->header, WIRE_CQE, c->overflow ? WIRE_F_OVERFLOW : 0, sizeof(*record) + room);
	name_current(&record->pid, &record->tid);
	record->time_ns = bpf_ktime_get_ns();
	record->ring = c->ctx;
	record->request = state ? state->request : 0;
	record->number = state ? state->number : 0;
	record->user_data = c->user_data;
	record->file = 0;
	record->on = 0;
	record->armed_ns = state ? state->armed_ns : 0;
	record->woken_ns = state ? state->woken_ns : 0;
	record->punted_ns = state ? state->punted_ns : 0;
	record->extra[0] = record->extra[1] = 0;
	record->res = c->res;
	record->flags = c->flags;
	record->opcode = OP_UNKNOWN;
	if (state)
		record->opcode = state->opcode;
	else if (req)
		record->opcode = BPF_CORE_READ(req, opcode);
	record->payload_size = 0;
	if (req)
		record->on = (__u64)BPF_CORE_READ(req, file);
	find_file(record, c, state);
}

static __noinline int send_ready(struct completion *c, struct request_state *state)
{
	struct wire_cqe *record;
	__u32 count, bytes;

	if (!c || !state)
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record) + WIRE_ROOM_READY, 0);
	if (!record) {
		count_loss(LOSS_IO, bpf_ktime_get_ns());
		return 0;
	}
	fill_cqe(record, c, state, WIRE_ROOM_READY);
	count = c->res;
	if (count > (WIRE_ROOM_READY - 1) / EPOLL_EVENT_BYTES)
		count = (WIRE_ROOM_READY - 1) / EPOLL_EVENT_BYTES;
	bytes = at_most(count * EPOLL_EVENT_BYTES, WIRE_ROOM_READY - 1);
	if (bpf_probe_read_user(CQE_PAYLOAD(record), bytes, (void *)state->events))
		record->header.flags |= WIRE_F_UNREADABLE;
	else
		record->payload_size = bytes;
	submit(record);
	return 0;
}

static __noinline int send_socket(struct completion *c, struct request_state *state)
{
	struct wire_socket *socket;
	struct wire_cqe *record;

	if (!c || !state)
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record) + sizeof(*socket), 0);
	if (!record) {
		count_loss(LOSS_CALL, bpf_ktime_get_ns());
		return 0;
	}
	fill_cqe(record, c, state, sizeof(*socket));
	socket = CQE_PAYLOAD(record);
	if (record->opcode == OP_ACCEPT && read_socket(record->on, socket)) {
		record->extra[0] = socket->queue;
		record->extra[1] = socket->backlog | (__u64)socket->drops << 32;
		record->header.flags |= WIRE_F_EXTRA;
	}
	if (read_socket(makes_file(record->opcode) ? record->file : record->on, socket)) {
		record->header.flags |= WIRE_F_SOCKET;
		record->payload_size = sizeof(*socket);
	}
	submit(record);
	return 0;
}

static __always_inline void send_completion(struct completion *c, struct request_state *state)
{
	__u32 opcode = state ? state->opcode : OP_UNKNOWN;
	struct wire_cqe *record;

	if (opcode == OP_EPOLL_WAIT && c->res > 0) {
		send_ready(c, state);
		return;
	}
	if (state && about_socket(opcode) && c->res >= 0) {
		send_socket(c, state);
		return;
	}
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		count_loss(loss_class_of(opcode), bpf_ktime_get_ns());
		return;
	}
	fill_cqe(record, c, state, 0);
	submit(record);
}

#define STACK_WORDS 16
#define STACK_PARTS 3

/*
 * Which of several operations of one name posts a completion: the kernel has its request on the stack, saved in the frames
 * that lead here from where the operation is run (io_req_post_cqe() and its callers), and our argument lies below them:
 * 5 words below on 6.18. A word left over from earlier frames may be another such request; of
 * two different ones neither is told.
 */
static __noinline __u64 request_on_stack(struct bpf_raw_tracepoint_args *args, struct completion *c)
{
	__u64 words[STACK_WORDS], found = 0;

	for (int part = 0; part < STACK_PARTS; part++) {
		if (bpf_probe_read_kernel(words, sizeof(words), (void *)args + part * sizeof(words)))
			break; /* the end of the stack */
		for (int i = 0; i < STACK_WORDS; i++) {
			struct request_state *state;

			if ((__s64)words[i] >= 0 || words[i] & 7 || words[i] == found)
				continue;
			state = operation_of(words[i]);
			if (!state)
				continue;
			if (state->opcode == OP_MSG_RING) /* then another ring's operation posts it */
				return 0;
			if (state->ring != c->ctx || state->user_data != c->user_data || !state->multishot)
				continue;
			if (found)
				return 0;
			found = words[i];
		}
	}
	return found;
}

static __always_inline __u64 posting_request(struct bpf_raw_tracepoint_args *args, struct completion *c,
					     const struct ring_state *ring)
{
	struct request_name name = {c->ctx, c->user_data};
	struct named_requests *named = bpf_map_lookup_elem(&names, &name);
	__u64 found;

	if (!named)
		return 0;
	/* With a full queue the frames are others; user space looks whether the name is the only one. */
	if (c->overflow || (named->count == 1 && !ring->gets_messages))
		return named->request;
	found = request_on_stack(args, c);
	if (named->count == 1 && !ring->gets_messages)
		named->request = found;
	return found;
}

static __always_inline void completed(struct bpf_raw_tracepoint_args *args, struct completion *c)
{
	struct io_kiocb *req = (struct io_kiocb *)c->request;
	struct ring_state *ring = ring_of(c->ctx);
	struct request_state *state;

	if (!ring)
		return;
	if (!c->request)
		c->request = posting_request(args, c, ring);
	state = operation_of(c->request);
	/* Not one that was left out: then its operation was not recorded either. */
	if (!state && req && !wanted(BPF_CORE_READ(req, opcode)))
		return;
	send_completion(c, state);
	if (!state)
		return;
	state->woken_ns = 0;
	if (!(c->flags & IORING_CQE_F_MORE))
		forget_operation(c->request, state);
	else if (state->request != c->request) /* the notification remains */
		drop_request(c->request);
}

SEC("raw_tp/io_uring_complete")
int op_completed(struct bpf_raw_tracepoint_args *args)
{
	struct completion c = {.ctx = args->args[0]};

	if (completes_with_cqe()) {
		struct io_uring_cqe cqe = {};

		bpf_probe_read_kernel(&cqe, sizeof(cqe), (void *)args->args[2]);
		c.request = args->args[1];
		c.user_data = cqe.user_data;
		c.res = cqe.res;
		c.flags = cqe.flags;
	} else if (!completes_without_request()) {
		c.request = args->args[1];
		c.user_data = args->args[2];
		c.res = args->args[3];
		c.flags = args->args[4];
	} else {
		c.user_data = args->args[1];
		c.res = args->args[2];
		c.flags = args->args[3];
	}
	completed(args, &c);
	return 0;
}

/* (ctx, user_data, res, cflags, …) */
SEC("raw_tp/io_uring_cqe_overflow")
int queue_overflowed(struct bpf_raw_tracepoint_args *args)
{
	struct completion c = {
	    .ctx = args->args[0],
	    .user_data = args->args[1],
	    .res = args->args[2],
	    .flags = args->args[3],
	    .overflow = true,
	};

	completed(args, &c);
	return 0;
}
