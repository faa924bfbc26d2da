// SPDX-License-Identifier: Apache-2.0
// Records of rings that nobody would write: they contradict each other, name what does not exist, come twice.
// What is counted must add up all the same, and what refers to each other must agree.
#include <algorithm>
#include <random>

#include "ring_maker.h"

namespace loopscope::trace_model {
namespace {

class Nonsense {
 public:
  explicit Nonsense(uint32_t seed) : random_(seed) {}

  Event record() {
    switch (number(12)) {
      case 0:
        return ring_row();
      case 1:
      case 2:
      case 3:
        return sqe();
      case 4:
      case 5:
      case 6:
        return cqe();
      case 7:
        return fd_row();
      case 8:
        return life();
      default:
        return call();
    }
  }

 private:
  uint64_t number(uint64_t below) { return random_() % below; }
  bool seldom() { return number(16) == 0; }
  int fd() { return int(number(8)) - 1; }
  FileId file() { return FileId(number(10)); }
  FileId ring() { return FileId(40 + number(3)); }
  Pid pid() { return Pid(100 + number(3)); }
  Ns time() { return seldom() ? Ns(random_()) : now_ += Ns(number(1000)); }
  int64_t result() { return seldom() ? int64_t(random_()) : int64_t(number(12)) - 3; }

  void fill(CallBody& body) {
    body.pid = seldom() ? 0 : pid();
    body.tid = number(2) ? body.pid : pid();
    if (!body.spec) return;
    for (size_t i = 0; i < body.spec->args.size(); ++i) {
      if (seldom()) continue;
      body.set(int(i), int64_t(number(8)) - 1);
      body.files[i] = number(2) ? file() : 0;
    }
    body.text = "127.0.0.1:80";
  }

  Event ring_row() {
    RingRow row;
    row.id = ++id_;
    row.t = time();
    row.pid = row.tid = pid();
    row.ring = ring();
    row.fd = fd();
    row.flags = uint32_t(number(4));
    row.origin = Origin(number(5));
    return row;
  }
  Event sqe() {
    Sqe sqe;
    sqe.id = seldom() ? id_ : ++id_;
    sqe.t = time();
    sqe.op = uint8_t(number(64));
    if (number(2)) sqe.op = uring::kAccept;
    sqe.spec = number(8) ? call_of_op(sqe.op) : nullptr;
    fill(sqe);
    sqe.ring = ring();
    sqe.fd = fd();
    sqe.file_id = file();
    sqe.fixed = number(2);
    sqe.multishot = number(2);
    sqe.flags = uint32_t(number(128));
    if (number(2)) sqe.direct = number(2) ? kDirectAlloc : uint32_t(number(4));
    sqe.origin = seldom() ? Origin::Resync : Origin::Trace;
    return sqe;
  }
  Event cqe() {
    Cqe cqe;
    cqe.id = ++id_;
    cqe.sqe = id_ > 40 ? id_ - number(40) : number(40);
    cqe.t = time();
    cqe.pid = cqe.tid = pid();
    cqe.ring = ring();
    if (!cqe.sqe) cqe.op = uint8_t(number(256));
    cqe.res = result();
    cqe.flags = uint32_t(number(16));
    cqe.file = file();
    cqe.on = file();
    if (number(2)) cqe.socket = SocketInfo{"tcp", "", "", "127.0.0.1:80", "", 5, int64_t(number(4)), 0};
    if (number(2)) cqe.armed = time();
    if (number(2)) cqe.woken = time();
    if (seldom()) cqe.punted = time();
    cqe.overflow = seldom();
    for (uint64_t n = number(3); n > 0; --n) cqe.ready.push_back({1, number(4), -1, 0, {}});
    return cqe;
  }
  Event fd_row() {
    FdRow row;
    row.id = ++id_;
    row.t = time();
    row.pid = pid();
    row.fd = fd();
    row.file = number(3) ? file() : ring();
    constexpr std::string_view kKinds[]{"tcp", "epoll", "io_uring", "file"};
    row.socket.kind = kKinds[number(4)];
    if (number(2)) row.socket.state = "listen";
    return row;
  }
  Event life() {
    switch (number(5)) {
      case 0:
        return Exit{.id = ++id_,
                    .t = time(),
                    .pid = pid(),
                    .tid = pid(),
                    .code = 0,
                    .signal = 0,
                    .last = number(2) == 0,
                    .cpu_ns = time()};
      case 1:
        return Fork{.id = ++id_,
                    .t = time(),
                    .pid = pid(),
                    .tid = pid(),
                    .child = pid(),
                    .child_tid = pid(),
                    .nspid = 0,
                    .fdtable = file(),
                    .flags = number(2) * 0x400};
      case 2:
        return Exec{
            .id = ++id_, .t = time(), .pid = pid(), .tid = 0, .old_tid = 0, .exe = "/x", .fdtable = file()};
      case 3:
        return SnapshotEnd{.id = ++id_,
                           .t = time(),
                           .since = time(),
                           .pids = {pid()},
                           .origin = Origin::Resync,
                           .incomplete = ""};
      default:
        return Lost{
            .id = ++id_, .t = time(), .until = time(), .count = 1, .loss_class = LossClass(number(5))};
    }
  }
  Event call() {
    constexpr std::string_view kCalls[]{
        "close",   "socket",         "listen",         "epoll_ctl",         "dup",
        "accept4", "io_uring_enter", "io_uring_setup", "io_uring_register", "epoll_wait"};
    Call call;
    call.id = ++id_;
    call.spec = find_call(kCalls[number(std::size(kCalls))]);
    fill(call);
    if (call.spec->family == CallFamily::Uring) call.files[0] = number(2) ? ring() : 0;
    call.t = now_;
    call.dur = Ns(number(1000));
    call.ret = result();
    if (call.ret < 0) call.ret = -1, call.error = int(1 + number(130));
    call.ret_file = number(2) ? file() : ring();
    for (uint64_t n = number(3); n > 0; --n) call.ready.push_back({1, number(4), -1, 0, {}});
    return call;
  }

  std::mt19937_64 random_;
  RecordId id_ = 0;
  Ns now_ = 0;
};

uint64_t in_flight_of(const Model::State& state, FileId ring) {
  uint64_t count = 0;
  state.rings.for_each_operation([&](const Operation& op) { count += op.ring == ring; });
  return count;
}

void expect_sums(const Model::State& state) {
  state.rings.for_each([&](const Ring& ring) {
    uint64_t in_flight = 0, submitted = 0;
    ring.for_each_op([&](uint8_t op, const OperationCounts& counts) {
      EXPECT_EQ(counts.submitted + counts.found,
                counts.completed + counts.silent + counts.given_up + counts.in_flight)
          << "operation " << int(op);
      EXPECT_LE(counts.failed, counts.results);
      in_flight += counts.in_flight;
      submitted += counts.submitted;
    });
    EXPECT_EQ(in_flight, in_flight_of(state, ring.id));
    EXPECT_EQ(submitted, ring.sqes);
  });
}

void expect_slots_agree(Model::State& state) {
  state.rings.for_each([&](const Ring& ring) {
    ring.slots.for_each([&](uint64_t slot, FileId id) {
      const OpenFile* file = state.files.find(id);
      ASSERT_NE(file, nullptr);
      EXPECT_EQ(std::ranges::count(file->slots, SlotPlace{ring.id, uint32_t(slot)}), 1);
    });
  });
  state.files.for_each([&](const OpenFile& file) {
    for (const SlotPlace& place : file.slots) {
      const Ring* ring = state.rings.find(place.ring);
      ASSERT_NE(ring, nullptr);
      const FileId* there = ring->slots.find(place.slot);
      EXPECT_TRUE(there && *there == file.id);
    }
  });
}

// What is armed on a listener is what is in flight.
void expect_registrations_agree(const Model::State& state) {
  uint64_t armed = 0, registered = 0;
  state.listeners.for_each([&](const Listener& listener) {
    for (const Holder& holder : listener.holders)
      for (const Registration& registration : holder.registrations) {
        armed += registration.in_flight;
        EXPECT_TRUE(registration.how != WatchedBy::Uring || registration.in_flight || registration.removed_t);
      }
  });
  state.rings.for_each_operation([&](const Operation& op) { registered += op.registered; });
  EXPECT_LE(armed, registered);  // fewer where a holder was forgotten
}

TEST(RingNonsense, WhateverATraceSaysItAddsUp) {
  for (uint32_t seed = 1; seed <= 40 && !testing::Test::HasFailure(); ++seed) {
    Nonsense nonsense(seed);
    Analysis analysis;
    const Model& model = analysis.model();
    for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) {
      Event record = nonsense.record();
      analysis.apply(record);
      if (i % 50) continue;
      expect_sums(model.state());
      expect_slots_agree(const_cast<Model::State&>(model.state()));
      expect_registrations_agree(model.state());
    }
    Model later;
    for (const Event& row : model.state_rows(0)) later.apply(row);
    expect_sums(later.state());
  }
}

}  // namespace
}  // namespace loopscope::trace_model
