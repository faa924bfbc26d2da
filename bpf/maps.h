/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs share. Defined in maps.bpf.c, declared here for the others; the linker of BPF objects joins them.
 */
#ifndef LOOPSCOPE_MAPS_H
#define LOOPSCOPE_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/kernel_types.h"
#include "bpf/wire_events.h"

/*
 * One per observed thread; that a thread has one is what "observed" means. The key is its number in the initial
 * PID namespace. Entries are allocated beforehand: a look-up takes no lock and cannot fail for want of one, which is
 * what rules out task storage: before 6.2 a look-up there fails while another program is inside that storage on the
 * same CPU, and a call would be missed without a trace (the iterators below may be preempted at any point).
 */
struct thread_state {
	__u64 marked_ns;
	__u64 start_ns;
	__u64 file[2];
	__s64 timeout_ns;
	__u32 pid, tid; /* in the recorder's PID namespace */
	__u32 nr;
	__u32 in_call;
	__u32 in_old_call; /* one that began before the thread was marked */
	__u32 pad;
	__u64 off_ns; /* not running since, or since it was marked; 0: runs */
	__u64 woken_ns;
	__u32 off_state;
	__u32 context;
	__u32 by_pid, by_tid;
	char by_comm[16];
};

#ifndef LOOPSCOPE_MAP
#define LOOPSCOPE_MAP extern
#endif

LOOPSCOPE_MAP struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct thread_state);
} threads SEC(".maps");

/*
 * By the low bits of a thread's number: whether one like it was ever added. Most of what the programs see is of threads that
 * were not, and learns it here, for less than a look-up.
 */
#define MAYBE_OBSERVED 16384
extern volatile __u8 maybe_observed[MAYBE_OBSERVED];

LOOPSCOPE_MAP struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set before loading */
} events SEC(".maps");

/* Processes to observe, by number in the recorder's PID namespace. Read and extended by the task iterator only. */
LOOPSCOPE_MAP struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

LOOPSCOPE_MAP struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LOSS_CLASSES);
	__type(key, __u32);
	__type(value, struct wire_loss_count);
} losses SEC(".maps");

LOOPSCOPE_MAP struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SKIP_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} skips SEC(".maps");

/* Set before loading. */
extern const volatile struct call_shape call_shapes[WIRE_MAX_CALLS];
extern const volatile __u32 follow_forks;
extern const volatile __u32 watch_switches;
extern const volatile __u32 peek_bytes; /* at most WIRE_ROOM_PEEK */

/* The recorder's PID namespace. Written by the task iterator, which runs as the recorder. */
extern volatile __u32 pid_level;
extern volatile __u32 pid_ns_inum;

/* Written by the user side while running. */
extern volatile __u32 consumer_sleeps;
extern volatile __u64 loss_epoch;

#endif
