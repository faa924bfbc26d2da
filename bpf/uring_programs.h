// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the programs on the tracepoints of io_uring share. They are raw_tp programs, because the arguments of these
 * tracepoints differ from kernel to kernel (see uring.h); what a request is, and whose, is told by the ring, not by the
 * thread that happens to run.
 */
#ifndef LOOPSCOPE_BPF_URING_PROGRAMS_H
#define LOOPSCOPE_BPF_URING_PROGRAMS_H

#include "bpf/arch.h"
#include "bpf/uring.h"

static __always_inline struct ring_state *ring_of(__u64 ctx)
{
	return bpf_map_lookup_elem(&rings, &ctx);
}

static __always_inline __u32 loss_class_of(__u32 opcode)
{
	return opcode < 64 && table_ops >> opcode & 1 ? LOSS_CALL : LOSS_IO;
}

static __always_inline bool wanted(__u32 opcode)
{
	return opcode >= 64 || wanted_ops >> opcode & 1;
}

static __always_inline bool makes_file(__u32 opcode)
{
	return opcode == OP_ACCEPT || opcode == OP_SOCKET || opcode == OP_OPENAT || opcode == OP_OPENAT2 ||
	       opcode == OP_FIXED_FD_INSTALL;
}

/* Whose doing it is: this thread's where it is one of the targets', else that is not known (a kworker). */
static __always_inline void name_current(__u32 *pid, __u32 *tid)
{
	struct thread_state *state = state_of(bpf_get_current_task_btf());

	*pid = state ? state->pid : 0;
	*tid = state ? state->tid : 0;
}

/*
 * Argument `index` of a tracepoint. Left alone, clang makes one load of two at a place it computes first, and the verifier
 * lets nobody compute with the context pointer; and a program that loads more than the tracepoint has is not attached.
 */
#define ARGUMENT(args, index)                                                                                \
	({                                                                                                   \
		__u64 argument;                                                                              \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(argument) : "r"(args), "i"((index) * 8));       \
		argument;                                                                                    \
	})

static __always_inline struct io_kiocb *request_in(struct bpf_raw_tracepoint_args *args)
{
	if (request_comes_first())
		return (struct io_kiocb *)ARGUMENT(args, 0);
	return (struct io_kiocb *)ARGUMENT(args, 1);
}

#endif
