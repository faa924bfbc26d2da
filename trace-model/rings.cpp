// SPDX-License-Identifier: Apache-2.0
#include "trace-model/rings.h"

#include <algorithm>
#include <bit>

#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {

Ns elapsed(Ns from, Ns to) {
  return std::max<Ns>(Ns(uint64_t(to) - uint64_t(from)), 0);
}

bool Ring::polled() const {
  return flags & uring::kSetupSqpoll;
}

OperationCounts& Ring::counts(uint8_t op) {
  auto& counts = ops_[op];
  if (!counts) counts = std::make_unique<OperationCounts>();
  return *counts;
}

void Ring::took(uint64_t operations) {
  ++enters;
  // The polling thread takes them, not the call.
  if (polled()) return;
  batch.add(int64_t(std::min<uint64_t>(operations, INT64_MAX)));
  ++batches[size_t(std::min<int>(std::bit_width(operations), int(batches.size()) - 1))];
}

void Ring::posted_at(Ns t, uint8_t op) {
  ++cqes;
  posted = true;
  if (unreturned.size() < kMaxUnreturned)
    unreturned.push_back({t, op});
  else
    ++counts(op).without_call;
}

// A program sees a completion that is posted while it is in io_uring_enter when that returns. One posted at
// another time it may see at any moment, by a look into memory.
void Ring::returned(Ns began, Ns ended_at) {
  for (const Unreturned& completion : unreturned) {
    OperationCounts& of = counts(completion.op);
    if (completion.t < began)
      ++of.without_call;
    else
      of.to_return.add(elapsed(completion.t, ended_at));
  }
  unreturned.clear();
}

// Those that went on are the first to make room.
void Ring::note_ended(const EndedMultishot& end) {
  if (ended.size() >= kMaxRingEvidence) {
    const auto went_on =
        std::ranges::find_if(ended, [](const EndedMultishot& e) { return e.again_t.has_value(); });
    if (went_on == ended.end()) {
      ++ended_left_out;
      return;
    }
    ended.erase(went_on);
    ++ended_left_out;
  }
  ended.push_back(end);
}

void Ring::note_again(uint8_t op, bool is_slot, int number, FileId file, Ns t) {
  for (EndedMultishot& end : ended) {
    if (end.again_t || end.op != op) continue;
    const bool same_file = file && end.file == file;
    if (same_file || (end.fixed == is_slot && end.fd == number)) end.again_t = t;
  }
}

Ring* Rings::ring_of(const Operation& op) {
  Ring* ring = find(op.ring);
  return ring && ring->incarnation == op.incarnation ? ring : nullptr;
}

Operation& Rings::start(Operation operation) {
  if (const Operation* twice =
          operations_.find(operation.id)) {  // ids are never used again, but a trace may say anything
    give_up(*twice);
    operations_.erase(operation.id);
  }
  if (operations_.size() >= kMaxInFlight) make_room();
  Ring* ring = find(operation.ring);
  Operation& started = operations_[operation.id];
  started = std::move(operation);
  if (!ring) return started;
  started.incarnation = ring->incarnation;
  ++ring->counts(started.op).in_flight;
  return started;
}

void Rings::finish(RecordId id) {
  const Operation* op = operations_.find(id);
  if (!op) return;
  Ring* ring = ring_of(*op);
  if (ring && !op->settled) --ring->counts(op->op).in_flight;
  operations_.erase(id);
}

void Rings::settle(Operation& op) {
  if (Ring* ring = ring_of(op)) --ring->counts(op.op).in_flight;
  op.settled = true;
  op.whole.reset();
  const RecordId id = op.id;
  if (settled_.size() < kMaxSettled) {
    settled_.push_back(id);
    return;
  }
  const RecordId oldest = std::exchange(settled_[settled_next_], id);
  settled_next_ = (settled_next_ + 1) % kMaxSettled;
  if (const Operation* known = operations_.find(oldest); known && known->settled) operations_.erase(oldest);
}

void Rings::give_up(const Operation& op) {
  Ring* ring = op.settled ? nullptr : ring_of(op);
  if (!ring) return;
  OperationCounts& counts = ring->counts(op.op);
  --counts.in_flight;
  ++counts.given_up;
}

// The oldest quarter goes; what waits for connections goes only if that is not enough.
void Rings::make_room() {
  std::vector<RecordId> ids;
  for (const bool registered : {false, true}) {
    ids.clear();
    operations_.for_each([&](uint64_t id, const Operation& op) {
      if (op.registered == registered) ids.push_back(id);
    });
    if (ids.size() >= kMaxInFlight / 4) break;
  }
  const size_t count = std::min(ids.size(), kMaxInFlight / 4);
  std::ranges::nth_element(ids, ids.begin() + ptrdiff_t(count));
  ids.resize(count);
  for (const RecordId id : ids) {
    give_up(*operations_.find(id));
    operations_.erase(id);
  }
}

void Rings::add_early(RecordId id) {
  if (early_accepts.size() >= kMaxEarly) early_accepts.erase(early_accepts.begin());
  early_accepts.push_back(id);
}

// A quarter: those closed before those open, the oldest first.
std::vector<FileId> Rings::least_wanted() const {
  std::vector<const Ring*> all;
  for_each([&](const Ring& ring) { all.push_back(&ring); });
  const auto rank = [](const Ring* ring) { return std::pair(!ring->closed_t, ring->incarnation); };
  const size_t count = all.size() / 4;
  std::ranges::nth_element(all, all.begin() + ptrdiff_t(count), {}, rank);
  std::vector<FileId> ids;
  ids.reserve(count);
  for (size_t i = 0; i < count; ++i) ids.push_back(all[i]->id);
  return ids;
}

}  // namespace loopscope::trace_model
