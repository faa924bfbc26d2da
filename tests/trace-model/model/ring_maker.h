// SPDX-License-Identifier: Apache-2.0
// Operations of rings, made the way a recorder would. Each is taken at the next millisecond; completions come
// when the test says, 1 µs after what was before.
#pragma once

#include "trace-model/uring_ops.h"
#include "trace_maker.h"

namespace loopscope::trace_model {

inline constexpr FileId kRing = 50;
inline constexpr int kRingFd = 4;

class RingMaker : public TraceMaker {
 public:
  void ring_row(uint32_t flags = 0, Origin origin = Origin::Snapshot, FileId ring = kRing,
                int number = kRingFd) {
    RingRow row;
    row.id = ++id;
    row.t = now += 1000;
    row.pid = row.tid = pid;
    row.ring = ring;
    row.fd = number;
    row.sq_entries = 256;
    row.cq_entries = 512;
    row.flags = flags;
    row.origin = origin;
    apply(row);
  }
  // A process with a ring.
  void with_ring(uint32_t flags = 0) {
    process(pid, 1);
    fd(kRingFd, kRing, "io_uring");
    ring_row(flags);
  }

  Sqe entry(uint8_t op, int number = -1, FileId file = 0,
            std::vector<std::pair<std::string_view, int64_t>> args = {}) {
    Sqe made;
    made.id = ++id;
    made.t = now += 1'000'000;
    made.pid = pid;
    made.tid = tid ? tid : pid;
    made.ring = kRing;
    made.op = op;
    made.fd = number;
    made.file_id = file;
    made.user_data = made.id;
    made.spec = call_of_op(op);
    if (const int index = descriptor_argument(op); index >= 0 && number >= 0) {
      made.set(index, number);
      made.files[size_t(index)] = file;
    }
    for (const auto& [arg, value] : args) {
      const int index = arg_index(*made.spec, arg);
      EXPECT_GE(index, 0) << made.name() << " has no " << arg;
      made.set(index, value);
    }
    return made;
  }
  RecordId take(const Sqe& made) {
    apply(Event(made));
    return made.id;
  }
  RecordId take(uint8_t op, int number = -1, FileId file = 0,
                std::vector<std::pair<std::string_view, int64_t>> args = {}) {
    return take(entry(op, number, file, std::move(args)));
  }

  Cqe completion(RecordId sqe, int64_t res, uint32_t flags = 0) {
    Cqe made;
    made.id = ++id;
    made.sqe = sqe;
    made.t = now += 1000;
    made.pid = made.tid = pid;
    made.ring = kRing;
    made.res = res;
    made.flags = flags;
    return made;
  }
  void complete(RecordId sqe, int64_t res, uint32_t flags = 0) { apply(Event(completion(sqe, res, flags))); }
  // A completion that made a socket.
  void connection(RecordId sqe, int number, FileId file, uint32_t flags = 0) {
    Cqe made = completion(sqe, number, flags);
    made.file = file;
    made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8080", "127.0.0.1:50000", 128, 0, 0};
    apply(Event(made));
  }
  Cqe joined(Cqe made) {
    model.join(made);
    apply(Event(made));
    return made;
  }

  // io_uring_enter that began when the last record came, and took so many.
  Call enter(int64_t submitted, int64_t min_complete = 0, int64_t flags = 1) {
    Call made =
        call("io_uring_enter",
             {{"fd", kRingFd}, {"to_submit", submitted}, {"min_complete", min_complete}, {"flags", flags}},
             submitted);
    made.files[0] = kRing;
    return made;
  }
  // The same, from `began` to now.
  void entered(Ns began, int64_t submitted, int64_t min_complete = 1, int64_t flags = 1) {
    Call made = enter(submitted, min_complete, flags);
    made.t = began;
    made.dur = now - began;
    apply(made);
  }

  RecordId accept_multishot(int number, FileId file) {
    Sqe made = entry(uring::kAccept, number, file, {{"flags", kNonblockFlag}});
    made.multishot = true;
    return take(made);
  }
  // socket, bind and listen through the ring.
  void listening_through_ring(int number, FileId file, std::string address = "127.0.0.1:8080") {
    Cqe made = completion(take(uring::kSocket, -1, 0, {{"domain", 2}, {"type", 1}, {"protocol", 0}}), number);
    made.file = file;
    made.socket = SocketInfo{"tcp", "unconnected", "", "", "", {}, {}, 41000 + file};
    apply(Event(made));
    Sqe bind = entry(uring::kBind, number, file, {{"addr", 0}});
    bind.text = address;
    made = completion(take(bind), 0);
    made.socket = SocketInfo{"tcp", "", "", std::move(address), "", {}, {}, 0};
    apply(Event(made));
    complete(take(uring::kListen, number, file, {{"backlog", 128}}), 0);
  }

  [[nodiscard]] const Ring& ring() const { return *state().rings.find(kRing); }
  [[nodiscard]] const OperationCounts& counts(uint8_t op, FileId which = kRing) const {
    return const_cast<Rings&>(state().rings).find(which)->counts(op);
  }
  [[nodiscard]] FileId slot(uint32_t number) const {
    const FileId* file = ring().slots.find(number);
    return file ? *file : 0;
  }
};

}  // namespace loopscope::trace_model
