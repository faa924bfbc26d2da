/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * io_uring from the inside: the kernel's structures, how they differ between kernels, and the tables of rings and
 * requests under observation.
 */
#ifndef LOOPSCOPE_URING_H
#define LOOPSCOPE_URING_H

#include "bpf/observe.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_uring {
	__u32 head, tail;
};
struct io_rings {
	struct io_uring sq, cq;
};
struct io_sq_data {
	struct task_struct *thread;
};
struct io_hash_bucket {
	struct hlist_head list;
};
struct io_hash_table {
	struct io_hash_bucket *hbs;
	unsigned int hash_bits;
};
/* 6.13+ (7029acd8a950): slots are nodes. */
struct io_rsrc_node {
	unsigned long file_ptr;
};
struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};
struct io_file_table {
	struct io_rsrc_data data;
};
/* Before: an array of tagged pointers. */
struct io_fixed_file {
	unsigned long file_ptr;
};
struct io_file_table___array {
	struct io_fixed_file *files;
};
struct io_ring_ctx {
	unsigned int flags;
	struct io_rings *rings;
	__u32 *sq_array;
	void *sq_sqes; /* struct io_uring_sqe */
	unsigned int cached_sq_head;
	unsigned int sq_entries;
	unsigned int cached_cq_tail;
	unsigned int cq_entries;
	struct io_file_table file_table;
	struct io_sq_data *sq_data;
	struct io_hash_table cancel_table; /* 6.0+ (9da7471ed10d) */
};
struct io_ring_ctx___array {
	unsigned int nr_user_files;
	struct io_file_table___array file_table;
};
struct io_ring_ctx___hash { /* until 5.19 */
	struct hlist_head *cancel_hash;
	unsigned int cancel_hash_bits;
};
/* 6.0 to 6.9: requests of DEFER_TASKRUN rings and others apart (9da7471ed10d, 094d61dfa3b7). */
struct io_ring_ctx___locked {
	struct io_hash_table cancel_table_locked;
};
struct io_cqe {
	__u64 user_data;
	__s32 res;
	int fd;
};
struct io_kiocb {
	struct file *file;
	__u8 opcode;
	struct io_cqe cqe; /* 5.19+ (cef216fc32d7) */
	struct io_ring_ctx *ctx;
	struct hlist_node hash_node;
};
/* Where a request keeps what its entry said, from its first byte on. */
struct io_accept {
	__u32 file_slot;
};
struct io_sr_msg {
	struct io_kiocb *notif; /* 6.1+ (ac9e5784bbe7) */
};
struct io_poll { /* 6.0+ (de23077eda61) */
	__u32 events;
};
struct io_poll_iocb {
	__u32 events;
};
struct io_kiocb___flags {
	__u64
	    flags; /* io_req_flags_t; 32 bits wide before 6.9: little endian, and no bit above is asked for */
};
struct io_kiocb___5_15 {
	__u64 user_data;
};

#pragma clang attribute pop

/* Shared with programs, so it stays as it is, and is read whole. */
struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

/* The uapi values that are needed here. */
#define IORING_SETUP_SQE128 (1u << 10)
#define IORING_SETUP_REGISTERED_FD_ONLY (1u << 15)
#define IORING_SETUP_NO_SQARRAY (1u << 16)
#define IORING_FILE_INDEX_ALLOC (~0u)
#define IOSQE_FIXED_FILE (1u << 0)
#define IORING_CQE_F_MORE (1u << 1)
#define IORING_CQE_F_NOTIF (1u << 3)

#define EPOLLONESHOT (1u << 30) /* of a POLL_ADD: since 5.13 (b69de288e913) unless it is multishot */

enum uring_opcode {
	OP_POLL_ADD = 6,
	OP_RECVMSG = 10,
	OP_TIMEOUT = 11,
	OP_ACCEPT = 13,
	OP_LINK_TIMEOUT = 15,
	OP_CONNECT = 16,
	OP_OPENAT = 18,
	OP_CLOSE = 19,
	OP_RECV = 27,
	OP_OPENAT2 = 28,
	OP_EPOLL_CTL = 29,
	OP_SPLICE = 30,
	OP_TEE = 33,
	OP_MSG_RING = 40,
	OP_SOCKET = 45,
	OP_SEND_ZC = 47,
	OP_SENDMSG_ZC = 48,
	OP_READ_MULTISHOT = 49,
	OP_FIXED_FD_INSTALL = 54,
	OP_BIND = 56,
	OP_LISTEN = 57,
	OP_RECV_ZC = 58,
	OP_EPOLL_WAIT = 59,
	OP_UNKNOWN = 256,
};

/*
 * The arguments of the tracepoints, as typedefs in the kernel's BTF; libbpf says at load time which of these the kernel
 * has, and the verifier drops the branches of the others.
 *
 *	submit		6.3+  io_uring_submit_req(req)
 *			6.0+  io_uring_submit_sqe(req, …)
 *			5.14+ io_uring_submit_sqe(ctx, req, …)
 *	complete	6.13+ io_uring_complete(ctx, req, cqe)
 *			5.18+ io_uring_complete(ctx, req, user_data, res, cflags, …)
 *			5.14+ io_uring_complete(ctx, user_data, res, cflags)
 *	poll_arm	6.0+  (req, …), before (ctx, req, …); task_add and queue_async_work changed with it
 */
typedef void (*btf_trace_io_uring_complete___cqe)(void *, struct io_ring_ctx *, void *,
						  struct io_uring_cqe *);
typedef void (*btf_trace_io_uring_complete___no_request)(void *, void *, __u64, int, unsigned int);
typedef void (*btf_trace_io_uring_complete___no_request_long)(void *, void *, __u64, long, unsigned int);
typedef void (*btf_trace_io_uring_poll_arm___request)(void *, struct io_kiocb *, int, int);

static __always_inline bool completes_with_cqe(void)
{
	return bpf_core_type_matches(btf_trace_io_uring_complete___cqe);
}
static __always_inline bool completes_without_request(void)
{
	return bpf_core_type_matches(btf_trace_io_uring_complete___no_request) ||
	       bpf_core_type_matches(btf_trace_io_uring_complete___no_request_long);
}
static __always_inline bool request_comes_first(void)
{
	return bpf_core_type_matches(btf_trace_io_uring_poll_arm___request);
}

/* Set before loading: a bit per opcode. */
extern const volatile __u64 wanted_ops;
extern const volatile __u64 table_ops; /* those whose loss makes descriptor tables wrong */

struct ring_state {
	__u32 pid, tid;	     /* who made it, or through whose descriptor it was found */
	__u64 gets_messages; /* MSG_RING */
	__u64 last_number;   /* begins with the time, so that it was never used at this address before */
};

/* By struct io_ring_ctx. A ring stays until another is made at its address: there is no tracepoint for its end. */
LOOPSCOPE_MAP struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct ring_state);
} rings SEC(".maps");

/* An operation from when it is taken to its last completion. */
struct request_state {
	__u64 ring;
	__u64 user_data;
	__u64 request, number; /* as in wire_sqe */
	__u64 armed_ns, woken_ns, punted_ns;
	__u64 events; /* EPOLL_WAIT: where it puts them */
	__u32 opcode;
	__u32 multishot;
	__u32
	    file_index; /* what it makes goes into the slot before this; 0: gets a descriptor; ~0: into a free slot */
	__u32 over; /* a place that is kept for the next operation of this request */
};

#define MAX_IN_FLIGHT 65536
#define MAX_KEPT 4096

/*
 * By struct io_kiocb. A ring uses its requests again and again, so the place of one is kept when its operation is over, as
 * long as there are few: to take it out and to enter it anew are among what an operation costs most.
 */
LOOPSCOPE_MAP struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_IN_FLIGHT + MAX_KEPT);
	__type(key, __u64);
	__type(value, struct request_state);
} requests SEC(".maps");

/*
 * Completions of a multishot operation come without their request (io_fill_cqe_aux): these are found by what the program
 * called them. Others are not entered, or an equal user_data of theirs would be taken for one of these.
 */
struct request_name {
	__u64 ring;
	__u64 user_data;
};
struct named_requests {
	__u64 request; /* where there is one of this name, and it is known which */
	__u32 count;
	__u32 pad;
};
LOOPSCOPE_MAP struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct request_name);
	__type(value, struct named_requests);
} names SEC(".maps");

static __always_inline void enter_name(__u64 request, const struct request_state *state)
{
	struct request_name name = {state->ring, state->user_data};
	struct named_requests first = {.request = request, .count = 1};
	struct named_requests *named = bpf_map_lookup_elem(&names, &name);

	if (!named) {
		bpf_map_update_elem(&names, &name, &first, BPF_ANY);
		return;
	}
	named->request = 0;
	__sync_fetch_and_add(&named->count, 1);
}

static __always_inline void leave_name(const struct request_state *state)
{
	struct request_name name = {state->ring, state->user_data};
	struct named_requests *named = bpf_map_lookup_elem(&names, &name);

	if (!named || named->count <= 1) {
		bpf_map_delete_elem(&names, &name);
		return;
	}
	__sync_fetch_and_add(&named->count, -1);
}

/*
 * A zero-copy send completes a second time through another request, its notification; the first is over by then, and
 * used again. On 6.0 the notification is not told, and found by its name as well.
 */
static __always_inline bool is_zero_copy(__u32 opcode)
{
	return opcode == OP_SEND_ZC || opcode == OP_SENDMSG_ZC;
}

static __always_inline __u64 notification_of(struct io_kiocb *req)
{
	__u64 notification = 0;

	if (bpf_core_field_exists(struct io_sr_msg, notif))
		notification = (__u64)BPF_CORE_READ((struct io_sr_msg *)req, notif);
	return notification ? notification : (__u64)req;
}

extern volatile __u64 places_taken; /* in `requests` */

static __always_inline struct request_state *operation_of(__u64 request)
{
	struct request_state *state = bpf_map_lookup_elem(&requests, &request);

	return state && !state->over ? state : NULL;
}

static __always_inline void put_request(__u64 request, const struct request_state *state)
{
	struct request_state *place = bpf_map_lookup_elem(&requests, &request);

	if (place)
		*place = *state;
	else if (bpf_map_update_elem(&requests, &request, state, BPF_ANY))
		count_skip(SKIP_NO_REQUEST);
	else
		__sync_fetch_and_add(&places_taken, 1);
}

static __always_inline void drop_request(__u64 request)
{
	if (!bpf_map_delete_elem(&requests, &request))
		__sync_fetch_and_add(&places_taken, -1);
}

static __always_inline void note_request(__u64 request, const struct request_state *state)
{
	put_request(request, state);
	if (state->request != request)
		put_request(state->request, state);
	if (state->multishot)
		enter_name(request, state);
}

static __always_inline void forget_operation(__u64 request, struct request_state *state)
{
	__u64 notification = state->request;

	if (state->multishot)
		leave_name(state);
	if (notification != request)
		drop_request(notification);
	if (places_taken <= MAX_KEPT)
		state->over = 1;
	else
		drop_request(request);
}

/* The struct file behind a slot of registered files; the low bits of a pointer are flags. */
static __always_inline __u64 slot_file(struct io_ring_ctx *ctx, __u32 slot)
{
	unsigned long pointer = 0;

	if (bpf_core_field_exists(struct io_rsrc_data, nodes)) {
		struct io_rsrc_node **nodes = BPF_CORE_READ(ctx, file_table.data.nodes), *node = NULL;

		if (slot >= BPF_CORE_READ(ctx, file_table.data.nr))
			return 0;
		bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
		if (node)
			pointer = BPF_CORE_READ(node, file_ptr);
	} else if (bpf_core_field_exists(struct io_file_table___array, files)) {
		struct io_ring_ctx___array *old = (void *)ctx;
		struct io_fixed_file *files = BPF_CORE_READ(old, file_table.files);

		if (slot >= BPF_CORE_READ(old, nr_user_files))
			return 0;
		bpf_probe_read_kernel(&pointer, sizeof(pointer), files + slot);
	}
	return pointer & ~7ul;
}

static __always_inline __u32 sq_thread_of(struct io_ring_ctx *ctx)
{
	struct task_struct *thread = BPF_CORE_READ(ctx, sq_data, thread);

	return thread ? seen_pid(BPF_CORE_READ(thread, thread_pid)) : 0;
}

static __always_inline void describe_ring(struct wire_ring *row, struct io_ring_ctx *ctx)
{
	row->ring = (__u64)ctx;
	row->sq_entries = BPF_CORE_READ(ctx, sq_entries);
	row->cq_entries = BPF_CORE_READ(ctx, cq_entries);
	row->flags = BPF_CORE_READ(ctx, flags);
	row->sq_thread = sq_thread_of(ctx);
}

static __always_inline __u64 user_data_of(struct io_kiocb *req)
{
	if (bpf_core_field_exists(struct io_kiocb, cqe))
		return BPF_CORE_READ(req, cqe.user_data);
	return BPF_CORE_READ((struct io_kiocb___5_15 *)req, user_data);
}

#endif
