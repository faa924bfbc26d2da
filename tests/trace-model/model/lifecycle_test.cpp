// SPDX-License-Identifier: Apache-2.0
#include "trace_maker.h"

namespace loopscope::trace_model {
namespace {

constexpr uint64_t kCloneFiles = 0x400;

TEST(Lifecycle, ForkCopiesTheTable) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 1);
  trace.fork(200, 2);
  EXPECT_EQ(trace.file_at(200, 6), 1u);
  ASSERT_NE(trace.holder(200, 6), nullptr);
  EXPECT_EQ(trace.holder(200, 6)->origin, ListenerOrigin::Inherited);
  trace.close(6, 1);
  EXPECT_EQ(trace.file_at(kServer, 6), 0u);
  EXPECT_EQ(trace.file_at(200, 6), 1u);
  trace.pid = 200;
  trace.accept(6, 7, 9);
  EXPECT_EQ(trace.holder(200, 6)->accepts, 1u);
  EXPECT_EQ(trace.file_at(kServer, 7), 0u);
}

TEST(Lifecycle, CloneFilesShares) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.fork(200, 1, kCloneFiles);
  trace.listening_socket(6, 1);
  EXPECT_EQ(trace.file_at(200, 6), 1u);
  EXPECT_NE(trace.holder(200, 6), nullptr);
  trace.pid = 200;
  trace.close(6, 1);
  EXPECT_EQ(trace.file_at(kServer, 6), 0u);
  trace.socket(7, 2);
  trace.exit(200);
  EXPECT_EQ(trace.file_at(kServer, 7), 2u);
}

TEST(Lifecycle, UnshareLeavesWithACopy) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 1);
  trace.fork(200, 1, kCloneFiles);
  Unshare record;
  record.t = trace.now;
  record.pid = record.tid = 200;
  record.fdtable = 2;
  record.from = 1;
  trace.apply(record);
  trace.close(6, 1);
  EXPECT_EQ(trace.file_at(kServer, 6), 0u);
  EXPECT_EQ(trace.file_at(200, 6), 1u);
  ASSERT_NE(trace.holder(200, 6), nullptr);
  EXPECT_FALSE(trace.holder(200, 6)->closed_t.has_value());
}

TEST(Lifecycle, AThreadWithATableOfItsOwn) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.socket(4, 1);
  Fork clone;
  clone.t = trace.now;
  clone.pid = clone.tid = clone.child = kServer;
  clone.child_tid = 101;
  clone.fdtable = 1;
  clone.flags = kCloneFiles | 0x10000;
  trace.apply(clone);
  Unshare record;
  record.t = trace.now;
  record.pid = kServer;
  record.tid = 101;
  record.fdtable = 2;
  record.from = 1;
  trace.apply(record);
  trace.close(4, 1);
  EXPECT_EQ(trace.file_at(kServer, 4), 0u);
  EXPECT_FALSE(trace.state().files.find(1)->places.empty());
  Exit gone;
  gone.t = trace.now;
  gone.pid = kServer;
  gone.tid = 101;
  trace.apply(gone);
  EXPECT_TRUE(trace.state().files.find(1)->places.empty());
  EXPECT_EQ(trace.state().tables.find(2), nullptr);
}

TEST(Lifecycle, ForkAfterEpollCreateIsOneInstance) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0x6);
  trace.fork(200, 2);
  trace.pid = 200;
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 6}}).ready[0].fd, 6);
  EXPECT_EQ(trace.holder(200, 6)->wakeups, 1u);
  EXPECT_EQ(trace.holder(kServer, 6)->wakeups, 0u);
  ASSERT_EQ(trace.holder(200, 6)->registrations.size(), 1u);
  // What the child adds, the parent's wait returns.
  trace.socket(8, 2);
  trace.epoll_ctl(5, kCtlAdd, 8, kEpollIn, 0x8);
  trace.pid = kServer;
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 8}}).ready[0].file, 2u);
  // Closing the listener in one process leaves the registration, held by the other.
  trace.close(6, 1);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 6}}).ready[0].fd, 6);
  trace.exit(200);
  EXPECT_EQ(trace.interest_size(11), 0u);
}

TEST(Lifecycle, ExclusiveWorkersEachHaveTheirRegistration) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 1);
  for (const Pid worker : {201, 202}) {
    trace.pid = kServer;
    trace.fork(worker, FdTableId(worker));
    trace.pid = worker;
    trace.epoll_create(8, FileId(worker));
    trace.epoll_ctl(8, kCtlAdd, 6, kEpollIn | kEpollExclusive, 0x6);
  }
  for (const Pid worker : {201, 202}) {
    ASSERT_EQ(trace.holder(worker, 6)->registrations.size(), 1u);
    const Registration& registration = trace.holder(worker, 6)->registrations[0];
    EXPECT_EQ(registration.instance, FileId(worker));
    EXPECT_EQ(registration.events, kEpollIn | kEpollExclusive);
    EXPECT_EQ(trace.holder(worker, 6)->origin, ListenerOrigin::Inherited);
  }
  EXPECT_TRUE(trace.holder(kServer, 6)->registrations.empty());
  trace.pid = 202;
  trace.wait(8, {{kEpollIn, 6}});
  trace.accept(6, 9, 50);
  EXPECT_EQ(trace.holder(201, 6)->accepts, 0u);
  EXPECT_EQ(trace.holder(202, 6)->accepts, 1u);
  EXPECT_EQ(trace.holder(202, 6)->wakeups, 1u);
}

TEST(Lifecycle, ExecKeepsWhatIsNotCloseOnExec) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(3, 1);
  trace.socket(4, 2, 1 | kCloexecFlag);
  trace.epoll_create(5, 11, true);
  trace.epoll_ctl(5, kCtlAdd, 3, kEpollIn, 3);
  trace.exec(1);
  const Ns since = trace.now;
  EXPECT_EQ(trace.file_at(kServer, 4), 0u);
  EXPECT_EQ(trace.state().interest.find(11), nullptr);
  trace.process(kServer, 1, Origin::Exec);
  trace.listener_row(3, 1, "127.0.0.1:8080", Origin::Exec);
  trace.snapshot_end(since, {kServer}, Origin::Exec);
  ASSERT_NE(trace.holder(kServer, 3), nullptr);
  EXPECT_EQ(trace.holder(kServer, 3)->origin, ListenerOrigin::Inherited);
  EXPECT_TRUE(trace.holder(kServer, 3)->registrations.empty());
  EXPECT_FALSE(trace.holder(kServer, 3)->closed_t.has_value());
}

TEST(Lifecycle, SocketActivationIsInherited) {
  TraceMaker trace;
  trace.exec(1);
  trace.process(kServer, 1, Origin::Exec);
  trace.listener_row(3, 1, "0.0.0.0:80", Origin::Exec);
  trace.snapshot_end(0, {kServer}, Origin::Exec);
  EXPECT_EQ(trace.holder(kServer, 3)->origin, ListenerOrigin::Inherited);
  EXPECT_FALSE(trace.state().files.find(1)->listen_t.has_value());
}

TEST(Lifecycle, ExecOfASharedTableLeavesTheOthersAlone) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.socket(4, 1, 1 | kCloexecFlag);
  trace.fork(200, 1, kCloneFiles);
  trace.pid = 200;
  trace.exec(2);
  EXPECT_EQ(trace.file_at(200, 4), 0u);
  EXPECT_EQ(trace.file_at(kServer, 4), 1u);
}

TEST(Lifecycle, ListenerPassedByScmRights) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 1);
  trace.process(300, 3);
  trace.close(6, 1);  // the sender may be done with it before the receiver reads
  trace.pid = 300;
  Call received = trace.call("recvmsg", {{"sockfd", 4}, {"flags", 0x40000000}}, 1);
  received.rights.push_back({7, 1});
  trace.apply(received);
  EXPECT_EQ(trace.file_at(300, 7), 1u);
  ASSERT_NE(trace.holder(300, 7), nullptr);
  EXPECT_EQ(trace.holder(300, 7)->origin, ListenerOrigin::Inherited);
  EXPECT_TRUE(trace.state().processes.find(300)->table->find(7)->cloexec);
  EXPECT_EQ(trace.state().files.find(1)->local, "127.0.0.1:8080");
}

TEST(Lifecycle, ExitClosesEverythingAndKeepsTheListenerForTheReport) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 1);
  trace.accept(6, 7, 2);
  trace.exit(kServer);
  EXPECT_TRUE(trace.state().files.find(1)->places.empty());
  ASSERT_NE(trace.holder(kServer, 6), nullptr);
  EXPECT_TRUE(trace.holder(kServer, 6)->closed_t.has_value());
  EXPECT_EQ(trace.holder(kServer, 6)->accepts, 1u);
}

TEST(Lifecycle, ShortLivedChildrenLeaveNoTrace) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 1);
  for (Pid child = 1000; child < 3000; ++child) {
    trace.fork(child, FdTableId(child));
    trace.exit(child);
  }
  size_t count = 0;
  trace.state().processes.for_each([&](const Process&) { ++count; });
  EXPECT_EQ(count, 1u);
  EXPECT_EQ(trace.holder(1500, 6), nullptr);
}

}  // namespace
}  // namespace loopscope::trace_model
