/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reserve, submit, count what is lost; which thread this is; what a descriptor refers to.
 */
#ifndef LOOPSCOPE_OBSERVE_H
#define LOOPSCOPE_OBSERVE_H

#include <bpf/bpf_core_read.h>

#include "bpf/maps.h"

static __always_inline struct thread_state *state_of(struct task_struct *task)
{
	__u32 key = task->pid;

	if (!maybe_observed[key % MAYBE_OBSERVED])
		return NULL;
	return bpf_map_lookup_elem(&threads, &key);
}

/* TASK_RUNNING is 0. */
static __always_inline __u32 task_state_of(struct task_struct *task)
{
	if (bpf_core_field_exists(struct task_struct___5_14, __state))
		return BPF_CORE_READ((struct task_struct___5_14 *)task, __state);
	return BPF_CORE_READ((struct task_struct___old *)task, state);
}

static __always_inline void count_loss(__u32 class, __u64 now_ns)
{
	struct wire_loss_count *loss = bpf_map_lookup_elem(&losses, &class);

	if (!loss)
		return;
	if (loss->epoch != loss_epoch || !loss->first_ns) {
		loss->epoch = loss_epoch;
		loss->first_ns = now_ns;
	}
	loss->last_ns = now_ns;
	loss->count++;
}

static __always_inline void count_skip(__u32 kind)
{
	__u64 *count = bpf_map_lookup_elem(&skips, &kind);

	if (count)
		(*count)++;
}

/*
 * The consumer polls while there is work and asks to be woken only when it goes to sleep: waking it costs the
 * observed program an interrupt, a record that waits some milliseconds costs nobody anything.
 */
static __always_inline void submit(void *record)
{
	bpf_ringbuf_submit(record, consumer_sleeps ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* A bound that the verifier sees: the compiler drops a plain `&` where it can prove the bound itself. */
static __always_inline __u64 at_most(__u64 value, const __u64 mask)
{
	asm volatile("%0 &= %1" : "+r"(value) : "i"(mask));
	return value;
}

static __always_inline void set_header(struct wire_header *header, __u16 type, __u16 flags, __u32 size)
{
	header->type = type;
	header->flags = flags;
	header->size = size;
}

/*
 * The number of `pid` in the namespace `level` deep. With `inum`, only where that is the namespace with this number:
 * a container beside ours has a namespace as deep, with numbers of its own.
 */
static __always_inline __u32 pid_at_level(struct pid *pid, __u32 level, __u32 inum)
{
	void *upid;
	struct pid_namespace *ns;
	int nr = 0;

	if (!pid || level > BPF_CORE_READ(pid, level))
		return 0;
	upid = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
	if (inum) {
		bpf_probe_read_kernel(&ns, sizeof(ns), upid + bpf_core_field_offset(struct upid, ns));
		if (BPF_CORE_READ(ns, ns.inum) != inum)
			return 0;
	}
	bpf_probe_read_kernel(&nr, sizeof(nr), upid + bpf_core_field_offset(struct upid, nr));
	return nr;
}

/* As the recorder numbers it; 0: not visible to it. */
static __always_inline __u32 seen_pid(struct pid *pid)
{
	return pid_at_level(pid, pid_level, pid_ns_inum);
}

/* As the process itself knows it. */
static __always_inline __u32 own_pid_of(struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);

	return pid ? pid_at_level(pid, BPF_CORE_READ(pid, level), 0) : 0;
}

static __always_inline void name_thread(struct thread_state *state, struct task_struct *task)
{
	state->tid = seen_pid(BPF_CORE_READ(task, thread_pid));
	state->pid = seen_pid(BPF_CORE_READ(task, group_leader, thread_pid));
}

/* NULL when there are more threads than entries. */
static __always_inline struct thread_state *add_state(struct task_struct *task, __u64 flags)
{
	struct thread_state fresh = {.marked_ns = bpf_ktime_get_ns()};
	__u32 key = task->pid;

	name_thread(&fresh, task);
	maybe_observed[key % MAYBE_OBSERVED] = 1;
	bpf_map_update_elem(&threads, &key, &fresh, flags);
	return bpf_map_lookup_elem(&threads, &key);
}

/* The struct file behind a descriptor, 0 where there is none. */
static __always_inline __u64 file_of(struct files_struct *files, __u32 fd)
{
	struct fdtable *fdt;
	__u64 file = 0;

	if (!files)
		return 0;
	fdt = files->fdt;
	if (!fdt || fd >= fdt->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd);
	return file;
}

#define ENTER_REGISTERED_RING (1u << 4) /* IORING_ENTER_REGISTERED_RING */
#define OP_REGISTERED_RING (1u << 31)	/* IORING_REGISTER_USE_REGISTERED_RING */

/* The struct file of a ring that a thread has registered under this index. */
static __always_inline __u64 registered_ring(struct task_struct *task, __u64 index)
{
	struct file **rings;
	__u64 file = 0;

	if (!bpf_core_field_exists(struct io_uring_task, registered_rings) || index >= 16)
		return 0;
	rings = (void *)BPF_CORE_READ(task, io_uring) +
		bpf_core_field_offset(struct io_uring_task, registered_rings);
	bpf_probe_read_kernel(&file, sizeof(file), rings + index);
	return file;
}

/* What the first descriptor argument of a call refers to. */
static __always_inline __u64 first_argument_file(struct task_struct *task, struct files_struct *files,
						 const volatile struct call_shape *shape, const __u64 *args)
{
	if (shape->fd_args[0] == WIRE_NO_ARG)
		return 0;
	if ((shape->enter & ENTER_RING && args[3] & ENTER_REGISTERED_RING) ||
	    (shape->enter & ENTER_RING_OP && args[1] & OP_REGISTERED_RING))
		return registered_ring(task, args[0]);
	return file_of(files, args[0]);
}

static __always_inline __u64 second_argument_file(struct files_struct *files,
						  const volatile struct call_shape *shape, const __u64 *args)
{
	switch (shape->fd_args[1]) { /* a constant index each: the verifier asks for it */
	case 1:
		return file_of(files, args[1]);
	case 2:
		return file_of(files, args[2]);
	}
	return 0;
}

/* As file_of(), for where it is called often in one program and seldom run: quicker to verify, slower to run. */
static __always_inline __u64 file_read_of(struct files_struct *files, __u32 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(files, fdt);
	__u64 file = 0;

	if (fdt && fd < BPF_CORE_READ(fdt, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(fdt, fd) + fd);
	return file;
}

static __always_inline int is_socket(__u64 file)
{
	return file && (BPF_CORE_READ((struct file *)file, f_inode, i_mode) & 0170000) == 0140000;
}

/* An anonymous inode is told by the name of its directory entry. */
static __always_inline bool is_ring(__u64 file)
{
	char name[12] = {};

	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ((struct file *)file, f_path.dentry, d_name.name));
	return __builtin_memcmp(name, "[io_uring]", 11) == 0;
}

#endif
