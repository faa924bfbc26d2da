// SPDX-License-Identifier: Apache-2.0
// io_uring instances, the operations in flight in each, and what became of the others.
//
// An operation is in flight from its `sqe` to its last `cqe`. For each ring and kind of operation
//   submitted + found == completed + silent + given_up + in_flight
// holds at any time, whatever the trace says. Memory is bounded by what is in flight, and that by
// kMaxInFlight.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "trace-model/duration_histogram.h"
#include "trace-model/events.h"
#include "trace-model/flat_map.h"

namespace loopscope::trace_model {

inline constexpr size_t kMaxInFlight = 1 << 17;
inline constexpr size_t kMaxRings = 4096;
inline constexpr size_t kMaxRingEvidence = 100;  // ids of records kept for one finding

// What remains of an `sqe` until it is completed.
struct Operation {
  RecordId id = 0;
  Ns t = 0;
  uint64_t user_data = 0;
  FileId ring = 0, file = 0;
  uint64_t incarnation = 0;  // Ring::incarnation
  Pid pid = 0, tid = 0;
  int fd = -1;  // the slot when `fixed`
  uint32_t flags = 0, poll = 0;
  std::optional<uint32_t> direct;
  uint8_t op = 0;
  bool fixed = false, multishot = false;
  bool found = false;       // by a reading of the state: when it was submitted is not known
  bool answered = false;    // a completion came, and more may
  bool settled = false;     // taken to have succeeded without a completion
  bool registered = false;  // it watches a listener, as a Registration says
  bool punted = false;
  std::unique_ptr<Sqe> whole;  // of operations that change the state when they complete
};

// What is known of all operations of one kind in one ring.
struct OperationCounts {
  uint64_t submitted = 0, found = 0;
  uint64_t completed = 0;  // came to their end
  uint64_t silent = 0;     // IOSQE_CQE_SKIP_SUCCESS, and no completion came: succeeded, or still in flight
  uint64_t given_up = 0;   // too many were in flight to follow it
  uint64_t in_flight = 0;
  uint64_t results = 0;    // completions but notifications: a multishot operation has many
  uint64_t failed = 0;     // of these
  uint64_t cancelled = 0;  // of those that failed: ECANCELED
  uint64_t unmatched = 0;  // of the results: of operations that were not seen taken
  uint64_t punted = 0;     // to io-wq
  uint64_t ended = 0;      // multishot operations that came to their end
  uint64_t without_call =
      0;  // completions posted while no thread was in io_uring_enter: seen without a call, if at all
  FlatMap<uint64_t> errors;   // number → how often
  DurationHistogram latency;  // submitted to the first completion
  DurationHistogram to_armed, to_woken, to_cqe, to_return;
};

// A multishot operation that waited for connections, or ran out of buffers, and came to its end.
struct EndedMultishot {
  RecordId sqe = 0, cqe = 0;
  Ns t = 0;
  Pid tid = 0;
  uint8_t op = 0;
  bool fixed = false;
  int fd = -1;
  FileId file = 0;
  int error = 0;
  std::optional<Ns> again_t;  // when one like it was submitted
};

// A completion since which io_uring_enter has not returned.
struct Unreturned {
  Ns t = 0;
  uint8_t op = 0;
};

struct ReadyListener {
  FileId file = 0;
  int fd = -1;  // -1: a slot
  bool operator==(const ReadyListener&) const = default;
};

struct Ring {
  FileId id = 0;
  uint64_t incarnation = 0;  // a ring that was dropped to make room and came up again is another
  Pid pid = 0;
  int fd = -1;
  uint32_t sq_entries = 0, cq_entries = 0, flags = 0;
  Pid sq_thread = 0;
  Ns since = 0;
  Origin origin = Origin::Trace;
  std::optional<Ns> closed_t;

  uint64_t enters = 0, sqes = 0, cqes = 0, overflows = 0;
  DurationHistogram batch;             // operations taken by one io_uring_enter; counts, not durations
  std::array<uint64_t, 33> batches{};  // the same: none, 1, 2 to 3, 4 to 7, …
  std::vector<RecordId> overflow_ids;  // the first
  std::optional<Ns> overflow_t;
  std::vector<EndedMultishot> ended;  // the first kMaxRingEvidence that were not submitted again
  uint64_t ended_left_out = 0;

  FlatMap<FileId> slots;                       // registered files, as far as operations named them
  std::vector<Unreturned> unreturned;          // at most kMaxUnreturned
  std::vector<ReadyListener> ready_listeners;  // a connection came through it, and no wait has returned since
  std::vector<RecordId> silent;                // submitted with IOSQE_CQE_SKIP_SUCCESS, to be settled
  bool watches = false;                        // listeners have been registered with it
  bool chained = false;                        // the operation taken last is linked to the next
  bool posted = false;                         // completions since a wait on it last returned

  [[nodiscard]] bool polled() const;  // IORING_SETUP_SQPOLL
  OperationCounts& counts(uint8_t op);
  void took(uint64_t operations);  // by one io_uring_enter
  void posted_at(Ns t, uint8_t op);
  void returned(Ns began, Ns ended_at);  // io_uring_enter
  void note_ended(const EndedMultishot& end);
  void note_again(uint8_t op, bool is_slot, int number, FileId file, Ns t);

  template <typename Visit>
  void for_each_op(Visit&& visit) const {  // visit(op, counts), in no order
    ops_.for_each(
        [&](uint64_t op, const std::unique_ptr<OperationCounts>& counts) { visit(uint8_t(op), *counts); });
  }

 private:
  static constexpr size_t kMaxUnreturned = 4096;
  FlatMap<std::unique_ptr<OperationCounts>> ops_;
};

class Rings {
 public:
  [[nodiscard]] Ring* find(FileId id) {
    auto* found = rings_.find(id);
    return found ? found->get() : nullptr;
  }
  [[nodiscard]] const Ring* find(FileId id) const { return const_cast<Rings*>(this)->find(id); }
  // Made when new, in the place of another when there are too many: `forget(Ring&)` is called for that one.
  template <typename Forget>
  Ring& get(FileId id, Ns t, Forget&& forget);

  [[nodiscard]] Operation* operation(RecordId id) { return id ? operations_.find(id) : nullptr; }
  [[nodiscard]] const Operation* operation(RecordId id) const {
    return const_cast<Rings*>(this)->operation(id);
  }
  // Counts it as in flight. Pointers to operations last until the next start or finish.
  Operation& start(Operation operation);
  void finish(RecordId id);    // no longer in flight; the caller counts why
  void settle(Operation& op);  // in flight no longer, as far as is known; it is kept for a while

  template <typename Visit>
  void for_each(Visit&& visit) const {  // in no order
    rings_.for_each([&](uint64_t, const std::unique_ptr<Ring>& ring) { visit(*ring); });
  }
  template <typename Visit>
  void for_each_operation(Visit&& visit) const {  // in flight, in no order
    operations_.for_each([&](uint64_t, const Operation& op) {
      if (!op.settled) visit(op);
    });
  }
  [[nodiscard]] uint64_t left_out() const { return left_out_; }  // rings dropped to bound memory

  // ACCEPTs in flight on sockets that are not known to listen, the last kMaxEarly of them.
  std::vector<RecordId> early_accepts;
  void add_early(RecordId id);

  Call scratch;  // what an operation did, as a call

 private:
  static constexpr size_t kMaxEarly = 1024, kMaxSettled = 1024;

  [[nodiscard]] Ring* ring_of(const Operation& op);
  [[nodiscard]] std::vector<FileId> least_wanted() const;
  void make_room();
  void give_up(const Operation& op);

  FlatMap<std::unique_ptr<Ring>> rings_;
  FlatMap<Operation> operations_;
  std::vector<RecordId> settled_;  // a ring of kMaxSettled
  size_t settled_next_ = 0;
  uint64_t left_out_ = 0, made_ = 0;
};

template <typename Forget>
Ring& Rings::get(FileId id, Ns t, Forget&& forget) {
  if (Ring* known = find(id)) return *known;
  if (rings_.size() >= kMaxRings)
    for (const FileId dropped : least_wanted()) {
      forget(*find(dropped));
      rings_.erase(dropped);
      ++left_out_;
    }
  auto& slot = rings_[id];
  slot = std::make_unique<Ring>();
  slot->id = id;
  slot->incarnation = ++made_;
  slot->since = t;
  return *slot;
}

// Nanoseconds from one time to another, 0 where the first is later: a trace may say anything.
[[nodiscard]] Ns elapsed(Ns from, Ns to);

}  // namespace loopscope::trace_model
