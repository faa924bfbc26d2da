/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The part of the contract (wire_events.h) that tells of io_uring. */
#ifndef LOOPSCOPE_WIRE_URING_H
#define LOOPSCOPE_WIRE_URING_H

#include "bpf/wire_types.h"

/*
 * `ring` is the address of struct io_ring_ctx, `request` that of struct io_kiocb, good as the name of an
 * operation from its WIRE_SQE to its last WIRE_CQE. pid and tid are of the thread in whose context it happened, 0 where
 * that is none of the recorder's PID namespace.
 */
struct wire_ring {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 time_ns;
	wire_u64 ring;
	wire_u64 file; /* iterator: its struct file */
	wire_s32 fd;
	wire_u32 sq_entries, cq_entries;
	wire_u32 flags; /* IORING_SETUP_ */
	wire_u32 sq_thread;
	wire_u32 pad;
};
WIRE_ASSERT(sizeof(struct wire_ring) == 64);

/* struct io_uring_sqe (include/uapi/linux/io_uring.h), the first 48 bytes, unions by the name that is used here. */
struct wire_entry {
	wire_u8 opcode;
	wire_u8 flags;
	wire_u16 ioprio;
	wire_s32 fd;
	wire_u64 off;
	wire_u64 addr;
	wire_u32 len;
	wire_u32 op_flags;
	wire_u64 user_data;
	wire_u16 buf_index;
	wire_u16 personality;
	wire_u32 file_index;
};
WIRE_ASSERT(sizeof(struct wire_entry) == 48);

/* Behind it: a path, an address, as WIRE_F_ and payload_size say. */
struct wire_sqe {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 time_ns;
	wire_u64 ring;
	wire_u64
	    request; /* the kernel's structure that lives as long as the operation does, and is then used again */
	wire_u64 number;  /* no other operation of this ring has it */
	wire_u64 file[2]; /* of fd, also where that is a slot; of the second descriptor (EPOLL_CTL, SPLICE) */
	wire_u64 extra[3]; /* epoll_event: events, data; open_how: flags, mode, resolve; timespec: ns */
	struct wire_entry entry;
	wire_s32 res;
	wire_u32 payload_size;
};
WIRE_ASSERT(sizeof(struct wire_sqe) == 144);

/* Behind it: struct wire_socket with WIRE_F_SOCKET, else struct epoll_event of EPOLL_WAIT. */
struct wire_cqe {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 time_ns;
	wire_u64 ring;
	wire_u64 request; /* of its wire_sqe, and number; 0: that was not seen */
	wire_u64 number;
	wire_u64 user_data;
	wire_u64 file; /* made by it */
	wire_u64 on;   /* worked on, where the kernel still knows */
	wire_u64 armed_ns, woken_ns, punted_ns;
	wire_u64 extra[2]; /* with WIRE_F_EXTRA queue; backlog, drops << 32 of the listener */
	wire_s32 res;
	wire_u32 flags;	 /* IORING_CQE_F_, buffer id in the upper half */
	wire_u32 opcode; /* 256: unknown */
	wire_u32 payload_size;
};
WIRE_ASSERT(sizeof(struct wire_cqe) == 128);

/* An operation that waits for readiness, found by a reading of the state. */
struct wire_armed_row {
	struct wire_header header;
	wire_u32 pid, tid; /* whose descriptor led to the ring */
	wire_u64 time_ns;
	wire_u64 ring;
	wire_u64 request;
	wire_u64 number; /* as in its completions */
	wire_u64 user_data;
	wire_u64 file;
	wire_u64 request_flags; /* REQ_F_…: bits that move between kernels */
	wire_u32 opcode;
	wire_u32 file_index; /* ACCEPT: as in its wire_entry */
	wire_u32 poll_multishot, pad;
};
WIRE_ASSERT(sizeof(struct wire_armed_row) == 88);

#endif
