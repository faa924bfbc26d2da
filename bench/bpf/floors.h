/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs and floors.c share. */
#ifndef LOOPSCOPE_BENCH_FLOORS_H
#define LOOPSCOPE_BENCH_FLOORS_H

#include <linux/types.h>

/* Start times by thread number: a slot per low bits of the number. 64 Ki slots of 16 bytes are 1 MiB. */
#define FLOORS_SLOTS (1 << 16)

struct floors_record {
	__u64 start_ns;
	__u64 end_ns;
	__u64 args[6];
	__s64 ret;
	__u32 tgid;
	__u32 tid;
	__u32 nr;
	__u32 pad;
};

#define FLOORS_COMPLETED 256

/* An operation of io_uring as it was taken (by its number), or its completion (FLOORS_COMPLETED). */
struct floors_op_record {
	__u64 time_ns;
	__u64 request;
	__u64 user_data;
	__u64 pid_tgid;
	__s32 res;
	__u32 opcode;
};

/* Direct-mapped start time: two threads may want the same slot, so it says whose it is. */
struct slot {
	__u64 start_ns;
	__u32 tid;
	__u32 pad;
};

#endif
