/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every record and row of the contract (wire_events.h) begins with, and the types all are made of. */
#ifndef LOOPSCOPE_WIRE_TYPES_H
#define LOOPSCOPE_WIRE_TYPES_H

#ifdef __cplusplus
#include <cstdint>
typedef uint8_t wire_u8;
typedef uint16_t wire_u16;
typedef uint32_t wire_u32;
typedef int32_t wire_s32;
typedef uint64_t wire_u64;
typedef int64_t wire_s64;
#define WIRE_ASSERT(condition) static_assert(condition)
#else
typedef unsigned char wire_u8;
typedef unsigned short wire_u16;
typedef unsigned int wire_u32;
typedef int wire_s32;
typedef unsigned long long wire_u64;
typedef long long wire_s64;
#define WIRE_ASSERT(condition) _Static_assert(condition, #condition)
#endif

struct wire_header {
	wire_u16 type;
	wire_u16 flags; /* WIRE_F_… */
	wire_u32 size;	/* of the whole record */
};

enum wire_flags {
	WIRE_F_START_UNKNOWN = 1, /* start_ns is when the thread came under observation */
	WIRE_F_UNREADABLE = 2,	  /* the memory behind the payload could not be read */
	WIRE_F_EXTRA = 4,	  /* extra[] is set */
	WIRE_F_CUT = 8,		  /* the payload is a prefix */
	WIRE_F_SOCKET = 16,	  /* struct wire_socket stands first in the payload */
	WIRE_F_IN_CALL = 32,	  /* wire_task_row: a call is in progress */
	WIRE_F_LEADER = 64,
	WIRE_F_NEW = 128, /* wire_task_row: came under observation by this very pass */
	WIRE_F_CLOEXEC = 256,
	WIRE_F_KTHREAD = 512,
	WIRE_F_FILES = 1024, /* files[] was resolved when the call began */
	WIRE_F_NO_SQE =
	    2048, /* wire_sqe: the entry could not be read; what is there is from struct io_kiocb */
	WIRE_F_REFUSED = 4096,	/* wire_sqe: io_uring_submit_sqe() said no; `res` is why */
	WIRE_F_OVERFLOW = 8192, /* wire_cqe: the completion queue was full */
	WIRE_F_PEEK = 32768,	/* the payload is the first bytes of what was read */
	WIRE_F_KILLED = 16384,	/* interrupted by what ends the thread: nobody sees what it returned */
};

#endif
