/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What floors.bpf.c and floors.c share. */
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

/* Direct-mapped start time: two threads may want the same slot, so it says whose it is. */
struct slot {
	__u64 start_ns;
	__u32 tid;
	__u32 pad;
};

#endif
