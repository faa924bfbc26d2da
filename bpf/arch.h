/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Registers of a system call, and what tells a call in progress. At sys_exit the arguments are still where they were
 * at entry (x86-64: all but rax; arm64: x0 is overwritten by the result and kept in orig_x0).
 */
#ifndef LOOPSCOPE_ARCH_H
#define LOOPSCOPE_ARCH_H

#include "bpf/kernel_types.h"

#if defined(__TARGET_ARCH_x86)

#define EPOLL_EVENT_BYTES 12 /* packed on x86-64 only (include/uapi/linux/eventpoll.h) */
#define CALL_NR(regs) ((long)(regs)->orig_ax)

static __always_inline void call_args(struct pt_regs *regs, __u64 *args)
{
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

/* Entry code stores -ENOSYS as the result before the call runs (arch/x86/entry/entry_64.S). */
static __always_inline bool regs_in_call(struct pt_regs *regs)
{
	return (long)regs->ax == -38 && (long)regs->orig_ax >= 0;
}

/* TS_COMPAT: entered through the 32-bit gate. x32 numbers have bit 30 set and are out of range anyway. */
static __always_inline bool foreign_abi(struct task_struct *task)
{
	return task->thread_info.status & 2;
}

#elif defined(__TARGET_ARCH_arm64)

#define EPOLL_EVENT_BYTES 16
#define CALL_NR(regs) ((long)(regs)->syscallno)

static __always_inline void call_args(struct pt_regs *regs, __u64 *args)
{
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
}

/* NO_SYSCALL (-1) outside calls (arch/arm64/include/asm/ptrace.h). */
static __always_inline bool regs_in_call(struct pt_regs *regs)
{
	return regs->syscallno >= 0;
}

static __always_inline bool foreign_abi(struct task_struct *task)
{
	return task->thread_info.flags & (1UL << 22); /* TIF_32BIT */
}

#endif
#endif
