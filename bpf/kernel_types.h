/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel structures that are read, and of each only the members that are read. libbpf relocates every access
 * to the layout of the kernel it finds (CO-RE), so neither offsets nor the order here matter.
 */
#ifndef LOOPSCOPE_KERNEL_TYPES_H
#define LOOPSCOPE_KERNEL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10, r9, r8, ax, dx, si, di, orig_ax;
};
struct thread_info {
	__u32 status; /* TS_COMPAT */
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
};
struct thread_info {
	unsigned long flags; /* TIF_32BIT */
	struct {
		__u32 count;
	} preempt;
};
#endif

struct hlist_node {
	struct hlist_node *next;
};
struct hlist_head {
	struct hlist_node *first;
};

struct ns_common {
	unsigned int inum;
};
struct pid_namespace {
	unsigned int level;
	struct ns_common ns;
};
struct upid {
	int nr;
	struct pid_namespace *ns;
};
struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};
struct qstr {
	const unsigned char *name;
};
struct dentry {
	struct qstr d_name;
};
struct path {
	struct dentry *dentry;
};
struct file {
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
	struct path f_path;
	struct hlist_head *f_ep; /* 5.11+ (319c15174757): the epoll items watching this file */
};
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec;
};
struct files_struct {
	struct fdtable *fdt;
};

typedef struct {
	unsigned long sig[1];
} sigset_t;
struct sigpending {
	sigset_t signal;
};
struct signal_struct {
	struct sigpending shared_pending;
};
struct sigaction {
	void *sa_handler;
};
struct k_sigaction {
	struct sigaction sa;
};
struct sighand_struct {
	struct k_sigaction action[64];
};

struct rq {
	int cpu;
};
struct cfs_rq {
	struct rq *rq; /* with CONFIG_FAIR_GROUP_SCHED */
};
struct sched_entity {
	__u64 sum_exec_runtime; /* ns on the CPU */
	struct cfs_rq *cfs_rq;
};

struct io_uring_task {
	struct file *registered_rings[16]; /* 5.18+ (e7a6c00dc77a) */
};
struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int exit_code;
	int exit_signal;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[16];
	struct files_struct *files;
	unsigned int ptrace;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	struct sigpending pending;
	struct sched_entity se;
	struct io_uring_task *io_uring;
};
/* `state` was renamed in 5.14 (2f064a59a11f). */
struct task_struct___5_14 {
	unsigned int __state;
};
struct task_struct___old {
	volatile long state;
};

struct linux_binprm {
	const char *filename;
};

struct in6_addr {
	__u8 bytes[16];
};
struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	__be16 skc_dport;
	__u16 skc_num;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};
struct socket;
struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
	__u16 sk_type;
	__u16 sk_protocol;
	struct {
		int counter;
	} sk_drops;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
};
struct socket {
	struct file *file;
	struct sock *sk;
};
struct sk_buff_head {
	__u32 qlen;
};
struct unix_address {
	int len;
};
struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};
/* The receive queue of a listening unix socket is its accept queue. */
struct sock___queue { /* struct sock, under a name of our own */
	struct sk_buff_head sk_receive_queue;
};

struct epoll_event {
	__u32 events;
	__u64 data;
};
struct epoll_filefd {
	struct file *file;
	int fd;
} __attribute__((packed));
struct eventpoll;
struct epitem {
	struct epoll_filefd ffd;
	struct eventpoll *ep;
	struct hlist_node fllink;
	struct epoll_event event;
};

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
