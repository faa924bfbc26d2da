// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define LOOPSCOPE_MAP
#include "bpf/maps.h"
#include "bpf/uring.h"

const volatile struct call_shape call_shapes[WIRE_MAX_CALLS] = {};
const volatile __u32 follow_forks = 1;
const volatile __u32 watch_switches = 0;
const volatile __u32 peek_bytes = 0;
const volatile __u64 wanted_ops = 0;
const volatile __u64 table_ops = 0;

volatile __u8 maybe_observed[MAYBE_OBSERVED] = {};
volatile __u32 pid_level = 0;
volatile __u32 pid_ns_inum = 0;
volatile __u32 consumer_sleeps = 0;
volatile __u64 loss_epoch = 0;
volatile __u64 places_taken = 0;

/* tp_btf and iterator programs may read kernel memory only under a GPL-compatible licence. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
