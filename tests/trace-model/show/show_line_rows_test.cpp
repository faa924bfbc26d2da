// SPDX-License-Identifier: Apache-2.0
#include "tests/trace-model/random_records.h"
#include "tests/trace-model/show/shown.h"

namespace loopscope::trace_model {
namespace {

struct ShowRow : testing::Test, TraceMaker {
  std::string show(const Event& event) { return shown(*this, event); }
};

TEST_F(ShowRow, Processes) {
  ProcessRow row;
  row.pid = 4711;
  row.ppid = 1;
  row.comm = "python3";
  row.cmdline = {"python3", "app.py"};
  row.nspid = 3;
  row.threads = {{4711, "python3"}, {4712, "worker"}};
  EXPECT_EQ(
      show(row),
      "--- process python3: python3 app.py, parent 1, in its own namespace 3, threads 2 --- [snapshot]");
}

TEST_F(ShowRow, Descriptors) {
  FdRow row = fd_row(6, 2, "tcp");
  row.socket.state = "listen";
  row.socket.local = "0.0.0.0:8079";
  row.socket.backlog = 128;
  row.socket.queue = 2;
  row.socket.inode = 41019;
  row.nonblock = true;
  EXPECT_EQ(
      show(row),
      "--- fd 6 is tcp 0.0.0.0:8079 listen, backlog 128, queue 2, inode 41019, nonblocking --- [snapshot]");
  row = fd_row(7, 3, "file", Origin::Exec);
  row.path = "/srv/balloons.py";
  row.cloexec = true;
  EXPECT_EQ(show(row), "--- fd 7 is /srv/balloons.py, close-on-exec --- [exec]");
}

TEST_F(ShowRow, Watches) {
  process(kServer, 1);
  listener_row(6, 2);
  WatchRow row;
  row.pid = kServer;
  row.epfd = 5;
  row.file = 1;
  row.fd = 6;
  row.target = 2;
  row.events = kEpollIn | kEpollExclusive;
  row.data = 0x6;
  EXPECT_EQ(
      show(row),
      "--- epoll 5 watches fd 6<tcp 0.0.0.0:8079 listen> {EPOLLIN|EPOLLEXCLUSIVE, data=0x6} --- [snapshot]");
  row.target_closed = true;
  EXPECT_TRUE(show(row).contains("a number that is closed"));
}

TEST_F(ShowRow, LifeOfProcesses) {
  Fork made;
  made.pid = made.tid = kServer;
  made.child = made.child_tid = 200;
  made.flags = 17;
  EXPECT_EQ(show(made), "--- new process 200: SIGCHLD ---");
  made.child = kServer;
  made.child_tid = 101;
  made.flags = 0x10f00;
  EXPECT_TRUE(show(made).starts_with("--- new thread 101: CLONE_")) << show(made);
  EXPECT_EQ(
      show(Exec{.id = 1, .t = 0, .pid = 100, .tid = 100, .old_tid = 102, .exe = "/bin/sh", .fdtable = 1}),
      "--- runs \"/bin/sh\", was thread 102 ---");
  EXPECT_EQ(
      show(
          Exit{.id = 1, .t = 0, .pid = 100, .tid = 101, .code = 3, .signal = 0, .last = false, .cpu_ns = {}}),
      "+++ exited with 3 +++");
  EXPECT_EQ(
      show(Exit{.id = 1, .t = 0, .pid = 100, .tid = 100, .code = 0, .signal = 9, .last = true, .cpu_ns = {}}),
      "+++ killed by SIGKILL +++");
}

TEST_F(ShowRow, LossAndEnd) {
  Lost record;
  record.t = 1000;
  record.until = 61'000;
  record.count = 17;
  EXPECT_EQ(show(record), "--- LOST 17 records (call) in 60us ---");
  End end;
  end.reason = "interrupted";
  end.events = 123;
  end.lost = 17;
  end.skipped = {{"32-bit calls", 12}};
  EXPECT_EQ(show(end), "+++ recording ended: interrupted; calls 123, lost 17, 32-bit calls 12 +++");
}

TEST_F(ShowRow, EveryTypeOfRecordIsOneLine) {
  RandomRecords random(11);
  for (size_t kind = 0; kind < std::variant_size_v<Event>; ++kind) {
    if (kind == Event(Call()).index() || kind == Event(Pending()).index()) continue;
    for (int round = 0; round < 200; ++round) {
      const std::string line = whole_line(analysis, random.record(kind));
      EXPECT_EQ(line.find_first_of("\n\r\t\x1b\x7f"), line.size() - 1) << line;
    }
  }
}

TEST_F(ShowRow, TimeOffTheCpu) {
  OffRow row;
  row.pid = row.tid = kServer;
  row.off.dur = 900;
  row.off.state = 'R';
  EXPECT_EQ(show(row), "--- did not run: was preempted 900ns ---");
  row.off = {
      .dur = 20'090'000, .woken = 5, .delay = 17'800, .by_pid = 4800, .by_tid = 4801, .by_comm = "curl\x1b"};
  EXPECT_EQ(show(row),
            "--- did not run: slept 20.1ms, woken while there ran curl\\x1b 4801, ran 17.8us later ---");
  row.off.context = WakeContext::Softirq;
  EXPECT_TRUE(show(row).contains("woken in a softirq over curl"));
  row.off.by_tid = 0;
  row.off.intervals = 2;
  EXPECT_TRUE(show(row).contains("slept 20.1ms in 2 parts, woken in a softirq over no thread seen here"));
}

}  // namespace
}  // namespace loopscope::trace_model
