// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rings that are there already, and the operations that wait in them for readiness: the accepts, receives and polls
 * that were submitted before we came. What only counts time (TIMEOUT) or works in a thread is not found here.
 */
#include "bpf/uring.h"

#include <bpf/bpf_tracing.h>

#define MAX_ARMED (1u << 20) /* bpf_loop() takes no more than 2^23 steps */

/*
 * Where in the table a walk is. In a map and not on the stack: until 6.7 (ab5cfac139ab) the verifier takes a callback of
 * bpf_loop() to be called once, and removes what cannot be reached with what the stack holds then.
 */
struct position {
	struct io_hash_bucket *buckets;
	struct hlist_head *heads; /* before 6.0 */
	struct hlist_node *node;
	__u32 bucket, bucket_count;
};

/* One: iterators are read by the recorder alone, one after the other. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct position);
} positions SEC(".maps");

struct walk {
	struct seq_file *seq;
	struct io_ring_ctx *ctx;
	struct position *at;
	__u32 pid, tid;
};

static __always_inline __u64 request_flags(struct io_kiocb *req)
{
	void *at = (void *)req + bpf_core_field_offset(struct io_kiocb___flags, flags);
	__u64 flags = 0;

	bpf_probe_read_kernel(&flags, bpf_core_field_size(struct io_kiocb___flags, flags) == 8 ? 8 : 4, at);
	return flags;
}

/* What the entry said is in the request now, each kind of operation having its own view of the same bytes. */
static __always_inline void describe_armed(struct wire_armed_row *row, struct io_kiocb *req)
{
	struct io_poll *poll = (struct io_poll *)req;

	if (row->opcode == OP_ACCEPT)
		row->file_index = BPF_CORE_READ((struct io_accept *)req, file_slot);
	if (row->opcode != OP_POLL_ADD)
		return;
	if (bpf_core_type_exists(struct io_poll))
		row->poll_multishot = !(BPF_CORE_READ(poll, events) & EPOLLONESHOT);
	else
		row->poll_multishot = !(BPF_CORE_READ((struct io_poll_iocb *)req, events) & EPOLLONESHOT);
}

/* The number of its record. One that was not seen taken gets one: kernel addresses are larger than any time. */
static __always_inline __u64 number_of(const struct wire_armed_row *row, struct io_kiocb *req)
{
	struct request_state *known = operation_of(row->request);
	struct request_state state = {
	    .ring = row->ring,
	    .user_data = row->user_data,
	    .request = row->request,
	    .number = row->request,
	    .opcode = row->opcode,
	    .multishot = 1, /* perhaps: single completions are found by their request first */
	    .file_index = row->file_index,
	};

	if (known)
		return known->number;
	note_request((__u64)req, &state);
	return state.number;
}

static __always_inline void report_armed(struct walk *walk, struct io_kiocb *req)
{
	struct wire_armed_row row = {};

	/* No lock is held: what is read may have ended meanwhile. */
	if (BPF_CORE_READ(req, ctx) != walk->ctx)
		return;
	set_header(&row.header, WIRE_ARMED_ROW, 0, sizeof(row));
	row.pid = walk->pid;
	row.tid = walk->tid;
	row.time_ns = bpf_ktime_get_ns();
	row.ring = (__u64)walk->ctx;
	row.opcode = BPF_CORE_READ(req, opcode);
	row.request = is_zero_copy(row.opcode) ? notification_of(req) : (__u64)req;
	row.user_data = user_data_of(req);
	row.file = (__u64)BPF_CORE_READ(req, file);
	row.request_flags = request_flags(req);
	describe_armed(&row, req);
	row.number = number_of(&row, req);
	bpf_seq_write(walk->seq, &row, sizeof(row));
}

static __always_inline struct hlist_node *bucket_head(struct position *at, __u32 index)
{
	struct hlist_head *head = at->heads;
	struct io_hash_bucket *bucket;

	if (head) {
		head = (void *)head + (__u64)index * bpf_core_type_size(struct hlist_head);
		return BPF_CORE_READ(head, first);
	}
	bucket = (void *)at->buckets + (__u64)index * bpf_core_type_size(struct io_hash_bucket);
	return BPF_CORE_READ(bucket, list.first);
}

/* One node, or one bucket, a step. */
static long step(__u64 index, struct walk *walk)
{
	struct position *at = walk->at;
	struct hlist_node *node = at->node;

	if (!node) {
		if (at->bucket >= at->bucket_count)
			return 1;
		at->node = bucket_head(at, at->bucket);
		at->bucket++;
		return 0;
	}
	report_armed(walk, (void *)node - bpf_core_field_offset(struct io_kiocb, hash_node));
	at->node = BPF_CORE_READ(node, next);
	return 0;
}

static __always_inline void walk_buckets(struct walk *walk, struct io_hash_bucket *buckets,
					 struct hlist_head *heads, __u32 bits)
{
	struct position *at = walk->at;

	if (!buckets && !heads)
		return;
	at->buckets = buckets;
	at->heads = heads;
	at->node = NULL;
	at->bucket = 0;
	at->bucket_count = 1u << (bits & 31);
	bpf_loop(MAX_ARMED, step, walk, 0);
}

static __always_inline void walk_table(struct walk *walk, struct io_hash_table *table)
{
	walk_buckets(walk, BPF_CORE_READ(table, hbs), NULL, BPF_CORE_READ(table, hash_bits));
}

static __always_inline void list_armed(struct walk *walk)
{
	struct io_ring_ctx *ctx = walk->ctx;
	struct io_ring_ctx___hash *old = (void *)ctx;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) /* 5.17+ (e6f2dd0f8067) */
		return;
	if (bpf_core_field_exists(struct io_ring_ctx, cancel_table)) {
		walk_table(walk, (void *)ctx + bpf_core_field_offset(struct io_ring_ctx, cancel_table));
		if (bpf_core_field_exists(struct io_ring_ctx___locked, cancel_table_locked))
			walk_table(walk, (void *)ctx + bpf_core_field_offset(struct io_ring_ctx___locked,
									     cancel_table_locked));
		return;
	}
	walk_buckets(walk, NULL, BPF_CORE_READ(old, cancel_hash), BPF_CORE_READ(old, cancel_hash_bits));
}

SEC("iter/task_file")
int rings_there(struct bpf_iter__task_file *iter)
{
	struct task_struct *task = iter->task;
	struct file *file = iter->file;
	struct thread_state *state;
	struct ring_state found = {};
	struct wire_ring row = {};
	struct walk walk = {};
	__u32 first = 0;
	__u64 ctx;

	if (!task || !file)
		return 0;
	if (task->pid != task->tgid && task->files == BPF_CORE_READ(task, group_leader, files))
		return 0;
	state = state_of(task);
	if (!state || !is_ring((__u64)file))
		return 0;
	ctx = (__u64)file->private_data;
	found.pid = state->pid;
	found.tid = state->tid;
	found.last_number = bpf_ktime_get_ns();
	bpf_map_update_elem(&rings, &ctx, &found, BPF_NOEXIST);
	set_header(&row.header, WIRE_RING, 0, sizeof(row));
	row.pid = state->pid;
	row.tid = state->tid;
	row.file = (__u64)file;
	row.fd = iter->fd;
	describe_ring(&row, (struct io_ring_ctx *)ctx);
	row.time_ns = bpf_ktime_get_ns();
	bpf_seq_write(iter->meta->seq, &row, sizeof(row));
	walk.seq = iter->meta->seq;
	walk.ctx = (struct io_ring_ctx *)ctx;
	walk.pid = state->pid;
	walk.tid = state->tid;
	walk.at = bpf_map_lookup_elem(&positions, &first);
	if (walk.at)
		list_armed(&walk);
	return 0;
}
