// SPDX-License-Identifier: Apache-2.0
// How threads wait, what ended their waits, and listeners that are watched by poll, select or a blocking
// accept.
#include "trace_maker.h"

namespace loopscope::trace_model {
namespace {

const Loop* loop_of(const TraceMaker& trace, Pid tid, WaitKind kind, FileId instance = 0) {
  const Loop* found = nullptr;
  trace.state().processes.for_each_thread([&](const Thread& thread) {
    for (const auto& loop : thread.loops)
      if (thread.tid == tid && loop->kind == kind && loop->instance == instance) found = loop.get();
  });
  return found;
}

uint64_t woken_by(const Loop* loop, WakeCause cause) {
  return loop ? loop->wakeups[size_t(cause)] : 0;
}

Call poll_call(TraceMaker& trace, std::vector<PollFd> fds, int64_t timeout, std::vector<int> ready) {
  Call made =
      trace.call("poll", {{"nfds", int64_t(fds.size())}, {"timeout", timeout}}, int64_t(ready.size()));
  made.poll_fds = std::move(fds);
  for (const int fd : ready) made.ready.push_back({kEpollIn, 0, fd, 0, {}});
  return made;
}

Pending pending_of(const Call& call) {
  Pending made;
  static_cast<CallBody&>(made) = call;
  made.id = call.id;
  made.t = 0;
  made.seen = call.t;
  made.start_known = false;
  made.origin = Origin::Snapshot;
  return made;
}

TEST(Waits, CausesByWhatTheReadyFileIs) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  trace.epoll_create(5, 11);
  trace.accept(3, 6, 2);
  Call timer = trace.call("timerfd_create", {{"clockid", 1}, {"flags", 0}}, 7);
  timer.ret_file = 3;
  trace.apply(timer);
  Call event = trace.call("eventfd2", {{"initval", 0}, {"flags", 0}}, 8);
  event.ret_file = 4;
  trace.apply(event);
  for (const int fd : {3, 6, 7, 8}) trace.epoll_ctl(5, kCtlAdd, fd, kEpollIn | kEpollOut, uint64_t(fd));

  trace.wait(5, {{kEpollIn, 3}});
  trace.wait(5, {{kEpollIn, 3}, {kEpollIn, 6}});  // the first of the ready list is what woke it
  trace.wait(5, {{kEpollIn, 6}, {kEpollIn, 3}});
  trace.wait(5, {{kEpollOut, 6}});
  trace.wait(5, {{kEpollIn | kEpollHup, 6}});
  trace.wait(5, {{kEpollIn, 7}});
  trace.wait(5, {{kEpollIn, 8}});
  trace.wait(5, {{kEpollIn, 0xdead}});
  trace.wait(5, {}, 100);
  trace.wait(5, {}, 0);
  trace.apply(trace.call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, -4));
  trace.apply(trace.call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, -514));
  trace.apply(trace.call("epoll_wait", {{"epfd", 5}, {"maxevents", 0}, {"timeout", -1}}, -22));

  const Loop* loop = loop_of(trace, kServer, WaitKind::Epoll, 11);
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop->iterations, 13u);
  EXPECT_EQ(woken_by(loop, WakeCause::NewConnection), 2u);
  EXPECT_EQ(woken_by(loop, WakeCause::Data), 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::Writable), 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::HangUp), 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::Timer), 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::Notification), 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::Unknown), 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::Timeout), 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::LookedWithoutSleeping), 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::Signal), 2u);
  EXPECT_EQ(woken_by(loop, WakeCause::Error), 1u);
  EXPECT_EQ(trace.holder(kServer, 3)->wakeups, 3u);  // every wait that returned it
  EXPECT_EQ(loop->wait.count(), 12u);                // not the one that could not sleep
}

TEST(Waits, AnIterationRunsFromReturnToTheNextEntry) {
  TraceMaker trace;
  trace.epoll_create(5, 11);
  trace.wait(5, {}, 10);
  const Ns returned = trace.now;
  trace.socket(6, 1);
  trace.wait(5, {}, 10);
  const Loop* loop = loop_of(trace, kServer, WaitKind::Epoll, 11);
  ASSERT_EQ(loop->busy.count(), 1u);
  EXPECT_EQ(loop->busy.max(), trace.now - 1000 - returned);
  EXPECT_EQ(loop->wait.max(), 1000);
}

TEST(Waits, OneThatItsThreadDiedInDidNotReturn) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 3, kEpollIn, 3);
  trace.wait(5, {{kEpollIn, 3}});
  Call last = trace.call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, -4);
  last.killed = true;
  trace.apply(last);

  const Loop* loop = loop_of(trace, kServer, WaitKind::Epoll, 11);
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop->iterations, 1u);
  EXPECT_EQ(woken_by(loop, WakeCause::Signal), 0u);
  EXPECT_EQ(loop->wait.count(), 1u);
  EXPECT_EQ(loop->busy.count(), 1u);  // what it did before it slept again is known
}

TEST(Waits, AWaitWhoseStartWasNotSeenStaysOutOfDurations) {
  TraceMaker trace;
  trace.epoll_create(5, 11);
  Call waiting = trace.call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, 0);
  waiting.start_known = false;
  trace.apply(waiting);
  const Loop* loop = loop_of(trace, kServer, WaitKind::Epoll, 11);
  EXPECT_EQ(loop->iterations, 1u);
  EXPECT_EQ(loop->wait.count(), 0u);
}

TEST(Waits, ALossEndsTheIterationWithoutCountingIt) {
  TraceMaker trace;
  trace.epoll_create(5, 11);
  trace.wait(5, {}, 10);
  trace.lost(LossClass::Io);
  trace.wait(5, {}, 10);
  EXPECT_EQ(loop_of(trace, kServer, WaitKind::Epoll, 11)->busy.count(), 0u);
}

TEST(Waits, AsleepForTheWholeRecording) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.fd(5, 11, "epoll");
  Call waiting = trace.call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}});
  trace.apply(pending_of(waiting));
  const Loop* loop = loop_of(trace, kServer, WaitKind::Epoll, 11);
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop->iterations, 0u);
  trace.state().processes.for_each_thread([&](const Thread& thread) {
    EXPECT_NE(thread.asleep.pending, 0u);
    EXPECT_EQ(thread.asleep.call, "epoll_wait");
    EXPECT_EQ(thread.asleep_loop, loop);
  });
  trace.apply(waiting);
  trace.state().processes.for_each_thread([](const Thread& thread) { EXPECT_EQ(thread.asleep.pending, 0u); });
}

TEST(Waits, PollRegistersTheListenerOnce) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  const Ns first = trace.now + 1'000'000;
  for (int i = 0; i < 3; ++i) trace.apply(poll_call(trace, {{3, kEpollIn, 0}, {9, kEpollIn, 0}}, -1, {3}));
  const Holder* holder = trace.holder(kServer, 3);
  ASSERT_EQ(holder->registrations.size(), 1u);
  EXPECT_EQ(holder->registrations[0].how, WatchedBy::Poll);
  EXPECT_EQ(holder->registrations[0].t, first);
  EXPECT_EQ(holder->registrations[0].origin, Origin::Trace);
  EXPECT_EQ(holder->wakeups, 3u);
  EXPECT_EQ(woken_by(loop_of(trace, kServer, WaitKind::Poll), WakeCause::NewConnection), 3u);
}

TEST(Waits, PollInProgressAtTheStartIsARegistrationFromBefore) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listener_row(3, 1);
  trace.apply(pending_of(poll_call(trace, {{3, kEpollIn, 0}}, -1, {})));
  ASSERT_EQ(trace.holder(kServer, 3)->registrations.size(), 1u);
  EXPECT_EQ(trace.holder(kServer, 3)->registrations[0].origin, Origin::Snapshot);
}

TEST(Waits, SelectRegistersItsReadSet) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  Call made = trace.call("select", {{"nfds", 10}, {"timeout_ns", 1000}}, 1);
  made.fd_sets[0] = {3, 9};
  made.ready.push_back({kEpollIn, 0, 3, 0, {}});
  trace.apply(made);
  ASSERT_EQ(trace.holder(kServer, 3)->registrations.size(), 1u);
  EXPECT_EQ(trace.holder(kServer, 3)->registrations[0].how, WatchedBy::Select);
  EXPECT_EQ(loop_of(trace, kServer, WaitKind::Select)->iterations, 1u);
}

TEST(Waits, ABlockingAcceptIsAWait) {
  TraceMaker trace;
  trace.socket(3, 1);
  trace.bind(3, "127.0.0.1:8080");
  trace.listen(3);
  for (int i = 0; i < 5; ++i) trace.accept(3, 10 + i, FileId(20 + i));
  const Holder* holder = trace.holder(kServer, 3);
  ASSERT_EQ(holder->registrations.size(), 1u);
  EXPECT_EQ(holder->registrations[0].how, WatchedBy::BlockingAccept);
  EXPECT_EQ(holder->accepts, 5u);
  EXPECT_EQ(holder->wakeups, 5u);
  EXPECT_EQ(woken_by(loop_of(trace, kServer, WaitKind::Accept, 1), WakeCause::NewConnection), 5u);
}

TEST(Waits, AnAcceptThatWasTriedOrPolledForIsNone) {
  TraceMaker trace;
  trace.listening_socket(3, 1);  // non-blocking
  trace.accept(3, 10, 20);
  EXPECT_TRUE(trace.holder(kServer, 3)->registrations.empty());
  trace.apply(trace.call("fcntl", {{"fd", 3}, {"op", 4}, {"arg", 0}}));  // blocking now, but polled first
  trace.apply(poll_call(trace, {{3, kEpollIn, 0}}, -1, {3}));
  trace.accept(3, 11, 21);
  ASSERT_EQ(trace.holder(kServer, 3)->registrations.size(), 1u);
  EXPECT_EQ(trace.holder(kServer, 3)->registrations[0].how, WatchedBy::Poll);
  EXPECT_EQ(loop_of(trace, kServer, WaitKind::Accept, 1), nullptr);
}

TEST(Waits, AcceptInProgressIsABlockingAccept) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listener_row(3, 1);
  Call waiting = trace.call("accept", {{"sockfd", 3}}, 4);
  trace.apply(pending_of(waiting));
  ASSERT_EQ(trace.holder(kServer, 3)->registrations.size(), 1u);
  EXPECT_EQ(trace.holder(kServer, 3)->registrations[0].how, WatchedBy::BlockingAccept);
  EXPECT_NE(loop_of(trace, kServer, WaitKind::Accept, 1), nullptr);
}

TEST(Waits, TheLongestQueueCountsTheOneJustTaken) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  Call made = trace.call("accept4", {{"sockfd", 3}, {"flags", 0}}, 4);
  made.socket = SocketInfo{"tcp", "", "", "", "", 128, 2, 0};
  trace.apply(made);
  trace.state().listeners.for_each([](const Listener& listener) {
    EXPECT_EQ(listener.queue_max, 3);
    EXPECT_EQ(listener.backlog, 128);
  });
}

TEST(Waits, ThreadsThatShareAnInstanceEachHaveALoop) {
  TraceMaker trace;
  trace.epoll_create(5, 11);
  trace.wait(5, {}, 10);
  trace.tid = 101;
  trace.wait(5, {}, 10);
  trace.wait(5, {}, 10);
  EXPECT_EQ(loop_of(trace, kServer, WaitKind::Epoll, 11)->iterations, 1u);
  EXPECT_EQ(loop_of(trace, 101, WaitKind::Epoll, 11)->iterations, 2u);
}

TEST(Waits, UringEnterWaitsOnlyWhenAskedForEvents) {
  TraceMaker trace;
  Call submit =
      trace.call("io_uring_enter", {{"fd", 4}, {"to_submit", 8}, {"min_complete", 0}, {"flags", 0}}, 8);
  submit.files[0] = 7;
  trace.apply(submit);
  EXPECT_EQ(loop_of(trace, kServer, WaitKind::Uring, 7), nullptr);
  Call wait =
      trace.call("io_uring_enter", {{"fd", 4}, {"to_submit", 0}, {"min_complete", 1}, {"flags", 1}}, 0);
  wait.files[0] = 7;
  trace.apply(wait);
  EXPECT_EQ(woken_by(loop_of(trace, kServer, WaitKind::Uring, 7), WakeCause::Completion), 1u);
}

}  // namespace
}  // namespace loopscope::trace_model
