// SPDX-License-Identifier: Apache-2.0
#include "uring.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kFirstName = 0x100, kNeverSleeps = 10 * 60 * 1000 };

unsigned ring_polls_for_ms = kNeverSleeps;

void kernel_lacks(const char* what, const char* since) {
  say("{'state':'skip','what':'%s','since':'%s'}", what, since);
  _exit(0);
}

void* ring_share(size_t bytes) {
  void* const memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must_be(memory != MAP_FAILED);
  return memory;
}

// ---- making one ----

static const struct {
  unsigned flag;
  const char *name, *since;
} kNewFlags[] = {{kSetupNoSqarray, "IORING_SETUP_NO_SQARRAY", "6.6"},
                 {kSetupRegisteredFdOnly, "IORING_SETUP_REGISTERED_FD_ONLY", "6.5"},
                 {IORING_SETUP_DEFER_TASKRUN, "IORING_SETUP_DEFER_TASKRUN", "6.1"}};

static int set_up(unsigned entries, struct io_uring_params* params) {
  const int fd = (int)syscall(SYS_io_uring_setup, entries, params);
  for (size_t i = 0; fd < 0 && errno == EINVAL && i < sizeof kNewFlags / sizeof kNewFlags[0]; ++i)
    if (params->flags & kNewFlags[i].flag) kernel_lacks(kNewFlags[i].name, kNewFlags[i].since);
  return (int)must(fd);
}

static unsigned* at(void* memory, unsigned offset) {
  return (unsigned*)((char*)memory + offset);
}

// IORING_SETUP_NO_MMAP: the queues are in memory of ours, a page each for as few entries as we use.
static void point_into(struct io_uring* io, void* queues, void* entries, const struct io_uring_params* p) {
  io->sq.khead = at(queues, p->sq_off.head);
  io->sq.ktail = at(queues, p->sq_off.tail);
  io->sq.kflags = at(queues, p->sq_off.flags);
  io->sq.array = at(queues, p->sq_off.array);
  io->sq.ring_mask = p->sq_entries - 1;
  io->sq.ring_entries = p->sq_entries;
  io->sq.sqes = entries;
  io->cq.khead = at(queues, p->cq_off.head);
  io->cq.ktail = at(queues, p->cq_off.tail);
  io->cq.ring_mask = p->cq_entries - 1;
  io->cq.ring_entries = p->cq_entries;
  io->cq.cqes = (struct io_uring_cqe*)at(queues, p->cq_off.cqes);
  io->flags = p->flags;
}

static void open_registered_only(struct ring* ring, unsigned entries, struct io_uring_params* params) {
  void *const queues = ring_share(4096), *const slots = ring_share(4096);
  // The last member of each of these structures is the address (user_addr, 6.5).
  params->cq_off.resv2 = (uintptr_t)queues;
  params->sq_off.resv2 = (uintptr_t)slots;
  ring->enter_fd = set_up(entries, params);
  ring->enter_flags = IORING_ENTER_REGISTERED_RING;
  ring->fd = -1;
  point_into(&ring->io, queues, slots, params);
}

static bool poller_sleeps(const struct ring* ring) {
  return __atomic_load_n(ring->io.sq.kflags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP;
}

static void await_poller(const struct ring* ring, bool asleep) {
  while (poller_sleeps(ring) != asleep) sched_yield();
}

// However long it shall poll, it begins by going to sleep.
static void wake_poller(struct ring* ring) {
  await_poller(ring, true);
  must(ring_enter(ring, 0, 0, IORING_ENTER_SQ_WAKEUP));
  await_poller(ring, false);
  ring->enters = 0;
}

struct ring* ring_open(unsigned entries, unsigned cq_entries, unsigned flags) {
  struct ring* const ring = ring_share(sizeof *ring);
  struct io_uring_params params = {.flags = flags, .sq_thread_idle = ring_polls_for_ms};
  if (cq_entries) {
    params.flags |= IORING_SETUP_CQSIZE;
    params.cq_entries = cq_entries;
  }
  if (flags & kSetupRegisteredFdOnly) {
    params.flags |= kSetupNoMmap;
    open_registered_only(ring, entries, &params);
  } else {
    ring->fd = ring->enter_fd = set_up(entries, &params);
    must(io_uring_queue_mmap(ring->fd, &params, &ring->io));
  }
  // There is no such array then, and the library would write into the queues.
  if (flags & kSetupNoSqarray) ring->io.sq.array = ring_share(4096);
  if (flags & IORING_SETUP_SQPOLL && ring_polls_for_ms == kNeverSleeps) wake_poller(ring);
  return ring;
}

void ring_close(struct ring* ring) {
  io_uring_queue_exit(&ring->io);
}

void ring_register(struct ring* ring) {
  must_be(io_uring_register_ring_fd(&ring->io) == 1);
  ring->enter_fd = ring->io.enter_ring_fd;
  ring->enter_flags = IORING_ENTER_REGISTERED_RING;
}

void ring_needs(struct ring* ring, int op, const char* name, const char* since) {
  struct io_uring_probe* const probe = io_uring_get_probe_ring(&ring->io);
  must_be(probe != NULL);
  if (op > probe->last_op || !(probe->ops[op].flags & IO_URING_OP_SUPPORTED)) kernel_lacks(name, since);
  io_uring_free_probe(probe);
}

// ---- submitting ----

struct io_uring_sqe* ring_next(struct ring* ring) {
  struct io_uring_sqe* const entry = io_uring_get_sqe(&ring->io);
  must_be(entry != NULL && ring->ops < kMostOps);
  memset(entry, 0, ring->io.flags & IORING_SETUP_SQE128 ? 2 * sizeof *entry : sizeof *entry);
  entry->user_data = (uint64_t)(kFirstName + ring->ops);
  ring->op[ring->ops++] = (struct journal_op){0};
  return entry;
}

void ring_also(struct ring* ring, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char* const also = ring->op[ring->ops - 1].also;
  must_be(vsnprintf(also, sizeof ring->op[0].also, format, arguments) < (int)sizeof ring->op[0].also);
  va_end(arguments);
}

static struct io_uring_sqe* entry_at(struct ring* ring, unsigned position) {
  const unsigned index = position & ring->io.sq.ring_mask;
  return &ring->io.sq.sqes[ring->io.flags & IORING_SETUP_SQE128 ? 2 * index : index];
}

// The first `count` of those prepared are submitted now, by this thread.
static void write_down(struct ring* ring, unsigned first, int count) {
  for (int i = 0; i < count; ++i) {
    struct journal_op* const op = &ring->op[ring->submitted++];
    op->entry = *entry_at(ring, first + (unsigned)i);
    op->pid = getpid();
    op->tid = thread_id();
  }
}

int ring_enter(struct ring* ring, unsigned to_submit, unsigned wait, unsigned flags) {
  ++ring->enters;
  return (int)syscall(SYS_io_uring_enter, ring->enter_fd, to_submit, wait, flags | ring->enter_flags, NULL,
                      0);
}

static unsigned publish(struct ring* ring) {
  struct io_uring_sq* const sq = &ring->io.sq;
  const unsigned count = sq->sqe_tail - sq->sqe_head;
  for (; sq->sqe_head != sq->sqe_tail; ++sq->sqe_head)
    sq->array[sq->sqe_head & sq->ring_mask] = sq->sqe_head & sq->ring_mask;
  __atomic_store_n(sq->ktail, sq->sqe_tail, __ATOMIC_RELEASE);
  return count;
}

void ring_submit(struct ring* ring, unsigned wait) {
  const unsigned first = ring->io.sq.sqe_head, count = ring->io.sq.sqe_tail - first;
  const bool polled = ring->io.flags & IORING_SETUP_SQPOLL, sleeps = ring_polls_for_ms != kNeverSleeps;
  if (polled && sleeps) await_poller(ring, true);
  write_down(ring, first, (int)count);
  publish(ring);
  if (polled && sleeps) must(ring_enter(ring, count, 0, IORING_ENTER_SQ_WAKEUP));
  if (polled) return;
  must_be(ring_enter(ring, count, wait, wait ? IORING_ENTER_GETEVENTS : 0) == (int)count);
}

int ring_submit_some(struct ring* ring) {
  publish(ring);
  const unsigned first = *ring->io.sq.khead;
  const int taken = (int)must(ring_enter(ring, *ring->io.sq.ktail - first, 0, 0));
  write_down(ring, first, taken);
  return taken;
}

// ---- reaping ----

unsigned ring_waiting(const struct ring* ring) {
  return __atomic_load_n(ring->io.cq.ktail, __ATOMIC_ACQUIRE) - *ring->io.cq.khead;
}

static int op_of(const struct ring* ring, uint64_t name) {
  int found = kNoOp;
  for (int i = 0; i < ring->submitted; ++i) {
    if (ring->op[i].done || ring->op[i].entry.user_data != name) continue;
    if (found != kNoOp) return kSeveralOps;
    found = i;
  }
  return found;
}

void ring_is(struct ring* ring, struct journal_completion* completion, int op) {
  must_be(op < ring->submitted && !ring->op[op].done);
  completion->op = op;
  ring->op[op].answered = true;
  ring->op[op].res = completion->res;
  if (!(completion->flags & IORING_CQE_F_MORE)) ring->op[op].done = true;
}

static void await_one(struct ring* ring) {
  while (ring_waiting(ring) == 0) {
    if (ring->io.flags & IORING_SETUP_SQPOLL)
      sched_yield();
    else
      must_be(ring_enter(ring, 0, 1, IORING_ENTER_GETEVENTS) == 0);
  }
}

struct journal_completion* ring_reap(struct ring* ring) {
  await_one(ring);
  struct io_uring_cq* const cq = &ring->io.cq;
  const unsigned index = *cq->khead & cq->ring_mask;
  const struct io_uring_cqe* const cqe = &cq->cqes[ring->io.flags & IORING_SETUP_CQE32 ? 2 * index : index];
  must_be(ring->completions < kMostCompletions);
  struct journal_completion* const completion = &ring->completion[ring->completions++];
  *completion = (struct journal_completion){op_of(ring, cqe->user_data), cqe->res, cqe->flags, false};
  if (completion->op >= 0) ring_is(ring, completion, completion->op);
  __atomic_store_n(cq->khead, *cq->khead + 1, __ATOMIC_RELEASE);
  return completion;
}

struct journal_completion* ring_expect(struct ring* ring, int op, int res) {
  struct journal_completion* const completion = ring_reap(ring);
  if (completion->op != op || completion->res != res)
    fprintf(stderr, "operation %d gave %d, expected operation %d with %d\n", completion->op, completion->res,
            op, res);
  must_be(completion->op == op && completion->res == res);
  return completion;
}

int ring_result(struct ring* ring, int op) {
  while (!ring->op[op].answered) ring_reap(ring);
  return ring->op[op].res;
}

int ring_do(struct ring* ring) {
  const int op = ring->ops - 1;
  ring_submit(ring, 0);
  return ring_result(ring, op);
}

// ---- the journal ----

void ring_mark(struct ring* ring) {
  must_be(ring->ops == ring->submitted && ring_waiting(ring) == 0);
  ring->ops_before = ring->ops;
  ring->completions = ring->enters = 0;
}

static void say_op(const struct journal_op* op, const char* separator) {
  const struct io_uring_sqe* const e = &op->entry;
  say_add("%s{'op':%d,'fd':%d,'flags':%d,'user_data':'0x%llx','pid':%d,'tid':%d,'done':%d,'also':{%s}}",
          separator, e->opcode, e->fd, e->flags, (unsigned long long)e->user_data, op->pid, op->tid, op->done,
          op->also);
}

void ring_say(const struct ring* ring) {
  must_be(ring->ops == ring->submitted);
  say_add("{'fd':%d,'enter_fd':%d,'flags':%u,'sq_entries':%u,'cq_entries':%u,'enters':%d,'before':%d,'ops':[",
          ring->fd, ring->enter_fd, ring->io.flags, ring->io.sq.ring_entries, ring->io.cq.ring_entries,
          ring->enters, ring->ops_before);
  for (int i = 0; i < ring->ops; ++i) say_op(&ring->op[i], i ? "," : "");
  say_add("],'completions':[");
  for (int i = 0; i < ring->completions; ++i) {
    const struct journal_completion* const c = &ring->completion[i];
    must_be(c->op != kSeveralOps);
    say_add("%s[%d,%d,%u,%d]", i ? "," : "", c->op, c->res, c->flags, c->overflow);
  }
  say_add("]}");
}
