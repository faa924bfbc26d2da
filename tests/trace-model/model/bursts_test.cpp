// SPDX-License-Identifier: Apache-2.0
// Bursts: from the return of a wait that slept to the next, with what woke it and where the time went.
#include "tests/trace-model/model/trace_maker.h"
#include "trace-model/analysis/analysis.h"

namespace loopscope::trace_model {
namespace {

constexpr Ns kMs = 1'000'000;

struct Told : AnalysisSink {
  std::vector<Burst> bursts;
  std::vector<Link> links;
  void on_burst(const Burst& burst, const Thread&) override { bursts.push_back(burst); }
  void on_link(const Link& link) override { links.push_back(link); }
};

// A loop on epoll 5 that watches listener 6, connection 9 and eventfd 10.
class Bursts : public testing::Test, protected TraceMaker {
 protected:
  Told told;

  Bursts() {
    analysis.add(told);
    TraceHeader header;
    header.id = ++id;
    header.probes["off-CPU"] = "sched_switch, sched_waking";
    apply(header);
    process(kServer, 1);
    listener_row(6, 2);
    FdRow connection = fd_row(9, 3, "tcp");
    connection.socket.state = "established";
    apply(connection);
    fd(5, 1, "epoll");
    fd(10, 4, "eventfd");
    watch_row(5, 1, 6, 2, 6);
    watch_row(5, 1, 9, 3, 9);
    watch_row(5, 1, 10, 4, 10);
  }

  static Off slept(Ns dur, Ns woken, Ns delay, Pid by = 0) {
    Off off;
    off.dur = dur;
    off.state = 'S';
    off.woken = woken;
    off.delay = delay;
    off.by_tid = off.by_pid = by;
    return off;
  }
  // An epoll_wait from now on that lasts `dur`, all of it asleep but for its last 2 µs.
  Call sleep(Ns dur, std::vector<uint64_t> data, Ns delay = 1000, Pid by = 0, int64_t timeout = -1) {
    Call made =
        call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", timeout}}, int64_t(data.size()));
    identify(made, "epfd", 1);
    made.dur = dur;
    made.off = slept(dur - 2000, made.t + dur - 2000 - delay, delay, by);
    for (const uint64_t each : data) made.ready.push_back({kEpollIn, each, -1, 0, {}});
    apply(made);
    return made;
  }
  Call look(std::vector<uint64_t> data, int64_t timeout = 0) {
    Call made =
        call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", timeout}}, int64_t(data.size()));
    identify(made, "epfd", 1);
    for (const uint64_t each : data) made.ready.push_back({kEpollIn, each, -1, 0, {}});
    apply(made);
    return made;
  }
  Call read(int fd, FileId file, int64_t ret = 100) {
    Call made = call("read", {{"fd", fd}, {"count", 4096}}, ret);
    identify(made, "fd", file);
    return made;
  }
};

TEST_F(Bursts, FromOneSleepToTheNext) {
  const Call first = sleep(5 * kMs, {9});
  apply(read(9, 3));
  const Call second = sleep(5 * kMs, {6});
  ASSERT_EQ(told.bursts.size(), 1u);
  const Burst& burst = told.bursts[0];
  EXPECT_EQ(burst.id, first.id);
  EXPECT_EQ(burst.start, first.end());
  EXPECT_EQ(burst.end, second.t);
  EXPECT_EQ(burst.slept, Slept::Yes);
  EXPECT_EQ(burst.cause, WakeCause::Data);
  EXPECT_EQ(burst.waited, 5 * kMs);
  EXPECT_EQ(burst.woken.delay, 1000);
  EXPECT_EQ(burst.calls, 1u);
  EXPECT_EQ(burst.iterations, 1u);
  EXPECT_FALSE(burst.unfinished);
  ASSERT_EQ(burst.ready.size(), 1u);
  EXPECT_EQ(burst.ready[0].fd, 9);
  EXPECT_EQ(burst.ready[0].served, kMs);
  EXPECT_EQ(burst.running(), burst.length());
}

TEST_F(Bursts, LookingAgainDoesNotDivideThem) {
  sleep(5 * kMs, {9});
  for (int i = 0; i < 4; ++i) look({});
  look({6});
  sleep(5 * kMs, {6});
  ASSERT_EQ(told.bursts.size(), 1u);
  EXPECT_EQ(told.bursts[0].looks, 4u);
  EXPECT_EQ(told.bursts[0].found_ready, 1u);
  EXPECT_EQ(told.bursts[0].iterations, 6u);
  EXPECT_EQ(told.bursts[0].calls, 0u);
  EXPECT_EQ(told.bursts[0].ready.size(), 2u);
}

TEST_F(Bursts, AWaitThatMayBlockButDidNotIsNoSleep) {
  sleep(5 * kMs, {9});
  Call wait = call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}}, 1);
  wait.dur = 100'000;  // long, and yet the scheduler says that it never left the CPU
  wait.ready.push_back({kEpollIn, 9, -1, 0, {}});
  apply(wait);
  sleep(5 * kMs, {9});
  ASSERT_EQ(told.bursts.size(), 1u);
  EXPECT_EQ(told.bursts[0].found_ready, 1u);
}

TEST_F(Bursts, WithoutTheSchedulerALongWaitIsTakenForASleep) {
  TraceHeader header;
  header.id = ++id;
  header.probes["off-CPU"] = "off: --no-sched";
  apply(header);
  for (const Ns dur : {kTakenForSleep - 1, kTakenForSleep, kTakenForSleep}) {
    Call wait = call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}}, 1);
    wait.dur = dur;
    wait.ready.push_back({kEpollIn, 9, -1, 0, {}});
    apply(wait);
  }
  ASSERT_EQ(told.bursts.size(), 2u);
  EXPECT_EQ(told.bursts[0].slept, Slept::No);
  EXPECT_EQ(told.bursts[1].slept, Slept::Likely);
  EXPECT_FALSE(told.bursts[1].scheduled);
}

TEST_F(Bursts, TimeIsRunningRunnableOrBlocked) {
  sleep(5 * kMs, {9});
  Call blocked = call("read", {{"fd", 9}, {"count", 10}}, 10);
  identify(blocked, "fd", 3);
  blocked.dur = 7 * kMs;
  blocked.off = slept(6 * kMs, blocked.t + 5 * kMs, kMs);
  apply(blocked);
  OffRow preempted;
  preempted.id = ++id;
  preempted.pid = preempted.tid = kServer;
  preempted.t = now + 100'000;
  preempted.off.dur = 2 * kMs;
  preempted.off.state = 'R';
  now = preempted.t + preempted.off.dur;
  apply(preempted);
  sleep(5 * kMs, {9});
  ASSERT_EQ(told.bursts.size(), 1u);
  const Burst& burst = told.bursts[0];
  EXPECT_EQ(burst.blocked, 5 * kMs);
  EXPECT_EQ(burst.runnable, 3 * kMs);
  EXPECT_EQ(burst.running(), burst.length() - 8 * kMs);
  EXPECT_EQ(burst.longest_block.record, blocked.id);
  EXPECT_EQ(burst.longest_block.dur, 5 * kMs);
  EXPECT_EQ(burst.longest_runnable.record, preempted.id);
  EXPECT_EQ(burst.switches, 2u);
}

TEST_F(Bursts, TheLongestTimeOnTheCpuIsNamedByTheCallBeforeIt) {
  sleep(5 * kMs, {9});
  const Call before = read(9, 3);
  apply(before);
  now += 200 * kMs;
  sleep(5 * kMs, {9});
  ASSERT_EQ(told.bursts.size(), 1u);
  EXPECT_EQ(told.bursts[0].longest_run.record, before.id);
  EXPECT_EQ(told.bursts[0].longest_run.dur, 201 * kMs);
  EXPECT_EQ(told.bursts[0].longest_run.serving_fd, 9);
}

TEST_F(Bursts, ReadyAndNothingThereIsSpurious) {
  sleep(5 * kMs, {6});
  Call accept = call("accept4", {{"sockfd", 6}, {"flags", 0}}, -11);
  identify(accept, "sockfd", 2);
  apply(accept);
  sleep(5 * kMs, {9});
  ASSERT_EQ(told.bursts.size(), 1u);
  EXPECT_EQ(told.bursts[0].cause, WakeCause::Spurious);
}

TEST_F(Bursts, AnEventfdNamesTheThreadThatWrote) {
  Fork made;
  made.id = ++id;
  made.t = now;
  made.pid = made.child = made.tid = kServer;
  made.child_tid = 101;
  sleep(5 * kMs, {9});
  made.t = now + 1000;
  made.id = ++id;
  const RecordId root = told.bursts.empty() ? id - 1 : 0;
  apply(made);  // the loop starts a thread in its burst
  ASSERT_EQ(told.links.size(), 1u);
  EXPECT_EQ(told.links[0].how, LinkHow::Created);
  EXPECT_TRUE(told.links[0].certain);
  EXPECT_EQ(told.links[0].root, root);
  // It sleeps, and meanwhile that thread writes.
  Call wait = call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}}, 1);
  wait.dur = 20 * kMs;
  identify(wait, "epfd", 1);
  tid = 101;
  Call write = call("write", {{"fd", 10}, {"count", 8}}, 8);
  identify(write, "fd", 4);
  write.t = wait.t + 19 * kMs;
  apply(write);
  tid = 0;
  wait.off = slept(19 * kMs, write.t + 500, 100, 101);
  wait.id = ++id;
  wait.ready.push_back({kEpollIn, 10, -1, 0, {}});
  apply(wait);
  sleep(5 * kMs, {9});
  ASSERT_EQ(told.bursts.size(), 2u);
  const Burst& answer = told.bursts[1];
  EXPECT_EQ(answer.cause, WakeCause::Notification);
  ASSERT_TRUE(answer.caused_by);
  EXPECT_EQ(answer.caused_by->how, LinkHow::Eventfd);
  EXPECT_EQ(answer.caused_by->evidence, write.id);
  EXPECT_EQ(answer.caused_by->from_tid, 101);
  EXPECT_EQ(answer.root, root);
  EXPECT_EQ(answer.woken.by_call, write.id);
}

TEST_F(Bursts, AThreadKeepsItsWorkWhileItWaitsForALock) {
  sleep(5 * kMs, {9});
  const RecordId root = id;
  Fork made;
  made.id = ++id;
  made.t = now + 1000;
  made.pid = made.child = made.tid = kServer;
  made.child_tid = 101;
  apply(made);
  sleep(5 * kMs, {6});
  now += 10 * kMs;  // it falls asleep within this burst
  for (const auto& [dur, expected] : {std::pair{kLockWait, root}, {kLockWait + 100, root + 2}}) {
    OffRow row;
    row.id = ++id;
    row.pid = kServer;
    row.tid = 101;
    row.t = now - dur;
    row.off = slept(dur, now + 1, 10, kServer);
    apply(row);
    EXPECT_EQ(analysis.work_of(*analysis.model().state().processes.find_thread(101), now).root, expected)
        << dur;
  }
}

TEST_F(Bursts, AThreadThatEndsLeavesAnUnfinishedBurst) {
  sleep(5 * kMs, {9});
  analysis.finish();
  ASSERT_EQ(told.bursts.size(), 1u);
  EXPECT_TRUE(told.bursts[0].unfinished);
}

TEST_F(Bursts, AWaitInProgressEndsTheBurstBeforeIt) {
  sleep(5 * kMs, {9});
  Pending pending;
  static_cast<CallBody&>(pending) = call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}});
  pending.id = ++id;
  pending.t = now;
  pending.seen = now += 300 * kMs;
  apply(pending);
  ASSERT_EQ(told.bursts.size(), 1u);
  EXPECT_EQ(told.bursts[0].end, pending.t);
  EXPECT_FALSE(told.bursts[0].unfinished);
}

TEST_F(Bursts, FiguresAddUp) {
  for (int i = 0; i < 10; ++i) {
    sleep(5 * kMs, {9});
    apply(read(9, 3));
  }
  analysis.finish();
  const Thread* thread = analysis.model().state().processes.find_thread(kServer);
  ASSERT_EQ(thread->loops.size(), 1u);
  const LoopFigures& figures = thread->loops[0]->figures;
  EXPECT_EQ(figures.bursts, 10u);
  EXPECT_EQ(figures.causes[size_t(WakeCause::Data)], 10u);
  EXPECT_EQ(figures.delay.count(), 10u);
  EXPECT_EQ(figures.served.count(), 10u);
  EXPECT_EQ(figures.calls, 10u);
  EXPECT_EQ(figures.waited, 50 * kMs);
  EXPECT_GT(figures.load(), 0.0);
  EXPECT_LT(figures.load(), 1.0);
}

TEST(LoopLoad, WindowsWithoutSleepAreCounted) {
  LoopFigures figures;
  const auto busy = [&](Ns start, Ns end) {
    Burst burst;
    burst.slept = Slept::Yes;
    burst.start = start;
    burst.end = end;
    figures.add(burst);
  };
  busy(50 * kMs, 60 * kMs);
  busy(100 * kMs, 450 * kMs);  // fills three windows and half of a fourth
  busy(500 * kMs, 599 * kMs + kMs / 2);
  busy(700 * kMs, 701 * kMs);
  EXPECT_EQ(figures.saturated, 4 * kLoadWindow);
}

}  // namespace
}  // namespace loopscope::trace_model
