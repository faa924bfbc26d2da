/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The whole contract between the kernel side and the user side.
 *
 * Two streams: records in the ring buffer (struct wire_call and the lifecycle records, each beginning with
 * struct wire_header) and rows that the iterator programs write to whoever reads the iterator
 * (struct wire_task_row, wire_fd_row, wire_watch_row; they begin with struct wire_header too).
 *
 * wire_types.h has what all of them share, wire_uring.h those of io_uring.
 *
 * Fixed-width types only, no implicit padding. `file`, `files` and `ep` members are kernel addresses: the user side
 * turns them into small numbers and never writes them anywhere. pid and tid are numbers in the PID namespace of the
 * recorder, own_pid and own_tid in the target's innermost one. Times are CLOCK_MONOTONIC nanoseconds.
 */
#ifndef LOOPSCOPE_WIRE_EVENTS_H
#define LOOPSCOPE_WIRE_EVENTS_H

#include "bpf/wire_types.h"
#include "bpf/wire_uring.h"

enum wire_type {
	WIRE_CALL = 1,
	WIRE_FORK,
	WIRE_EXEC,
	WIRE_EXIT,
	WIRE_SELECT_SETS,
	WIRE_TASK_ROW,
	WIRE_FD_ROW,
	WIRE_WATCH_ROW,
	WIRE_RING, /* in the ring buffer: just made; from an iterator: found */
	WIRE_SQE,
	WIRE_CQE,
	WIRE_ARMED_ROW,
	WIRE_OFF,
	WIRE_QUEUE_ROW,
};

/* What belongs to a call beside its registers. Chosen per call by struct call_shape. */
enum wire_payload {
	PAYLOAD_NONE,
	PAYLOAD_PATH, /* string at args[payload_arg] */
	PAYLOAD_HOW,  /* as PATH; struct open_how at args[2]: extra = flags, mode; extra2 = resolve */
	PAYLOAD_ADDRESS, /* socket of files[0], then sockaddr at args[payload_arg], length in the next argument */
	PAYLOAD_NEW_SOCKET, /* socket of the returned descriptor; extra = queue, backlog and drops of files[0] when that listens */
	PAYLOAD_SOCKET,	      /* socket of files[0] */
	PAYLOAD_EPOLL_EVENT,  /* extra = events, data of the struct epoll_event at args[payload_arg] */
	PAYLOAD_EPOLL_READY,  /* the array at args[payload_arg], `ret` long */
	PAYLOAD_POLL,	      /* struct pollfd array at args[0], args[1] long */
	PAYLOAD_SELECT,	      /* three fd_sets of args[0] bits at args[1..3], as they were left */
	PAYLOAD_FD_PAIR,      /* extra[0] = the two descriptors; files[] = what they are */
	PAYLOAD_RIGHTS,	      /* struct wire_rights */
	PAYLOAD_CLONE3,	      /* extra[0] = flags | exit signal */
	PAYLOAD_URING_PARAMS, /* the first 40 bytes of struct io_uring_params at args[1] */
	PAYLOAD_ITIMERSPEC,   /* extra[0] = it_value in ns, of args[payload_arg] */
	PAYLOAD_INT,	      /* extra[0] = int at args[payload_arg] */
	PAYLOAD_PEEK,	      /* read from a socket: the first bytes of args[1], args[2] long */
	PAYLOAD_PEEK_VECTOR,  /* of the struct iovec at args[1] */
};

/* What has to be remembered when a call begins, because it is gone when it ends. */
enum wire_enter {
	ENTER_TIMESPEC = 1, /* struct timespec at args[timeout_arg]: the kernel writes the rest back */
	ENTER_TIMEVAL = 2,
	ENTER_SELECT = 4, /* the fd_sets, overwritten with the answer */
	/* args[0] is an index of registered rings, no descriptor, where the call says so: */
	ENTER_RING = 8,	    /* io_uring_enter: IORING_ENTER_REGISTERED_RING in args[3] */
	ENTER_RING_OP = 16, /* io_uring_register: IORING_REGISTER_USE_REGISTERED_RING in args[1] */
};

/* Calls recorded only in part. */
enum wire_filter {
	FILTER_NONE,
	FILTER_FCNTL,  /* F_DUPFD, F_SETFD, F_SETFL, F_DUPFD_CLOEXEC */
	FILTER_IOCTL,  /* FIONBIO, FIONCLEX, FIOCLEX */
	FILTER_RIGHTS, /* recvmsg that received descriptors */
	FILTER_CHILD,  /* a call that also returns in the child: only where its start was seen */
};

#define WIRE_MAX_CALLS 512
#define WIRE_NO_ARG 7

/* One per system call number, filled by the user side before the programs are loaded. */
struct call_shape {
	wire_u8 wanted;
	wire_u8 loss_class; /* enum wire_loss */
	wire_u8 fd_args[2]; /* WIRE_NO_ARG: none */
	wire_u8 returns_fd;
	wire_u8 payload;
	wire_u8 payload_arg;
	wire_u8 enter;
	wire_u8 timeout_arg;
	wire_u8 filter;
	wire_u8 pad[6];
};
WIRE_ASSERT(sizeof(struct call_shape) == 16);

struct wire_call {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 start_ns;
	wire_u64 end_ns;
	wire_s64 ret;
	wire_u64 args[6];
	wire_u64 file[2]; /* of fd_args */
	wire_u64 ret_file;
	wire_u64 files; /* the thread's descriptor table */
	wire_u64 extra[2];
	wire_s64 timeout_ns;
	wire_u32 nr;
	wire_u32 payload_size;
};
WIRE_ASSERT(sizeof(struct wire_call) == 152);

struct wire_socket {
	wire_u64 inode;
	wire_u16 family;
	wire_u16 type;
	wire_u16 protocol;
	wire_u8 state;
	wire_u8 unix_len;		/* of unix_name, 0: unnamed */
	wire_u16 local_port, peer_port; /* host order */
	wire_u8 local[16], peer[16];	/* of a unix socket: the inode of the other end, or 0 */
	wire_u32 queue, backlog;
	wire_u8 unix_name[112]; /* sun_path, as bound */
	wire_u32 drops;
};
WIRE_ASSERT(sizeof(struct wire_socket) == 176);

#define WIRE_MAX_RIGHTS 31
struct wire_rights {
	wire_u32 count; /* as received; fds[] holds the first WIRE_MAX_RIGHTS */
	wire_s32 fds[WIRE_MAX_RIGHTS];
	wire_u64 file[WIRE_MAX_RIGHTS];
};
WIRE_ASSERT(sizeof(struct wire_rights) == 376);

/*
 * Payload capacities. A record is reserved in the smallest that holds what there is. Those that are read by a length
 * found at run time are powers of two, and one less is the most that is read: a mask proves the bound to the verifier.
 */
#define WIRE_ROOM_READY_SMALL 128 /* 10 struct epoll_event on x86-64, 7 on arm64 */
#define WIRE_ROOM_READY 1024	  /* 85, 63 */
#define WIRE_ROOM_PATH_SMALL 256
#define WIRE_ROOM_PATH 4096
#define WIRE_ROOM_ADDRESS 128
#define WIRE_ROOM_PEEK 256
#define WIRE_ROOM_POLL_SMALL 128 /* 15 struct pollfd */
#define WIRE_ROOM_POLL 8192	 /* 1023 struct pollfd */
#define WIRE_SET_BYTES 128	 /* 1024 descriptors */
#define WIRE_URING_PARAMS 40

struct wire_select_sets { /* sent when the call begins */
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 start_ns;
	wire_u32 present; /* bit i: sets[i] was passed */
	wire_u32 pad;
	wire_u8 sets[3][WIRE_SET_BYTES];
};
WIRE_ASSERT(sizeof(struct wire_select_sets) == 416);

enum wake_context {
	WAKE_UNKNOWN,
	WAKE_TASK,
	WAKE_SOFTIRQ,
	WAKE_HARDIRQ,
	WAKE_NMI,
};

#define WIRE_OFF_RUNNABLE (1u << 31) /* in `state`: it was preempted and could have gone on */

/* A thread ran again. */
struct wire_off {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 time_ns;	 /* when it ran again */
	wire_u64 off_ns;	 /* when it stopped */
	wire_u64 woken_ns;	 /* 0: not seen */
	wire_u32 state;		 /* of the kernel's task states, TASK_… */
	wire_u32 context;	 /* enum wake_context */
	wire_u32 by_pid, by_tid; /* who ran where it was woken; 0: idle, or not visible here */
	wire_u32 in_call;	 /* a record of the call it was in follows */
	wire_u32 pad;
	char by_comm[16];
};
WIRE_ASSERT(sizeof(struct wire_off) == 80);

struct wire_fork {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 time_ns;
	wire_u32 child_pid, child_tid, child_own_pid, pad;
	wire_u64 clone_flags; /* with the exit signal in the low byte where known */
	wire_u64 files;	      /* the child's */
	wire_u64 parent_files;
};
WIRE_ASSERT(sizeof(struct wire_fork) == 64);

struct wire_exec {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 time_ns;
	wire_u32 old_tid, pad;
	wire_u64 files;
	char filename[WIRE_ROOM_PATH_SMALL];
};
WIRE_ASSERT(sizeof(struct wire_exec) == 296);

struct wire_exit {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 time_ns;
	wire_u64 cpu_ns;
	wire_u32 exit_code; /* as wait(2) encodes it */
	wire_u32 pad;
};
WIRE_ASSERT(sizeof(struct wire_exit) == 40);

struct wire_task_row {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u32 own_pid, ppid;
	wire_u64 time_ns;
	wire_u64 start_ns; /* of the call in progress, or when observation began */
	wire_u64 args[6];
	wire_u64 file[2];
	wire_u64 files;
	wire_u64 cpu_ns; /* that the thread ran so far */
	wire_s64 timeout_ns;
	wire_u32 nr, pad;
	char comm[16];
};
WIRE_ASSERT(sizeof(struct wire_task_row) == 152);

struct wire_fd_row {
	struct wire_header header;
	wire_u32 pid, tid;
	wire_u64 time_ns;
	wire_u64 files;
	wire_u64 file;
	wire_u64 private_data; /* the eventpoll of an epoll file */
	wire_u64 inode;
	wire_s32 fd;
	wire_u32 open_flags;
	wire_u32 mode; /* of the inode */
	wire_u32 pad;
	char name[32];		   /* of the directory entry: "[eventpoll]" */
	struct wire_socket socket; /* where mode says S_IFSOCK */
};
WIRE_ASSERT(sizeof(struct wire_fd_row) == 280);

/* A listening socket. */
struct wire_queue_row {
	struct wire_header header;
	wire_u64 time_ns;
	wire_u64 file;
	wire_u32 queue, backlog, drops, pad;
};
WIRE_ASSERT(sizeof(struct wire_queue_row) == 40);

struct wire_watch_row {
	struct wire_header header;
	wire_u32 pid, tid; /* whose descriptor led here */
	wire_u64 time_ns;
	wire_u64 ep;
	wire_u64 target_file;
	wire_u64 data;
	wire_s32 fd; /* the number it was registered under */
	wire_u32 events;
};
WIRE_ASSERT(sizeof(struct wire_watch_row) == 56);

enum wire_loss {
	LOSS_CALL,
	LOSS_IO,
	LOSS_LIFECYCLE,
	LOSS_SCHED,
	LOSS_CLASSES,
};

/* Per CPU and class. first_ns is that of the first loss since the user side last raised `loss_epoch`. */
struct wire_loss_count {
	wire_u64 count;
	wire_u64 first_ns;
	wire_u64 last_ns;
	wire_u64 epoch;
};

/* Things seen and not recorded, per CPU. */
enum wire_skip {
	SKIP_FOREIGN_ABI, /* 32-bit and x32 calls: their numbers mean something else */
	SKIP_NO_STORAGE,  /* a thread that could not be marked: the table of threads is full */
	SKIP_NO_REQUEST,  /* an operation that could not be remembered: the table of requests is full */
	SKIP_SWITCH,	  /* a time off the CPU whose end the kernel did not report */
	SKIP_KINDS,
};

#endif
