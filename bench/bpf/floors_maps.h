/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the minimal tracers share. Defined in floors.bpf.c, declared here for the others. */
#ifndef LOOPSCOPE_BENCH_FLOORS_MAPS_H
#define LOOPSCOPE_BENCH_FLOORS_MAPS_H

#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>

#include "bench/bpf/floors.h"

#ifndef FLOORS_MAP
#define FLOORS_MAP extern
#endif

enum { BPF_ANY = 0, BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_RINGBUF = 27, BPF_MAP_TYPE_TASK_STORAGE = 29 };
enum { BPF_F_NO_PREALLOC = 1, BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

extern __u64 records_lost;

FLOORS_MAP struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 << 20);
} ring SEC(".maps");

/* A thread is traced when it has an entry. */
FLOORS_MAP struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} start_by_task SEC(".maps");

static __always_inline void submit_record(void *record, __u64 now_ns)
{
	/* The reader is woken once in a while, not for each record. */
	bpf_ringbuf_submit(record, (now_ns & 1023) ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP);
}

#endif
