// SPDX-License-Identifier: Apache-2.0
// Operations: what is counted of them, how long they took, and what is made of records that do not fit
// together.
#include <algorithm>

#include "ring_maker.h"

namespace loopscope::trace_model {
namespace {

TEST(Rings, CountsWhatWasTakenAndWhatBecameOfIt) {
  RingMaker trace;
  trace.with_ring();
  const RecordId first = trace.take(uring::kRecv, 7, 9), second = trace.take(uring::kRecv, 7, 9);
  trace.take(uring::kRecv, 7, 9);
  trace.complete(first, 12);
  trace.complete(second, -104);
  const OperationCounts& counts = trace.counts(uring::kRecv);
  EXPECT_EQ(counts.submitted, 3u);
  EXPECT_EQ(counts.completed, 2u);
  EXPECT_EQ(counts.failed, 1u);
  EXPECT_EQ(*counts.errors.find(104), 1u);
  EXPECT_EQ(counts.in_flight, 1u);
  EXPECT_EQ(trace.ring().sqes, 3u);
  EXPECT_EQ(trace.ring().cqes, 2u);
  EXPECT_EQ(trace.state().calls, 0u);
}

TEST(Rings, HowManyOneCallTakes) {
  RingMaker trace;
  trace.with_ring();
  for (const int64_t submitted : {0, 1, 3, 8, 9}) trace.apply(trace.enter(submitted));
  trace.apply(trace.enter(-11));  // EAGAIN: none
  EXPECT_EQ(trace.ring().enters, 6u);
  EXPECT_EQ(trace.ring().batches[0], 2u);
  EXPECT_EQ(trace.ring().batches[1], 1u);
  EXPECT_EQ(trace.ring().batches[2], 1u);
  EXPECT_EQ(trace.ring().batches[4], 2u);
  EXPECT_EQ(trace.ring().batch.max(), 9);
}

TEST(Rings, WithAPollingThreadCallsTakeNothing) {
  RingMaker trace;
  trace.with_ring(uring::kSetupSqpoll);
  trace.apply(trace.enter(8));
  EXPECT_EQ(trace.ring().enters, 1u);
  EXPECT_EQ(trace.ring().batch.count(), 0u);
}

TEST(Rings, TimesOfAnOperation) {
  RingMaker trace;
  trace.with_ring();
  const RecordId sqe = trace.take(uring::kRecv, 7, 9);
  const Ns taken = trace.now;
  Cqe done = trace.completion(sqe, 12);
  done.t = taken + 1000;
  done.armed = taken + 100;
  done.woken = taken + 800;
  trace.apply(Event(done));
  const OperationCounts& counts = trace.counts(uring::kRecv);
  EXPECT_EQ(counts.latency.max(), 1000);
  EXPECT_EQ(counts.to_armed.max(), 100);
  EXPECT_EQ(counts.to_woken.max(), 700);
  EXPECT_EQ(counts.to_cqe.max(), 200);
}

TEST(Rings, OnlyTheFirstCompletionOfManyTellsALatency) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  const RecordId sqe = trace.accept_multishot(6, 2);
  trace.connection(sqe, 7, 10, uring::kCqeMore);
  trace.now += 1'000'000'000;
  trace.connection(sqe, 8, 11, uring::kCqeMore);
  EXPECT_EQ(trace.counts(uring::kAccept).latency.count(), 1u);
  EXPECT_EQ(trace.counts(uring::kAccept).results, 2u);
  EXPECT_EQ(trace.counts(uring::kAccept).in_flight, 1u);
}

TEST(Rings, AnOperationFoundArmedHasNoLatency) {
  RingMaker trace;
  trace.with_ring();
  Sqe found = trace.entry(uring::kRecv, 7, 9);
  found.origin = Origin::Snapshot;
  trace.complete(trace.take(found), 3);
  const OperationCounts& counts = trace.counts(uring::kRecv);
  EXPECT_EQ(counts.found, 1u);
  EXPECT_EQ(counts.submitted, 0u);
  EXPECT_EQ(counts.completed, 1u);
  EXPECT_EQ(counts.latency.count(), 0u);
  EXPECT_EQ(trace.ring().sqes, 0u);
}

TEST(Rings, HowLongUntilTheLoopWasBack) {
  RingMaker trace;
  trace.with_ring();
  const RecordId first = trace.take(uring::kRecv, 7, 9), second = trace.take(uring::kRecv, 8, 10);
  trace.complete(first, 1);  // while nobody was in the call
  const Ns began = trace.now + 1;
  trace.complete(second, 1);
  const Ns posted = trace.now;
  trace.now += 5000;
  trace.entered(began, 0);
  const OperationCounts& counts = trace.counts(uring::kRecv);
  EXPECT_EQ(counts.without_call, 1u);
  EXPECT_EQ(counts.to_return.count(), 1u);
  EXPECT_EQ(counts.to_return.max(), began + (trace.now - began) - posted);
}

TEST(Rings, WhatWokeALoop) {
  RingMaker trace;
  trace.with_ring();
  trace.complete(trace.take(uring::kRecv, 7, 9), 1);
  trace.apply(trace.enter(0, 1));  // completion
  trace.apply(trace.enter(0, 0));  // none since: looked
  Call timed_out = trace.enter(0, 1);
  timed_out.ret = -1;
  timed_out.error = 62;  // ETIME
  trace.apply(timed_out);
  trace.apply(trace.enter(3, 0, 0));  // submits only
  const Thread* thread = const_cast<Processes&>(trace.state().processes).find_thread(kServer);
  ASSERT_EQ(thread->loops.size(), 1u);
  const Loop& loop = *thread->loops[0];
  EXPECT_EQ(loop.kind, WaitKind::Uring);
  EXPECT_EQ(loop.instance, kRing);
  EXPECT_EQ(loop.iterations, 3u);
  EXPECT_EQ(loop.wakeups[size_t(WakeCause::Completion)], 1u);
  EXPECT_EQ(loop.wakeups[size_t(WakeCause::LookedWithoutSleeping)], 1u);
  EXPECT_EQ(loop.wakeups[size_t(WakeCause::Timeout)], 1u);
}

TEST(Rings, AnIndexOfRegisteredRingsIsNoDescriptor) {
  RingMaker trace;
  trace.with_ring();
  Call made = trace.enter(2, 1, 1 | 16);
  made.args[0] = 0;
  trace.apply(made);
  EXPECT_EQ(trace.file_at(kServer, 0), 0u);
  EXPECT_EQ(trace.ring().enters, 1u);
  const Thread* thread = const_cast<Processes&>(trace.state().processes).find_thread(kServer);
  EXPECT_EQ(thread->loops.at(0)->fd, kRingFd);
}

TEST(Rings, SilentSuccessIsSettledWhenTheCallReturns) {
  RingMaker trace;
  trace.with_ring();
  trace.socket(6, 2);
  Sqe listen = trace.entry(uring::kListen, 6, 2, {{"backlog", 64}});
  listen.flags = uring::kSqeSkipSuccess;
  trace.take(listen);
  Sqe close = trace.entry(uring::kClose, 6, 2);
  close.flags = uring::kSqeSkipSuccess;
  const RecordId failed = trace.take(close);
  trace.complete(failed, -9);
  EXPECT_EQ(trace.holder(kServer, 6), nullptr);
  trace.apply(trace.enter(2));
  ASSERT_NE(trace.holder(kServer, 6), nullptr);
  EXPECT_EQ(trace.holder(kServer, 6)->origin, ListenerOrigin::Uring);
  EXPECT_EQ(trace.counts(uring::kListen).silent, 1u);
  EXPECT_EQ(trace.counts(uring::kListen).in_flight, 0u);
  EXPECT_EQ(trace.counts(uring::kClose).silent, 0u);
  EXPECT_EQ(trace.counts(uring::kClose).completed, 1u);
  EXPECT_EQ(trace.file_at(kServer, 6), 2u);
}

TEST(Rings, SilentSuccessMakesNoDescriptor) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  Sqe open = trace.entry(uring::kOpenat, -1, 0, {{"dirfd", -100}, {"pathname", 0}, {"flags", 0}});
  open.flags = uring::kSqeSkipSuccess;
  trace.take(open);
  Sqe accept = trace.entry(uring::kAccept, 6, 2);
  accept.flags = uring::kSqeSkipSuccess;
  trace.take(accept);
  trace.apply(trace.enter(2));
  EXPECT_EQ(trace.file_at(kServer, 0), 0u);
  EXPECT_EQ(trace.counts(uring::kOpenat).silent, 1u);
  EXPECT_EQ(trace.counts(uring::kAccept).in_flight, 1u);  // it may wait forever
  EXPECT_FALSE(trace.holder(kServer, 6)->registrations.at(0).removed_t.has_value());
}

TEST(Rings, SilentSuccessThatWasNone) {
  RingMaker trace;
  trace.with_ring();
  Sqe close = trace.entry(uring::kClose, 6, 2);
  close.flags = uring::kSqeSkipSuccess;
  const RecordId sqe = trace.take(close);
  trace.apply(trace.enter(1));
  EXPECT_EQ(trace.counts(uring::kClose).silent, 1u);
  trace.complete(sqe, -5);  // handed to a worker, it failed later
  EXPECT_EQ(trace.counts(uring::kClose).silent, 0u);
  EXPECT_EQ(trace.counts(uring::kClose).completed, 1u);
  EXPECT_EQ(trace.counts(uring::kClose).failed, 1u);
}

TEST(Rings, APollingThreadSettlesAtTheEndOfAChain) {
  RingMaker trace;
  trace.with_ring(uring::kSetupSqpoll);
  trace.socket(6, 2);
  Sqe listen = trace.entry(uring::kListen, 6, 2, {{"backlog", 64}});
  listen.flags = uring::kSqeSkipSuccess | uring::kSqeLink;
  trace.take(listen);
  trace.take(uring::kNop);  // the rest of the chain
  EXPECT_EQ(trace.holder(kServer, 6), nullptr);
  trace.take(uring::kNop);
  EXPECT_NE(trace.holder(kServer, 6), nullptr);
}

TEST(Rings, ANotificationIsNoSecondResult) {
  RingMaker trace;
  trace.with_ring();
  const RecordId sqe = trace.take(uring::kSendZc, 7, 9);
  trace.complete(sqe, 100, uring::kCqeMore);
  EXPECT_EQ(trace.counts(uring::kSendZc).in_flight, 1u);
  trace.complete(sqe, 0, uring::kCqeNotif);
  EXPECT_EQ(trace.counts(uring::kSendZc).results, 1u);
  EXPECT_EQ(trace.counts(uring::kSendZc).completed, 1u);
  EXPECT_EQ(trace.counts(uring::kSendZc).in_flight, 0u);
  EXPECT_EQ(trace.counts(uring::kSendZc).latency.count(), 1u);
}

TEST(Rings, CompletionsOfWhatWasNotSeenTaken) {
  RingMaker trace;
  trace.with_ring();
  Cqe made = trace.completion(0, -104);
  made.op = uring::kRecv;
  trace.apply(Event(made));
  trace.complete(12345, 3);
  EXPECT_EQ(trace.counts(uring::kRecv).unmatched, 1u);
  EXPECT_EQ(trace.counts(uring::kRecv).failed, 1u);
  EXPECT_EQ(trace.counts(uring::kUnknown).unmatched, 1u);
  EXPECT_EQ(trace.ring().cqes, 2u);
}

TEST(Rings, ACompletionOfAnotherRingIsNotTaken) {
  RingMaker trace;
  trace.with_ring();
  const RecordId sqe = trace.take(uring::kRecv, 7, 9);
  Cqe made = trace.completion(sqe, 1);
  made.ring = 77;
  trace.apply(Event(made));
  EXPECT_EQ(trace.counts(uring::kRecv).in_flight, 1u);
  EXPECT_EQ(trace.counts(uring::kUnknown, 77).unmatched, 1u);
}

TEST(Rings, PuntsAndOverflows) {
  RingMaker trace;
  trace.with_ring();
  const RecordId sqe = trace.take(uring::kRead, 7, 9);
  Cqe made = trace.completion(sqe, 1);
  made.punted = trace.now;
  made.overflow = true;
  trace.apply(Event(made));
  EXPECT_EQ(trace.counts(uring::kRead).punted, 1u);
  EXPECT_EQ(trace.ring().overflows, 1u);
  EXPECT_EQ(trace.ring().overflow_ids, std::vector{made.id});
}

TEST(Rings, ACompletionAfterTheEndBringsNoProcessBack) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  const RecordId sqe = trace.accept_multishot(6, 2);
  trace.exit(kServer);
  trace.complete(sqe, -125);
  EXPECT_TRUE(trace.state().processes.find(kServer)->exit_t.has_value());
  EXPECT_EQ(trace.counts(uring::kAccept).completed, 1u);
  EXPECT_TRUE(trace.ring().closed_t.has_value());
}

TEST(Rings, WhatNeverCompletesDoesNotFillTheMemory) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  const RecordId accept = trace.accept_multishot(6, 2);
  const uint64_t count = 3 * kMaxInFlight;
  for (uint64_t i = 0; i < count; ++i) trace.take(uring::kRecv, 7, 9);
  const OperationCounts& counts = trace.counts(uring::kRecv);
  EXPECT_LE(counts.in_flight, kMaxInFlight);
  EXPECT_EQ(counts.in_flight + counts.given_up, count);
  EXPECT_NE(trace.state().rings.operation(accept), nullptr);  // what waits for connections stays
}

TEST(Rings, RingsAreBounded) {
  RingMaker trace;
  trace.process(kServer, 1);
  for (FileId ring = 1; ring <= 3 * kMaxRings; ++ring) {
    Sqe made = trace.entry(uring::kRecv, 7);
    made.ring = 1000 + ring;
    made.fixed = true;
    made.fd = 0;
    made.file_id = 99;
    trace.take(made);
    Cqe done = trace.completion(made.id, 0);
    done.ring = made.ring;
    if (ring % 2) trace.apply(Event(done));
  }
  size_t rings = 0;
  trace.state().rings.for_each([&](const Ring&) { ++rings; });
  EXPECT_LE(rings, kMaxRings);
  EXPECT_EQ(rings + trace.state().rings.left_out(), 3 * kMaxRings);
  EXPECT_EQ(trace.state().files.find(99)->slots.size(), rings);
}

TEST(Rings, StateRowsKeepWhatIsInFlight) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 2);
  trace.snapshot_end(0, {kServer});
  const RecordId accept = trace.accept_multishot(6, 2);
  const RecordId receive = trace.take(uring::kRecv, 7, 9);
  RingMaker later;
  RecordId last = 0;
  for (const Event& row : trace.model.state_rows(trace.now)) {
    if (const RecordId own = id_of(row)) {
      EXPECT_GT(own, last);
      last = own;
    }
    later.apply(row);
  }
  EXPECT_EQ(last, receive);
  later.now = trace.now;
  later.id = trace.id;
  ASSERT_EQ(later.holder(kServer, 6)->registrations.size(), 1u);
  EXPECT_EQ(later.holder(kServer, 6)->registrations[0].origin, Origin::Snapshot);
  later.connection(accept, 8, 11, uring::kCqeMore);
  later.complete(receive, 5);
  EXPECT_EQ(later.file_at(kServer, 8), 11u);
  EXPECT_EQ(later.holder(kServer, 6)->accepts, 1u);
  EXPECT_EQ(later.counts(uring::kRecv).completed, 1u);
  EXPECT_EQ(later.ring().fd, kRingFd);
}

}  // namespace
}  // namespace loopscope::trace_model
