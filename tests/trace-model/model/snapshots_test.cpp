// SPDX-License-Identifier: Apache-2.0
#include "trace_maker.h"

namespace loopscope::trace_model {
namespace {

TraceMaker running_server() {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.fd(5, 1, "epoll");
  trace.listener_row(6, 2);
  trace.watch_row(5, 1, 6, 2, 0x6);
  return trace;
}

TEST(Snapshots, AListenerThatWasThereBefore) {
  TraceMaker trace = running_server();
  trace.snapshot_end(0, {kServer});
  const Holder* holder = trace.holder(kServer, 6);
  ASSERT_NE(holder, nullptr);
  EXPECT_EQ(holder->origin, ListenerOrigin::Snapshot);
  ASSERT_EQ(holder->registrations.size(), 1u);
  EXPECT_EQ(holder->registrations[0].origin, Origin::Snapshot);
  EXPECT_EQ(holder->registrations[0].epfd, 5);
  EXPECT_EQ(holder->registrations[0].data, 6u);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 6}}).ready[0].file, 2u);
  EXPECT_EQ(trace.holder(kServer, 6)->wakeups, 1u);
}

TEST(Snapshots, RowsMayComeInAnyOrder) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.watch_row(5, 1, 6, 2, 0x6);
  trace.listener_row(6, 2);
  EXPECT_TRUE(trace.holder(kServer, 6)->registrations.empty());  // who holds the instance is not known yet
  trace.fd(5, 1, "epoll");
  trace.snapshot_end(0, {kServer});
  ASSERT_EQ(trace.holder(kServer, 6)->registrations.size(), 1u);
  EXPECT_EQ(trace.holder(kServer, 6)->registrations[0].epfd, 5);
}

TEST(Snapshots, CallsInProgressComeBeforeWhatTheyWaitOn) {
  TraceMaker trace;
  trace.process(kServer, 1);
  Pending pending;
  pending.id = ++trace.id;
  pending.seen = trace.now;
  pending.pid = pending.tid = kServer;
  pending.spec = find_call("poll");
  pending.poll_fds = {{6, 1, 2}};
  pending.start_known = false;
  pending.origin = Origin::Snapshot;
  trace.apply(pending);
  trace.listener_row(6, 2);
  trace.snapshot_end(0, {kServer});
  const Holder* holder = trace.holder(kServer, 6);
  ASSERT_EQ(holder->registrations.size(), 1u);
  EXPECT_EQ(holder->registrations[0].how, WatchedBy::Poll);
  EXPECT_EQ(holder->registrations[0].origin, Origin::Snapshot);
  EXPECT_EQ(holder->registrations[0].events, 1u);
}

TEST(Snapshots, WhatNothingConfirmedIsGone) {
  TraceMaker trace = running_server();
  trace.socket(7, 3);
  const Ns since = trace.now + 1;
  trace.fd(5, 1, "epoll", Origin::Resync);
  trace.listener_row(6, 2, "0.0.0.0:8079", Origin::Resync);
  trace.snapshot_end(since, {kServer}, Origin::Resync);
  EXPECT_EQ(trace.file_at(kServer, 6), 2u);
  EXPECT_EQ(trace.file_at(kServer, 7), 0u);
  EXPECT_EQ(trace.interest_size(1), 0u);  // no watch row
  EXPECT_TRUE(trace.holder(kServer, 6)->registrations[0].removed_t.has_value());
}

TEST(Snapshots, NewerCallsOutliveTheReading) {
  TraceMaker trace = running_server();
  const Ns since = trace.now + 1;
  trace.fd(5, 1, "epoll");
  trace.listener_row(6, 2);
  trace.watch_row(5, 1, 6, 2, 0x6);
  trace.socket(7, 3);  // opened after its number was read
  trace.epoll_ctl(5, kCtlAdd, 7, kEpollIn, 0x7);
  trace.close(6, 2);  // closed after it was read
  trace.snapshot_end(since, {kServer});
  EXPECT_EQ(trace.file_at(kServer, 7), 3u);
  EXPECT_EQ(trace.file_at(kServer, 6), 0u);
  EXPECT_EQ(trace.interest_size(1), 1u);
}

TEST(Snapshots, AnIncompleteReadingEndsNothing) {
  TraceMaker trace = running_server();
  trace.socket(7, 3);
  SnapshotEnd end;
  end.t = end.since = trace.now += 10'000'000;
  end.pids = {kServer};
  end.incomplete = "permission denied";
  trace.apply(end);
  EXPECT_EQ(trace.file_at(kServer, 7), 3u);
  EXPECT_EQ(trace.interest_size(1), 1u);
}

TEST(Snapshots, AfterALossJoinsAreUncertainUntilTheResync) {
  TraceMaker trace = running_server();
  trace.snapshot_end(0, {kServer});
  EXPECT_FALSE(trace.wait(5, {{kEpollIn, 6}}).uncertain);
  for (const LossClass harmless : {LossClass::Io, LossClass::Sched}) {
    trace.lost(harmless);
    EXPECT_FALSE(trace.wait(5, {{kEpollIn, 6}}).uncertain);
  }
  trace.lost(LossClass::Call);
  EXPECT_TRUE(trace.wait(5, {{kEpollIn, 6}}).uncertain);
  const Ns since = trace.now + 1;
  trace.fd(5, 1, "epoll", Origin::Resync);
  trace.listener_row(6, 2, "0.0.0.0:8079", Origin::Resync);
  trace.fd(9, 4, "tcp", Origin::Resync);
  trace.watch_row(5, 1, 6, 2, 0x6);
  trace.watch_row(5, 1, 9, 4, 0x9);  // added while records were lost
  EXPECT_TRUE(trace.wait(5, {{kEpollIn, 6}}).uncertain);
  trace.snapshot_end(since, {kServer}, Origin::Resync);
  const Call wait = trace.wait(5, {{kEpollIn, 9}});
  EXPECT_FALSE(wait.uncertain);
  EXPECT_EQ(wait.ready[0].fd, 9);
  EXPECT_EQ(trace.state().lost, 51u);
  trace.lost(LossClass::Lifecycle);
  EXPECT_TRUE(trace.wait(5, {{kEpollIn, 6}}).uncertain);
}

TEST(Snapshots, ARegistrationWhoseNumberIsClosedLivesOn) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.fd(5, 1, "epoll");
  trace.listener_row(7, 2);
  WatchRow row;
  row.t = trace.now;
  row.pid = kServer;
  row.epfd = 5;
  row.file = 1;
  row.fd = 6;
  row.target = 2;
  row.events = kEpollIn;
  row.data = 6;
  row.target_closed = true;
  row.origin = Origin::Snapshot;
  trace.apply(row);
  trace.snapshot_end(0, {kServer});
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 6}}).ready[0].fd, 6);
  ASSERT_EQ(trace.holder(kServer, 7)->registrations.size(), 1u);
}

TEST(Snapshots, CallsMayComeBeforeTheProcessRow) {
  TraceMaker trace;
  trace.listening_socket(6, 2);
  trace.process(kServer, 1);
  EXPECT_EQ(trace.state().processes.find(kServer)->table->id(), 1u);
  EXPECT_EQ(trace.file_at(kServer, 6), 2u);
  EXPECT_EQ(trace.state().files.find(2)->places[0].table, 1u);
  trace.close(6, 2);
  EXPECT_TRUE(trace.state().files.find(2)->places.empty());
}

TEST(Snapshots, StateRowsBeginAnEquivalentTrace) {
  TraceMaker trace = running_server();
  trace.snapshot_end(0, {kServer});
  trace.fork(200, 2);
  trace.pid = 200;
  trace.epoll_create(8, 12);
  trace.epoll_ctl(8, kCtlAdd, 6, kEpollIn | kEpollExclusive, 0x66);
  trace.close(5, 1);

  TraceMaker later;
  for (const Event& row : trace.model.state_rows(trace.now)) later.apply(row);
  EXPECT_EQ(later.file_at(kServer, 5), 1u);
  EXPECT_EQ(later.file_at(200, 5), 0u);
  EXPECT_EQ(later.file_at(200, 6), 2u);
  later.now = trace.now;
  later.pid = 200;
  EXPECT_EQ(later.wait(8, {{kEpollIn, 0x66}}).ready[0].fd, 6);
  later.pid = kServer;
  EXPECT_EQ(later.wait(5, {{kEpollIn, 0x6}}).ready[0].fd, 6);
  const auto count = [](const Model& model) { return model.state_rows(0).size(); };
  EXPECT_EQ(count(later.model), count(trace.model));
}

}  // namespace
}  // namespace loopscope::trace_model
