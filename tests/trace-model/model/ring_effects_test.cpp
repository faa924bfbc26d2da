// SPDX-License-Identifier: Apache-2.0
// What operations do is what the calls they are the form of do, at the time of their completion.
#include "ring_maker.h"

namespace loopscope::trace_model {
namespace {

const Registration& only_registration(const RingMaker& trace, int number) {
  const Holder* holder = trace.holder(kServer, number);
  EXPECT_NE(holder, nullptr);
  EXPECT_EQ(holder->registrations.size(), 1u);
  return holder->registrations.at(0);
}

TEST(RingEffects, AServerThatUsesNothingButItsRing) {
  RingMaker trace;
  trace.with_ring();
  trace.listening_through_ring(6, 2);
  const Holder* holder = trace.holder(kServer, 6);
  ASSERT_NE(holder, nullptr);
  EXPECT_EQ(holder->origin, ListenerOrigin::Uring);
  const RecordId accept = trace.accept_multishot(6, 2);
  const Ns armed = trace.now;
  trace.connection(accept, 7, 10, uring::kCqeMore);
  trace.connection(accept, 8, 11, uring::kCqeMore);
  trace.apply(trace.enter(0, 1));
  const Registration& registration = only_registration(trace, 6);
  EXPECT_EQ(registration.how, WatchedBy::Uring);
  EXPECT_EQ(registration.instance, kRing);
  EXPECT_EQ(registration.epfd, kRingFd);
  EXPECT_EQ(registration.t, armed);
  EXPECT_EQ(registration.tid, kServer);
  EXPECT_TRUE(registration.multishot);
  EXPECT_FALSE(registration.removed_t.has_value());
  holder = trace.holder(kServer, 6);
  EXPECT_EQ(holder->accepts, 2u);
  EXPECT_EQ(holder->wakeups, 1u);
  EXPECT_EQ(trace.file_at(kServer, 7), 10u);
  const OpenFile* connection = trace.state().files.find(11);
  EXPECT_EQ(connection->state, "established");
  EXPECT_EQ(connection->peer, "127.0.0.1:50000");
  EXPECT_TRUE(connection->nonblock);
  std::string address;
  trace.state().listeners.for_each([&](const Listener& listener) { address = listener.address; });
  EXPECT_EQ(address, "127.0.0.1:8080");
  EXPECT_EQ(trace.state().calls, 1u);  // io_uring_enter
}

TEST(RingEffects, AnArmedAcceptThatWasFound) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  Sqe found = trace.entry(uring::kAccept, 6, 2);
  found.multishot = true;
  found.origin = Origin::Snapshot;
  const RecordId accept = trace.take(found);
  EXPECT_EQ(only_registration(trace, 6).origin, Origin::Snapshot);
  trace.connection(accept, 7, 10, uring::kCqeMore);
  EXPECT_EQ(trace.holder(kServer, 6)->accepts, 1u);
  EXPECT_EQ(trace.file_at(kServer, 7), 10u);
}

TEST(RingEffects, AcceptsSubmittedAgainAndAgainAreOneRegistration) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  for (int i = 0; i < 3; ++i) {
    const RecordId sqe = trace.take(uring::kAccept, 6, 2, {{"flags", 0}});
    EXPECT_FALSE(only_registration(trace, 6).removed_t.has_value());
    trace.connection(sqe, 7 + i, FileId(10 + i));
    EXPECT_EQ(only_registration(trace, 6).removed_t, trace.now);
  }
  EXPECT_EQ(only_registration(trace, 6).adds, 3u);
  EXPECT_FALSE(only_registration(trace, 6).multishot);
  EXPECT_EQ(trace.holder(kServer, 6)->accepts, 3u);
}

TEST(RingEffects, SeveralAcceptsInFlight) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  const RecordId first = trace.take(uring::kAccept, 6, 2), second = trace.take(uring::kAccept, 6, 2);
  trace.connection(first, 7, 10);
  EXPECT_FALSE(only_registration(trace, 6).removed_t.has_value());
  trace.connection(second, 8, 11);
  EXPECT_TRUE(only_registration(trace, 6).removed_t.has_value());
}

TEST(RingEffects, AMultishotAcceptThatEnds) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  const RecordId sqe = trace.accept_multishot(6, 2);
  trace.complete(sqe, -24);
  EXPECT_EQ(only_registration(trace, 6).removed_t, trace.now);
  ASSERT_EQ(trace.ring().ended.size(), 1u);
  EXPECT_EQ(trace.ring().ended[0].error, 24);
  EXPECT_EQ(trace.ring().ended[0].sqe, sqe);
  EXPECT_FALSE(trace.ring().ended[0].again_t.has_value());
  trace.accept_multishot(6, 2);
  EXPECT_EQ(trace.ring().ended[0].again_t, trace.now);
  EXPECT_FALSE(only_registration(trace, 6).removed_t.has_value());
}

TEST(RingEffects, AcceptMayBeTakenBeforeListen) {
  RingMaker trace;
  trace.with_ring();
  trace.socket(6, 2);
  const RecordId listen = trace.take(uring::kListen, 6, 2, {{"backlog", 64}});
  trace.accept_multishot(6, 2);  // linked
  trace.complete(listen, 0);
  EXPECT_EQ(only_registration(trace, 6).how, WatchedBy::Uring);
}

TEST(RingEffects, PollingAListener) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  Sqe poll = trace.entry(uring::kPollAdd, 6, 2);
  poll.poll = 1;
  poll.multishot = true;
  const RecordId sqe = trace.take(poll);
  EXPECT_EQ(only_registration(trace, 6).events, 1u);
  EXPECT_EQ(only_registration(trace, 6).op, uring::kPollAdd);
  trace.complete(sqe, 1, uring::kCqeMore);
  trace.apply(trace.enter(0, 1));
  EXPECT_EQ(trace.holder(kServer, 6)->wakeups, 1u);
  EXPECT_EQ(trace.holder(kServer, 6)->accepts, 0u);
}

TEST(RingEffects, InterestListsThroughTheRing) {
  RingMaker trace;
  trace.with_ring();
  trace.epoll_create(5, 1);
  trace.listening_socket(6, 2);
  Sqe add =
      trace.entry(uring::kEpollCtl, 5, 1, {{"op", kCtlAdd}, {"fd", 6}, {"events", kEpollIn}, {"data", 0x66}});
  add.files[2] = 2;
  const RecordId sqe = trace.take(add);
  EXPECT_EQ(trace.interest_size(1), 0u);  // not before it completes
  trace.complete(sqe, 0);
  const Registration& registration = only_registration(trace, 6);
  EXPECT_EQ(registration.how, WatchedBy::UringEpollCtl);
  EXPECT_EQ(registration.epfd, 5);
  EXPECT_EQ(registration.ring, kRing);
  EXPECT_EQ(registration.data, 0x66u);
  EXPECT_EQ(registration.events, kEpollIn);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0x66}}).ready[0].fd, 6);
  EXPECT_EQ(trace.holder(kServer, 6)->wakeups, 1u);
  trace.epoll_ctl(5, kCtlDel, 6);  // by a call, as libuv does
  EXPECT_TRUE(only_registration(trace, 6).removed_t.has_value());
}

TEST(RingEffects, AnEpollCtlThatFailed) {
  RingMaker trace;
  trace.with_ring();
  trace.epoll_create(5, 1);
  trace.listening_socket(6, 2);
  trace.complete(
      trace.take(uring::kEpollCtl, 5, 1, {{"op", kCtlAdd}, {"fd", 6}, {"events", kEpollIn}, {"data", 0x66}}),
      -17);
  EXPECT_EQ(trace.interest_size(1), 0u);
}

TEST(RingEffects, EpollWaitThroughTheRing) {
  RingMaker trace;
  trace.with_ring();
  trace.epoll_create(5, 1);
  trace.listening_socket(6, 2);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn | kEpollOneshot, 0x66);
  Cqe made = trace.completion(trace.take(uring::kEpollWait, 5, 1, {{"maxevents", 8}, {"timeout", -1}}), 1);
  made.ready.push_back({kEpollIn, 0x66, -1, 0, {}});
  const Cqe joined = trace.joined(made);
  EXPECT_EQ(joined.ready[0].fd, 6);
  EXPECT_EQ(joined.ready[0].file, 2u);
  EXPECT_EQ(trace.holder(kServer, 6)->wakeups, 1u);
  const Thread* thread = const_cast<Processes&>(trace.state().processes).find_thread(kServer);
  EXPECT_TRUE(thread->loops.empty());  // no thread waited
}

TEST(RingEffects, OpenAndCloseByNumber) {
  RingMaker trace;
  trace.with_ring();
  Sqe open = trace.entry(uring::kOpenat, -1, 0, {{"dirfd", -100}, {"pathname", 0}, {"flags", kCloexecFlag}});
  open.text = "/srv/balloons.txt";
  Cqe made = trace.completion(trace.take(open), 9);
  made.file = 20;
  trace.apply(Event(made));
  EXPECT_EQ(trace.file_at(kServer, 9), 20u);
  EXPECT_EQ(trace.state().files.find(20)->path, "/srv/balloons.txt");
  trace.complete(trace.take(uring::kClose, 9, 20), 0);
  EXPECT_EQ(trace.file_at(kServer, 9), 0u);
}

TEST(RingEffects, ANumberThatIsUsedAgainWhileInFlight) {
  RingMaker trace;
  trace.with_ring();
  trace.listening_socket(6, 2);
  const RecordId sqe = trace.take(uring::kAccept, 6);  // the recorder knew no identity
  trace.close(6, 2);
  trace.socket(6, 3);
  trace.connection(sqe, 7, 10);
  EXPECT_FALSE(trace.state().files.find(3)->listening);
  EXPECT_EQ(trace.file_at(kServer, 7), 10u);
}

TEST(RingEffects, ConnectAndShutdown) {
  RingMaker trace;
  trace.with_ring();
  trace.socket(7, 3);
  Sqe connect = trace.entry(uring::kConnect, 7, 3, {{"addr", 0}});
  connect.text = "127.0.0.1:80";
  Cqe made = trace.completion(trace.take(connect), 0);
  made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:4444", "127.0.0.1:80", {}, {}, 0};
  trace.apply(Event(made));
  EXPECT_EQ(trace.state().files.find(3)->peer, "127.0.0.1:80");
  trace.listening_socket(6, 2);
  trace.complete(trace.take(uring::kShutdown, 6, 2, {{"how", 2}}), 0);
  EXPECT_FALSE(trace.state().files.find(2)->listening);
}

TEST(RingEffects, ConnectionsInSlots) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  Sqe accept = trace.entry(uring::kAccept, 6, 2);
  accept.multishot = true;
  accept.direct = kDirectAlloc;
  const RecordId sqe = trace.take(accept);
  trace.connection(sqe, 0, 10, uring::kCqeMore);
  trace.connection(sqe, 3, 11, uring::kCqeMore);
  EXPECT_EQ(trace.slot(0), 10u);
  EXPECT_EQ(trace.slot(3), 11u);
  EXPECT_EQ(trace.file_at(kServer, 3), 0u);
  Sqe close = trace.entry(uring::kClose, 3);
  close.fixed = true;
  trace.complete(trace.take(close), 0);
  EXPECT_EQ(trace.slot(3), 0u);
  EXPECT_EQ(trace.slot(0), 10u);
  EXPECT_EQ(trace.file_at(kServer, kRingFd), kRing);
}

TEST(RingEffects, AListenerThatOnlyTheRingHolds) {
  RingMaker trace;
  trace.with_ring();
  Sqe socket = trace.entry(uring::kSocket, -1, 0, {{"domain", 2}, {"type", 1}, {"protocol", 0}});
  socket.direct = 1;
  Cqe made = trace.completion(trace.take(socket), 0);
  made.file = 2;
  made.socket = SocketInfo{"tcp", "unconnected", "", "", "", {}, {}, 41002};
  trace.apply(Event(made));
  EXPECT_EQ(trace.slot(1), 2u);
  Sqe listen = trace.entry(uring::kListen, 1, 0, {{"backlog", 64}});
  listen.fixed = true;
  trace.complete(trace.take(listen), 0);
  Sqe accept = trace.entry(uring::kAccept, 1);
  accept.fixed = accept.multishot = true;
  const RecordId sqe = trace.take(accept);
  trace.connection(sqe, 7, 10, uring::kCqeMore);
  trace.apply(trace.enter(0, 1));
  const Holder* holder = trace.holder(kServer, -1);
  ASSERT_NE(holder, nullptr);
  EXPECT_EQ(holder->ring, kRing);
  EXPECT_EQ(holder->slot, 1u);
  EXPECT_EQ(holder->accepts, 1u);
  EXPECT_EQ(holder->wakeups, 1u);
  ASSERT_EQ(holder->registrations.size(), 1u);
  EXPECT_EQ(holder->registrations[0].fd, -1);
  trace.close(kRingFd, kRing);
  holder = trace.holder(kServer, -1);
  EXPECT_TRUE(holder->closed_t.has_value());
  EXPECT_TRUE(holder->registrations[0].removed_t.has_value());
  EXPECT_TRUE(trace.ring().slots.empty());
}

TEST(RingEffects, ASlotHoldsAFileWhoseDescriptorIsClosed) {
  RingMaker trace;
  trace.with_ring();
  trace.epoll_create(5, 1);
  trace.listening_socket(6, 2);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0x66);
  Sqe accept = trace.entry(uring::kAccept, 0, 2);
  accept.fixed = true;
  trace.take(accept);  // which tells that slot 0 is the listener
  trace.close(6, 2);
  EXPECT_EQ(trace.interest_size(1), 1u);  // the item goes with the file, not with the number
  Call unregister = trace.call("io_uring_register", {{"fd", kRingFd}, {"opcode", 3}});
  unregister.files[0] = kRing;
  trace.apply(unregister);
  EXPECT_EQ(trace.interest_size(1), 0u);
}

TEST(RingEffects, ASlotWhoseFileOnlyTheCompletionTells) {
  RingMaker trace;
  trace.with_ring();
  Sqe receive = trace.entry(uring::kRecv, 5);
  receive.fixed = true;
  Cqe made = trace.completion(trace.take(receive), 3);
  made.on = 12;
  trace.apply(Event(made));
  EXPECT_EQ(trace.slot(5), 12u);
}

TEST(RingEffects, ASlotBecomesADescriptor) {
  RingMaker trace;
  trace.with_ring();
  Sqe install = trace.entry(uring::kFixedFdInstall, 2, 12);
  install.fixed = true;
  trace.complete(trace.take(install), 9);
  EXPECT_EQ(trace.file_at(kServer, 9), 12u);
}

TEST(RingEffects, AThreadThatPollsTheRingUsesTheTableOfItsProcess) {
  RingMaker trace;
  trace.with_ring(uring::kSetupSqpoll);
  trace.listener_row(6, 2);
  trace.tid = 113;  // iou-sqp-100
  const RecordId sqe = trace.accept_multishot(6, 2);
  trace.connection(sqe, 7, 10, uring::kCqeMore);
  EXPECT_EQ(trace.file_at(kServer, 7), 10u);
  EXPECT_EQ(only_registration(trace, 6).tid, 113);
}

TEST(RingEffects, ARingThatIsClosedWatchesNothing) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  trace.accept_multishot(6, 2);
  trace.close(kRingFd, kRing);
  EXPECT_EQ(only_registration(trace, 6).removed_t, trace.now);
  EXPECT_EQ(trace.ring().closed_t, trace.now);
}

TEST(RingEffects, WhatCouldNotBeReadStillHasItsOperation) {
  RingMaker trace;
  trace.with_ring();
  trace.fd(9, 20, "file");
  Sqe close;
  close.id = ++trace.id;
  close.t = trace.now;
  close.pid = close.tid = kServer;
  close.ring = kRing;
  close.op = uring::kClose;
  close.fd = 9;
  close.fd_inferred = true;
  trace.complete(trace.take(close), 0);
  EXPECT_EQ(trace.file_at(kServer, 9), 0u);
}

TEST(RingEffects, AThreadThatHasTheNumberOfTheSubmitterNowStays) {
  RingMaker trace;
  trace.with_ring();
  trace.tid = 7;
  Sqe close = trace.entry(uring::kClose, 9, 9);
  close.flags = uring::kSqeSkipSuccess;
  trace.take(close);
  trace.pid = 300;
  trace.fd(kRingFd, kRing, "io_uring");
  Call enter = trace.enter(0, 1);
  enter.pid = 300;
  enter.tid = 7;
  trace.apply(enter);
  const Thread* thread = const_cast<Processes&>(trace.state().processes).find_thread(7);
  ASSERT_TRUE(thread);
  EXPECT_EQ(thread->pid, 300);
  EXPECT_EQ(thread->loops.size(), 1u);
}

}  // namespace
}  // namespace loopscope::trace_model
