// SPDX-License-Identifier: Apache-2.0
#include "tests/trace-model/model/ring_maker.h"
#include "tests/trace-model/random_records.h"
#include "tests/trace-model/show/shown.h"

namespace loopscope::trace_model {
namespace {

struct ShowRing : testing::Test, RingMaker {
  ShowRing() {
    with_ring();
    listener_row(6, 2, "0.0.0.0:8080");
  }
  std::string show(const Event& event) { return shown(*this, event); }
  Sqe accept() {
    Sqe made = entry(uring::kAccept, 6, 2, {{"flags", kCloexecFlag}});
    made.multishot = true;
    made.user_data = 1;
    return made;
  }
};

TEST_F(ShowRing, AnAcceptIsTakenAndCompletes) {
  const Sqe sqe = accept();
  EXPECT_EQ(show(sqe), "ring 50: ACCEPT(6<tcp 0.0.0.0:8080 listen>, SOCK_CLOEXEC, multishot, user_data=0x1)");
  Cqe made = completion(sqe.id, 12, uring::kCqeMore);
  made.t = sqe.t + 1'200'000;
  made.armed = sqe.t + 1000;
  made.woken = sqe.t + 1'190'000;
  made.file = 11;
  made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8080", "127.0.0.1:51124", {}, {}, 0};
  EXPECT_EQ(
      show(made),
      "ring 50: ACCEPT(6<tcp 0.0.0.0:8080 listen>, user_data=0x1) = 12<tcp 127.0.0.1:8080->127.0.0.1:51124> "
      "more, 1.2ms after it was taken (armed after 1us, woken after 1.19ms)");
}

TEST_F(ShowRing, Failures) {
  const Sqe sqe = accept();
  (void)show(sqe);
  Cqe made = completion(sqe.id, -24);
  made.overflow = true;
  EXPECT_EQ(
      show(made),
      "ring 50: ACCEPT(6<tcp 0.0.0.0:8080 listen>, user_data=0x1) = -EMFILE, 1us after it was taken [the "
      "completion queue was full]");
  Sqe refused = entry(uring::kNop);
  refused.user_data = 2;
  refused.error = 22;
  EXPECT_EQ(show(refused), "ring 50: NOP(user_data=0x2) refused: EINVAL");
}

TEST_F(ShowRing, OperationsThatAreNoCalls) {
  Sqe timeout = entry(uring::kTimeout);
  timeout.timeout_ns = 20'000'000;
  timeout.user_data = 7;
  EXPECT_EQ(show(timeout), "ring 50: TIMEOUT(20ms, user_data=0x7)");
  EXPECT_EQ(show(completion(timeout.id, -62)),
            "ring 50: TIMEOUT(user_data=0x7) = -ETIME, 1us after it was taken");
  Sqe poll = entry(uring::kPollAdd, 6, 2);
  poll.poll = 1;
  poll.user_data = 8;
  EXPECT_EQ(show(poll), "ring 50: POLL_ADD(6<tcp 0.0.0.0:8080 listen>, POLLIN, user_data=0x8)");
  EXPECT_EQ(show(completion(poll.id, 0x41)),
            "ring 50: POLL_ADD(6<tcp 0.0.0.0:8080 listen>, user_data=0x8) = POLLIN|POLLRDNORM, 1us after it "
            "was taken");
}

TEST_F(ShowRing, InterestListsAndWaits) {
  epoll_create(5, 1);
  Sqe add = entry(uring::kEpollCtl, 5, 1, {{"op", kCtlAdd}, {"fd", 6}, {"events", 1}, {"data", 0x6}});
  add.files[2] = 2;
  add.user_data = 9;
  EXPECT_EQ(show(add),
            "ring 50: EPOLL_CTL(5<epoll>, EPOLL_CTL_ADD, 6<tcp 0.0.0.0:8080 listen>, {EPOLLIN, data=0x6}, "
            "user_data=0x9)");
  EXPECT_EQ(show(completion(add.id, 0)),
            "ring 50: EPOLL_CTL(5<epoll>, user_data=0x9) = 0, 1us after it was taken");
  Sqe wait = entry(uring::kEpollWait, 5, 1, {{"maxevents", 8}});
  wait.user_data = 10;
  EXPECT_EQ(show(wait), "ring 50: EPOLL_WAIT(5<epoll>, 8, user_data=0xa)");
  Cqe made = completion(wait.id, 1);
  made.ready = {{1, 0x6, -1, 0, {}}};
  EXPECT_EQ(show(made),
            "ring 50: EPOLL_WAIT(5<epoll>, user_data=0xa) = 1 [{EPOLLIN, data=0x6 → fd 6 (listener "
            "0.0.0.0:8080)}], "
            "1us after it was taken");
}

TEST_F(ShowRing, SlotsAndBuffers) {
  Sqe made = entry(uring::kRecv, 3, 2, {{"len", 4096}, {"flags", 0}});
  made.fixed = made.multishot = true;
  made.buf_group = 7;
  made.flags = 1 | 4 | 32;
  made.user_data = 3;
  EXPECT_EQ(show(made),
            "ring 50: RECV(slot 3<tcp 0.0.0.0:8080 listen>, 4096, multishot, buffers of group 7, "
            "IOSQE_IO_LINK, user_data=0x3)");
  Cqe done = completion(made.id, 12, uring::kCqeMore | uring::kCqeBuffer | uring::kCqeSockNonempty);
  done.buffer = 5;
  EXPECT_EQ(show(done),
            "ring 50: RECV(slot 3<tcp 0.0.0.0:8080 listen>, user_data=0x3) = 12 more in buffer 5 "
            "IORING_CQE_F_SOCK_NONEMPTY, 1us after it was taken");
  Sqe direct = accept();
  direct.direct = kDirectAlloc;
  EXPECT_TRUE(show(direct).contains("multishot, into a slot, user_data=0x1)"));
  Cqe accepted = completion(direct.id, 0, uring::kCqeMore);
  accepted.file = 12;
  accepted.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8080", "127.0.0.1:5", {}, {}, 0};
  EXPECT_TRUE(show(accepted).contains(" = slot 0<tcp 127.0.0.1:8080->127.0.0.1:5> more, ")) << show(accepted);
}

TEST_F(ShowRing, WhatWasThereBeforeAndWhatWasNotSeen) {
  Sqe found = accept();
  found.origin = Origin::Snapshot;
  found.present &= 1;  // flags are not known
  EXPECT_EQ(show(found), "ring 50: ACCEPT(6<tcp 0.0.0.0:8080 listen>, multishot, user_data=0x1) [snapshot]");
  Cqe made = completion(found.id, -125);
  made.woken = made.t - 5000;
  EXPECT_EQ(show(made),
            "ring 50: ACCEPT(6<tcp 0.0.0.0:8080 listen>, user_data=0x1) = -ECANCELED (woken 5us before)");
  Cqe lost = completion(0, 5);
  lost.op = uring::kRecv;
  lost.user_data = 4;
  EXPECT_EQ(show(lost), "ring 50: RECV(user_data=0x4) = 5 [not seen taken]");
  EXPECT_EQ(show(completion(77777, 5)), "ring 50: ?() = 5 [not seen taken]");
  Sqe inferred = entry(uring::kRead, 6, 2);
  inferred.spec = nullptr;
  inferred.fd_inferred = true;
  inferred.user_data = 6;
  EXPECT_EQ(show(inferred),
            "ring 50: READ(6<tcp 0.0.0.0:8080 listen>, user_data=0x6) [its entry could not be read]");
}

TEST_F(ShowRing, RingsAndTimes) {
  RingRow row;
  row.pid = kServer;
  row.ring = 50;
  row.fd = 4;
  row.sq_entries = 256;
  row.cq_entries = 512;
  row.flags = uring::kSetupSqpoll;
  row.sq_thread = 113;
  row.origin = Origin::Snapshot;
  EXPECT_EQ(show(row),
            "--- ring 50 is fd 4, entries 256, completions 512, submissions taken by thread 113, "
            "IORING_SETUP_SQPOLL --- [snapshot]");
  CpuRow cpu;
  cpu.pid = kServer;
  cpu.threads = {{kServer, "server", 51'200'000}, {113, "iou-sqp-100", 1'000}};
  EXPECT_EQ(show(cpu), "--- time on the CPU: 100 server 51.2ms, 113 iou-sqp-100 1us ---");
  Exit exit;
  exit.pid = kServer;
  exit.tid = 113;
  exit.cpu_ns = 2'000'000;
  EXPECT_EQ(show(exit), "+++ exited with 0 after 2ms on the CPU +++");
}

TEST_F(ShowRing, EveryOperationIsOneLine) {
  RandomRecords random(12);
  for (int op = 0; op < 256; ++op)
    for (int round = 0; round < 20; ++round) {
      Sqe sqe = random.sqe(uint8_t(op));
      Cqe cqe = random.cqe();
      if (round % 2) cqe.sqe = sqe.id, cqe.ring = sqe.ring;
      for (const Event& event : {Event(sqe), Event(cqe)}) {
        const std::string line = whole_line(analysis, event);
        EXPECT_EQ(line.find_first_of("\n\r\t\x1b\x7f"), line.size() - 1) << line;
      }
    }
}

}  // namespace
}  // namespace loopscope::trace_model
