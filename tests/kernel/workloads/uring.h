// SPDX-License-Identifier: Apache-2.0
// What the io_uring workloads share: a ring that keeps a journal of every operation it submitted and of every
// completion it reaped, so that the test can ask the trace for exactly these. The journal is made of the
// entries themselves, as they are when they are submitted; nothing of loopscope's is used.
//
// Submitting and waiting are our own, and the library only maps the queues and prepares entries: one
// ring_submit() is one io_uring_enter, whatever version of liburing this is. With SQPOLL it is none, or, when
// the thread sleeps after a millisecond (ring_polls_for_ms), one to wake it, for which its sleep is awaited.
//
// liburing 2.3 does not know operations and flags that came later; their numbers are below, from
// include/uapi/linux/io_uring.h.
#pragma once

#include <liburing.h>

#include "workload.h"

enum {
  kSetupNoMmap = 1 << 14,            // 6.5
  kSetupRegisteredFdOnly = 1 << 15,  // 6.5
  kSetupNoSqarray = 1 << 16,         // 6.6
  kOpFixedFdInstall = 54,            // 6.8
  kOpBind = 56,                      // 6.11
  kOpListen = 57,                    // 6.11
  kOpEpollWait = 59,                 // 6.15
  kMostOps = 640,
  kMostCompletions = 640,
};

struct journal_op {
  struct io_uring_sqe entry;
  pid_t pid, tid;       // who submitted it
  bool answered, done;  // a completion has been reaped; its last one has
  int res;              // of the newest
  char also[192];       // members of a JSON object: what else the trace has to say of it
};

struct journal_completion {
  int op;  // position in the journal; kNoOp: of none of this ring's
  int res;
  uint32_t flags;
  bool overflow;
};
enum { kNoOp = -1, kSeveralOps = -2 };

struct ring {
  struct io_uring io;
  int fd;        // -1: has none
  int enter_fd;  // what io_uring_enter is given: fd or a registered index
  unsigned enter_flags;
  int ops, submitted;  // prepared; of these, submitted
  int completions;
  int ops_before, enters;  // submitted before "go"; calls of io_uring_enter since
  struct journal_op op[kMostOps];
  struct journal_completion completion[kMostCompletions];
};

void* ring_share(size_t bytes);  // memory that is shared with children

// The program ends with {"state":"skip"}: this kernel is older than `since` and lacks `what`.
void kernel_lacks(const char* what, const char* since) __attribute__((noreturn));

// A ring, in memory that is shared with children. Flags the kernel does not know make the program skip.
// cq_entries 0: the kernel's choice.
struct ring* ring_open(unsigned entries, unsigned cq_entries, unsigned flags);
void ring_close(struct ring* ring);
void ring_register(struct ring* ring);  // io_uring_enter gets a registered index from now on
extern unsigned ring_polls_for_ms;  // SQPOLL: how long until the thread sleeps; default ten minutes: never
void ring_needs(struct ring* ring, int op, const char* name, const char* since);

// The next entry, empty, under a name of its own (user_data) which the caller may change.
struct io_uring_sqe* ring_next(struct ring* ring);
// What the trace has to say of that entry besides op, fd or slot, user_data and flags.
void ring_also(struct ring* ring, const char* format, ...) __attribute__((format(printf, 2, 3)));

// Submits everything prepared and waits for that many completions. All of it must be taken.
void ring_submit(struct ring* ring, unsigned wait);
int ring_submit_some(struct ring* ring);  // how many were taken
int ring_enter(struct ring* ring, unsigned to_submit, unsigned wait, unsigned flags);

// How many completions can be reaped without asking the kernel.
unsigned ring_waiting(const struct ring* ring);
// The next completion, in the journal; waits for one. With several candidates of that name `op` is
// kSeveralOps, and the caller says which it was with ring_is().
struct journal_completion* ring_reap(struct ring* ring);
void ring_is(struct ring* ring, struct journal_completion* completion, int op);
// Reaps the next one and insists on its result.
struct journal_completion* ring_expect(struct ring* ring, int op, int res);

// Submits, and reaps until the operation prepared last has a completion; its result.
int ring_do(struct ring* ring);
int ring_result(struct ring* ring, int op);  // the same for one that has been submitted

// What was submitted until now was before the recording: its completions until now are not in the journal.
void ring_mark(struct ring* ring);

// Adds the journal to the line: a JSON object.
void ring_say(const struct ring* ring);
