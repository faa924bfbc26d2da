/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The least a tracer of io_uring can cost: programs that do nothing, and the least that records operations. */
#include "bench/bpf/floors_maps.h"

/* On each tracepoint that the recorder is on; a kernel has one of the two submit_ names. */

#define EMPTY(tracepoint)                                                                                    \
	SEC("raw_tp/io_uring_" #tracepoint)                                                                  \
	int empty_##tracepoint(void *ctx)                                                                    \
	{                                                                                                    \
		return 0;                                                                                    \
	}

EMPTY(create)
EMPTY(submit_req)
EMPTY(submit_sqe)
EMPTY(req_failed)
EMPTY(poll_arm)
EMPTY(task_add)
EMPTY(queue_async_work)
EMPTY(complete)
EMPTY(cqe_overflow)

/*
 * Who asked for which operation, when, under what name, and what became of it. In the shape of Linux 6.13 and later only,
 * where the programs load what they need from the arguments: io_uring_submit_req(req), io_uring_complete(ctx, req, cqe).
 */

struct io_cqe {
	__u64 user_data;
} __attribute__((preserve_access_index));

struct io_kiocb {
	__u8 opcode;
	struct io_cqe cqe;
} __attribute__((preserve_access_index));

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
} __attribute__((preserve_access_index));

static __always_inline struct floors_op_record *begin_record(void)
{
	struct floors_op_record *record;

	if (!bpf_task_storage_get(&start_by_task, bpf_get_current_task_btf(), NULL, 0))
		return NULL;
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&records_lost, 1);
		return NULL;
	}
	record->time_ns = bpf_ktime_get_ns();
	record->pid_tgid = bpf_get_current_pid_tgid();
	return record;
}

SEC("tp_btf/io_uring_submit_req")
int record_taken(__u64 *ctx)
{
	const struct io_kiocb *req = (const struct io_kiocb *)ctx[0];
	struct floors_op_record *record = begin_record();

	if (!record)
		return 0;
	record->request = (__u64)req;
	record->user_data = req->cqe.user_data;
	record->res = 0;
	record->opcode = req->opcode;
	submit_record(record, record->time_ns);
	return 0;
}

SEC("tp_btf/io_uring_complete")
int record_completed(__u64 *ctx)
{
	const struct io_uring_cqe *cqe = (const struct io_uring_cqe *)ctx[2];
	struct floors_op_record *record = begin_record();

	if (!record)
		return 0;
	record->request = ctx[1];
	record->user_data = cqe->user_data;
	record->res = cqe->res;
	record->opcode = FLOORS_COMPLETED;
	submit_record(record, record->time_ns);
	return 0;
}
