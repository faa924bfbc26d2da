/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The least a system call tracer can cost, one mechanism at a time. Each variant takes the start time of a
 * wanted call of a traced process at its entry and, at its exit, writes one record with start, arguments and
 * result. They differ in where they hook and where they keep the start time.
 */
#define FLOORS_MAP
#include "bench/bpf/floors_maps.h"

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10, r9, r8, dx, si, di, orig_ax;
} __attribute__((preserve_access_index));
#define CALL_NUMBER(regs) ((__u32)(regs)->orig_ax)
#define FILL_ARGS(a, r)                                                                                      \
	(a)[0] = (r)->di, (a)[1] = (r)->si, (a)[2] = (r)->dx, (a)[3] = (r)->r10, (a)[4] = (r)->r8,           \
	(a)[5] = (r)->r9
#else
#error "floors.bpf.c knows the registers of x86-64 only"
#endif

const volatile __u64 wanted[8];	 /* one bit per system call number */
const volatile bool with_record; /* false: only take the time, to see its own cost */

__u64 records_lost;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} traced_groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} start_by_tid SEC(".maps");

/* Direct-mapped: no helper call, but two threads may want the same slot, so the slot says whose it is. */
struct slot start_slots[FLOORS_SLOTS];
__u8 maybe_traced[FLOORS_SLOTS]; /* by low bits of the thread group; 0: certainly not */

static __always_inline bool is_wanted(__u32 nr)
{
	return nr < 512 && (wanted[nr >> 6] >> (nr & 63)) & 1;
}

static __always_inline bool is_traced(__u32 tgid)
{
	return maybe_traced[tgid & (FLOORS_SLOTS - 1)] && bpf_map_lookup_elem(&traced_groups, &tgid);
}

static __always_inline void write_record(const struct pt_regs *regs, __u32 nr, long ret, __u64 start_ns,
					 __u64 id)
{
	__u64 end_ns = bpf_ktime_get_ns();
	struct floors_record *record;

	if (!with_record) {
		if (end_ns < start_ns) /* never true; keeps both times alive */
			records_lost++;
		return;
	}
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&records_lost, 1);
		return;
	}
	record->start_ns = start_ns;
	record->end_ns = end_ns;
	FILL_ARGS(record->args, regs);
	record->ret = ret;
	record->tgid = id >> 32;
	record->tid = id;
	record->nr = nr;
	record->pad = 0;
	submit_record(record, end_ns);
}

/* Programs that do nothing: what merely being called costs. */

SEC("tp_btf/sys_enter")
int empty_enter(__u64 *ctx)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int empty_exit(__u64 *ctx)
{
	return 0;
}

SEC("tracepoint")
int empty_percall_enter(void *ctx)
{
	return 0;
}

SEC("tracepoint")
int empty_percall_exit(void *ctx)
{
	return 0;
}

/* tp_btf arguments: sys_enter(regs, number), sys_exit(regs, result). */

/* (a) task storage; having it is what makes a thread traced. */

SEC("tp_btf/sys_enter")
int storage_enter(__u64 *ctx)
{
	__u64 *start;

	if (!is_wanted(ctx[1]))
		return 0;
	start = bpf_task_storage_get(&start_by_task, bpf_get_current_task_btf(), NULL, 0);
	if (start)
		*start = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int storage_exit(__u64 *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)ctx[0];
	__u32 nr = CALL_NUMBER(regs);
	__u64 *start;

	if (!is_wanted(nr))
		return 0;
	start = bpf_task_storage_get(&start_by_task, bpf_get_current_task_btf(), NULL, 0);
	if (start)
		write_record(regs, nr, ctx[1], *start, bpf_get_current_pid_tgid());
	return 0;
}

/* (b) a hash of thread groups and a hash of start times by thread. */

SEC("tp_btf/sys_enter")
int hash_enter(__u64 *ctx)
{
	__u64 id, start_ns;
	__u32 tgid, tid;

	if (!is_wanted(ctx[1]))
		return 0;
	id = bpf_get_current_pid_tgid();
	tgid = id >> 32;
	tid = id;
	if (!bpf_map_lookup_elem(&traced_groups, &tgid))
		return 0;
	start_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&start_by_tid, &tid, &start_ns, BPF_ANY);
	return 0;
}

SEC("tp_btf/sys_exit")
int hash_exit(__u64 *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)ctx[0];
	__u32 nr = CALL_NUMBER(regs), tgid, tid;
	__u64 id, *start;

	if (!is_wanted(nr))
		return 0;
	id = bpf_get_current_pid_tgid();
	tgid = id >> 32;
	tid = id;
	if (!bpf_map_lookup_elem(&traced_groups, &tgid))
		return 0;
	start = bpf_map_lookup_elem(&start_by_tid, &tid);
	write_record(regs, nr, ctx[1], start ? *start : 0, id);
	return 0;
}

/* (f) a hash of threads filled beforehand and only looked up: being in it is what makes a thread traced. */

SEC("tp_btf/sys_enter")
int lookup_enter(__u64 *ctx)
{
	__u32 tid;
	__u64 *start;

	if (!is_wanted(ctx[1]))
		return 0;
	tid = bpf_get_current_pid_tgid();
	start = bpf_map_lookup_elem(&start_by_tid, &tid);
	if (start)
		*start = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int lookup_exit(__u64 *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)ctx[0];
	__u32 nr = CALL_NUMBER(regs), tid;
	__u64 id, *start;

	if (!is_wanted(nr))
		return 0;
	id = bpf_get_current_pid_tgid();
	tid = id;
	start = bpf_map_lookup_elem(&start_by_tid, &tid);
	if (start)
		write_record(regs, nr, ctx[1], *start, id);
	return 0;
}

/* (e) a slot by the low bits of the thread number, behind a table of one byte per thread group. */

static __always_inline void slot_store(void)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct slot *slot;

	if (!is_traced(id >> 32))
		return;
	slot = &start_slots[(__u32)id & (FLOORS_SLOTS - 1)];
	slot->tid = id;
	slot->start_ns = bpf_ktime_get_ns();
}

static __always_inline void slot_record(const struct pt_regs *regs, __u32 nr, long ret)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct slot *slot;

	if (!is_traced(id >> 32))
		return;
	slot = &start_slots[(__u32)id & (FLOORS_SLOTS - 1)];
	write_record(regs, nr, ret, slot->tid == (__u32)id ? slot->start_ns : 0, id);
}

SEC("tp_btf/sys_enter")
int slot_enter(__u64 *ctx)
{
	if (is_wanted(ctx[1]))
		slot_store();
	return 0;
}

SEC("tp_btf/sys_exit")
int slot_exit(__u64 *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)ctx[0];
	__u32 nr = CALL_NUMBER(regs);

	if (is_wanted(nr))
		slot_record(regs, nr, ctx[1]);
	return 0;
}

/* The exit without any start time, as the base of what a start time costs. */

SEC("tp_btf/sys_exit")
int nostart_exit(__u64 *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)ctx[0];
	__u32 nr = CALL_NUMBER(regs);
	__u64 id;

	if (!is_wanted(nr))
		return 0;
	id = bpf_get_current_pid_tgid();
	if (is_traced(id >> 32))
		write_record(regs, nr, ctx[1], 0, id);
	return 0;
}

/* (c), (d) one tracepoint per wanted call: syscalls/sys_enter_NAME and sys_exit_NAME, with slots or task
 * storage. */

struct syscall_exit_context {
	__u64 unused;
	__s64 nr;
	__s64 ret;
};

SEC("tracepoint")
int percall_slot_enter(void *ctx)
{
	slot_store();
	return 0;
}

SEC("tracepoint")
int percall_slot_exit(struct syscall_exit_context *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());

	slot_record(regs, ctx->nr, ctx->ret);
	return 0;
}

SEC("tracepoint")
int percall_storage_enter(void *ctx)
{
	__u64 *start = bpf_task_storage_get(&start_by_task, bpf_get_current_task_btf(), NULL, 0);

	if (start)
		*start = bpf_ktime_get_ns();
	return 0;
}

SEC("tracepoint")
int percall_storage_exit(struct syscall_exit_context *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 *start = bpf_task_storage_get(&start_by_task, task, NULL, 0);

	if (start)
		write_record((const struct pt_regs *)bpf_task_pt_regs(task), ctx->nr, ctx->ret, *start,
			     bpf_get_current_pid_tgid());
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
