// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is there already: iterators that mark the threads to observe, list calls in progress, descriptors and epoll
 * interest lists. All read from outside, without a lock of the target's and without the target running.
 */
#include "bpf/arch.h"
#include "bpf/sockets.h"

#include <bpf/bpf_tracing.h>

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
#define MAX_WATCHES_PER_FILE 64

/* Where the recorder stands: iterators run in the process that reads them. */
static __always_inline void note_own_namespace(void)
{
	struct pid *pid = BPF_CORE_READ(bpf_get_current_task_btf(), thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	void *upid = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
		     level * bpf_core_type_size(struct upid);
	struct pid_namespace *ns;

	bpf_probe_read_kernel(&ns, sizeof(ns), upid + bpf_core_field_offset(struct upid, ns));
	pid_level = level;
	pid_ns_inum = BPF_CORE_READ(ns, ns.inum);
}

/* The thread's state where it is to be observed; `fresh` says it was not before. */
static __always_inline struct thread_state *mark(struct task_struct *task, bool *fresh)
{
	struct thread_state *state = state_of(task);
	__u32 pid, ppid, key = task->pid;
	__u8 one = 1;

	*fresh = false;
	if (state)
		return state;
	/* An iterator runs in who reads it. The recorder may be a child of its target; it never records itself. */
	if (task->tgid == bpf_get_current_task_btf()->tgid)
		return NULL;
	pid = seen_pid(BPF_CORE_READ(task, group_leader, thread_pid));
	if (!pid)
		return NULL;
	if (!bpf_map_lookup_elem(&targets, &pid)) {
		ppid = seen_pid(BPF_CORE_READ(task, real_parent, group_leader, thread_pid));
		if (!follow_forks || !ppid || !bpf_map_lookup_elem(&targets, &ppid))
			return NULL;
		bpf_map_update_elem(&targets, &pid, &one, BPF_ANY);
	}
	state = add_state(task, BPF_NOEXIST);
	if (!state) {
		count_skip(SKIP_NO_STORAGE);
		return NULL;
	}
	/* Its exit may have been reported just before: nobody would take the entry away again. */
	if (BPF_CORE_READ(task, flags) & PF_EXITING) {
		bpf_map_delete_elem(&threads, &key);
		return NULL;
	}
	/* Should it have run again just now, its next stop sets this anew. */
	state->off_state = task_state_of(task);
	if (watch_switches && state->off_state)
		state->off_ns = state->marked_ns;
	*fresh = true;
	return state;
}

static __always_inline void describe_call(struct wire_task_row *row, struct thread_state *state,
					  struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	const volatile struct call_shape *shape;
	long nr;

	if (!regs)
		return;
	nr = CALL_NR(regs);
	if (!state->in_call && !(regs_in_call(regs) && task_state_of(task)))
		return;
	if (nr < 0 || nr >= WIRE_MAX_CALLS || (state->in_call && nr != state->nr))
		return;
	shape = &call_shapes[nr];
	if (!shape->wanted)
		return;
	row->header.flags |= WIRE_F_IN_CALL;
	row->nr = nr;
	call_args(regs, row->args);
	if (state->in_call) {
		row->start_ns = state->start_ns;
		row->file[0] = state->file[0];
		row->file[1] = state->file[1];
		row->timeout_ns = state->timeout_ns;
		return;
	}
	state->in_old_call = 1;
	row->header.flags |= WIRE_F_START_UNKNOWN;
	row->start_ns = state->marked_ns;
	row->file[0] = first_argument_file(task, task->files, shape, row->args);
	row->file[1] = second_argument_file(task->files, shape, row->args);
}

SEC("iter/task")
int threads_there(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct wire_task_row row = {};
	struct thread_state *state;
	bool fresh;

	/* A thread that ends is still listed until it is reaped, after its exit was reported. */
	if (!task || (task->flags & (PF_KTHREAD | PF_EXITING)))
		return 0;
	if (ctx->meta->seq_num == 0)
		note_own_namespace();
	state = mark(task, &fresh);
	if (!state)
		return 0;
	set_header(&row.header, WIRE_TASK_ROW, fresh ? WIRE_F_NEW : 0, sizeof(row));
	if (task->pid == task->tgid)
		row.header.flags |= WIRE_F_LEADER;
	row.pid = state->pid;
	row.tid = state->tid;
	row.own_pid = own_pid_of(BPF_CORE_READ(task, group_leader));
	row.ppid = seen_pid(BPF_CORE_READ(task, real_parent, group_leader, thread_pid));
	row.start_ns = state->marked_ns;
	row.timeout_ns = -2;
	row.files = (__u64)task->files;
	row.cpu_ns = task->se.sum_exec_runtime;
	bpf_probe_read_kernel(row.comm, sizeof(row.comm), task->comm);
	describe_call(&row, state, task);
	row.time_ns = bpf_ktime_get_ns();
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

/*
 * Every epoll item that watches a file hangs off that file (fs/eventpoll.c, attach_epitem). Walking it from the
 * descriptor takes no lock; items are freed after an RCU grace period, and iterators run inside one.
 */
static __always_inline void list_watches(struct seq_file *seq, struct thread_state *state, struct file *file)
{
	struct hlist_head *items = BPF_CORE_READ(file, f_ep);
	struct hlist_node *node;
	struct wire_watch_row row = {};
	struct epitem *item;

	if (!items)
		return;
	node = BPF_CORE_READ(items, first);
	for (int i = 0; i < MAX_WATCHES_PER_FILE && node; i++) {
		item = (void *)node - bpf_core_field_offset(struct epitem, fllink);
		set_header(&row.header, WIRE_WATCH_ROW, 0, sizeof(row));
		row.pid = state->pid;
		row.tid = state->tid;
		row.ep = (__u64)BPF_CORE_READ(item, ep);
		row.target_file = (__u64)file;
		row.fd = BPF_CORE_READ(item, ffd.fd);
		row.events = BPF_CORE_READ(item, event.events);
		row.data = BPF_CORE_READ(item, event.data);
		row.time_ns = bpf_ktime_get_ns();
		bpf_seq_write(seq, &row, sizeof(row));
		node = BPF_CORE_READ(node, next);
	}
	if (node)
		count_loss(LOSS_CALL, bpf_ktime_get_ns());
}

static __always_inline bool closes_on_exec(struct task_struct *task, __u32 fd)
{
	unsigned long word = 0, *bits = BPF_CORE_READ(task, files, fdt, close_on_exec);

	bpf_probe_read_kernel(&word, sizeof(word), bits + fd / 64);
	return word >> (fd % 64) & 1;
}

/* One table once: the leader's, and those of threads that have their own. */
static __always_inline struct thread_state *whose_table(struct task_struct *task)
{
	if (task->pid != task->tgid && task->files == BPF_CORE_READ(task, group_leader, files))
		return NULL;
	return state_of(task);
}

SEC("iter/task_file")
int descriptors_there(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct wire_fd_row row = {};
	struct thread_state *state;

	if (!task || !file)
		return 0;
	state = whose_table(task);
	if (!state)
		return 0;
	set_header(&row.header, WIRE_FD_ROW, 0, sizeof(row));
	if (closes_on_exec(task, ctx->fd))
		row.header.flags |= WIRE_F_CLOEXEC;
	row.pid = state->pid;
	row.tid = state->tid;
	row.files = (__u64)task->files;
	row.file = (__u64)file;
	row.private_data = (__u64)file->private_data;
	row.inode = BPF_CORE_READ(file, f_inode, i_ino);
	row.mode = BPF_CORE_READ(file, f_inode, i_mode);
	row.fd = ctx->fd;
	row.open_flags = file->f_flags;
	if (read_socket((__u64)file, &row.socket))
		row.header.flags |= WIRE_F_SOCKET;
	else
		bpf_probe_read_kernel_str(row.name, sizeof(row.name),
					  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	row.time_ns = bpf_ktime_get_ns();
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	list_watches(ctx->meta->seq, state, file);
	return 0;
}

#define TCP_LISTEN 10

/* Passed by many descriptors for each that counts: what is read first are plain loads. */
SEC("iter/task_file")
int queues_there(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct wire_queue_row row = {};
	struct wire_socket found;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file || !whose_table(task))
		return 0;
	if ((file->f_inode->i_mode & 0170000) != 0140000)
		return 0;
	socket = file->private_data;
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_LISTEN)
		return 0;
	read_socket((__u64)file, &found);
	set_header(&row.header, WIRE_QUEUE_ROW, 0, sizeof(row));
	row.time_ns = bpf_ktime_get_ns();
	row.file = (__u64)file;
	row.queue = found.queue;
	row.backlog = found.backlog;
	row.drops = found.drops;
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}
