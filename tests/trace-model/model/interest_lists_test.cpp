// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "trace_maker.h"

namespace loopscope::trace_model {
namespace {

TEST(InterestLists, TheJoinIsByExactData) {
  TraceMaker trace;
  trace.listening_socket(6, 1);
  trace.epoll_create(5, 2);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0x7f0012345678);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0x7f0012345678}}).ready[0].fd, 6);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0x12345678}}).ready[0].fd, -1);
}

TEST(InterestLists, TwoInstancesWithTheSameDataDoNotMix) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  trace.listening_socket(4, 2, "127.0.0.1:8081");
  trace.epoll_create(5, 11);
  trace.epoll_create(6, 12);
  trace.epoll_ctl(5, kCtlAdd, 3, kEpollIn, 0x1);
  trace.epoll_ctl(6, kCtlAdd, 4, kEpollIn, 0x1);
  const Call first = trace.wait(5, {{kEpollIn, 1}}), second = trace.wait(6, {{kEpollIn, 1}});
  EXPECT_EQ(first.ready[0].fd, 3);
  EXPECT_EQ(first.ready[0].file, 1u);
  EXPECT_EQ(second.ready[0].fd, 4);
  EXPECT_TRUE(first.ready[0].candidates.empty());
}

TEST(InterestLists, SameDataInOneInstanceIsAmbiguous) {
  TraceMaker trace;
  trace.socket(3, 1);
  trace.socket(4, 2);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 3, kEpollIn, 0x1);
  trace.epoll_ctl(5, kCtlAdd, 4, kEpollIn, 0x1);
  const Call wait = trace.wait(5, {{kEpollIn, 1}});
  EXPECT_EQ(wait.ready[0].fd, -1);
  EXPECT_EQ(wait.ready[0].file, 0u);
  std::vector<int> candidates = wait.ready[0].candidates;
  std::ranges::sort(candidates);
  EXPECT_EQ(candidates, (std::vector<int>{3, 4}));
  trace.epoll_ctl(5, kCtlDel, 3);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 1}}).ready[0].fd, 4);
}

TEST(InterestLists, OneInstanceThroughTwoNumbers) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  trace.epoll_create(5, 11);
  trace.dup(5, 9, 11);
  trace.epoll_ctl(5, kCtlAdd, 3, kEpollIn, 0x3);
  EXPECT_EQ(trace.wait(9, {{kEpollIn, 3}}).ready[0].fd, 3);
  trace.close(5, 11);
  EXPECT_EQ(trace.wait(9, {{kEpollIn, 3}}).ready[0].fd, 3);
  EXPECT_EQ(trace.interest_size(11), 1u);
  trace.close(9, 11);
  EXPECT_EQ(trace.state().interest.find(11), nullptr);
}

TEST(InterestLists, ClosedWithADupAliveKeepsReportingTheOldNumber) {
  TraceMaker trace;
  trace.listening_socket(6, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0x6);
  trace.dup(6, 7, 1);
  trace.close(6, 1);
  const Call wait = trace.wait(5, {{kEpollIn, 6}});
  EXPECT_EQ(wait.ready[0].fd, 6);
  EXPECT_EQ(wait.ready[0].file, 1u);
  // The registration is now told with the number that is left.
  ASSERT_EQ(trace.holder(kServer, 7)->registrations.size(), 1u);
  EXPECT_EQ(trace.holder(kServer, 7)->registrations[0].fd, 6);
  EXPECT_EQ(trace.holder(kServer, 7)->wakeups, 1u);
  trace.close(7, 1);
  EXPECT_EQ(trace.interest_size(11), 0u);
}

// A number closed with a copy alive can be registered again for the new file: two items with one number.
TEST(InterestLists, ANumberRegisteredTwiceForTwoFiles) {
  TraceMaker trace;
  trace.socket(6, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0xa);
  trace.dup(6, 7, 1);
  trace.close(6, 1);
  trace.socket(6, 2);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0xb);
  EXPECT_EQ(trace.interest_size(11), 2u);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0xa}}).ready[0].file, 1u);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0xb}}).ready[0].file, 2u);
  trace.epoll_ctl(5, kCtlDel, 6);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0xb}}).ready[0].fd, -1);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0xa}}).ready[0].file, 1u);
}

TEST(InterestLists, ANumberUsedAgainIsNotTheOldRegistration) {
  TraceMaker trace;
  trace.socket(6, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0x6);
  trace.close(6, 1);
  trace.socket(6, 2);
  EXPECT_EQ(trace.interest_size(11), 0u);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0x6);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 6}}).ready[0].file, 2u);
}

TEST(InterestLists, ModReplacesTheDataAndAWaitInProgressMayReturnTheOld) {
  TraceMaker trace;
  trace.socket(6, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0xa);
  Call waiting = trace.call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, 1);
  waiting.ready.push_back({kEpollIn, 0xa, -1, 0, {}});
  waiting.dur = 3'000'000;
  trace.tid = 101;
  trace.epoll_ctl(5, kCtlMod, 6, kEpollIn, 0xb);
  EXPECT_EQ(trace.finish_wait(waiting).ready[0].fd, 6);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0xa}}).ready[0].fd, -1);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0xb}}).ready[0].fd, 6);
}

TEST(InterestLists, FailedCallsChangeNothing) {
  TraceMaker trace;
  trace.socket(6, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0xa);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollOut, 0xb, -17);  // EEXIST
  trace.epoll_ctl(5, kCtlDel, 6, 0, 0, -9);
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 0xa}}).ready[0].fd, 6);
}

TEST(InterestLists, OneshotIsDisarmedUntilModified) {
  TraceMaker trace;
  trace.socket(6, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn | kEpollOneshot, 0x6);
  const auto disarmed = [&] {
    bool is = false;
    trace.state().interest.find(11)->for_each([&](const InterestItem& item) { is = item.disarmed; });
    return is;
  };
  EXPECT_FALSE(disarmed());
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 6}}).ready[0].fd, 6);
  EXPECT_TRUE(disarmed());
  trace.epoll_ctl(5, kCtlMod, 6, kEpollIn | kEpollOneshot, 0x6);
  EXPECT_FALSE(disarmed());
  EXPECT_EQ(trace.wait(5, {{kEpollIn, 6}}).ready[0].fd, 6);
  EXPECT_EQ(trace.interest_size(11), 1u);
}

TEST(InterestLists, RegisteredBeforeItListens) {
  TraceMaker trace;
  trace.socket(6, 1);
  trace.epoll_create(5, 11);
  trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, 0x6);
  trace.bind(6, "127.0.0.1:9000");
  trace.listen(6);
  ASSERT_EQ(trace.holder(kServer, 6)->registrations.size(), 1u);
  EXPECT_EQ(trace.holder(kServer, 6)->registrations[0].epfd, 5);
}

// As nginx does all day; one registration, told once.
TEST(InterestLists, RemovedAndAddedAgainIsOneRegistration) {
  TraceMaker trace;
  trace.listening_socket(6, 1);
  trace.epoll_create(5, 11);
  for (int i = 0; i < 5; ++i) {
    trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, uint64_t(0x100 + i));
    if (i < 4) trace.epoll_ctl(5, kCtlDel, 6);
  }
  ASSERT_EQ(trace.holder(kServer, 6)->registrations.size(), 1u);
  const Registration& registration = trace.holder(kServer, 6)->registrations[0];
  EXPECT_EQ(registration.adds, 5u);
  EXPECT_EQ(registration.data, 0x104u);
  EXPECT_FALSE(registration.removed_t.has_value());
  trace.epoll_ctl(5, kCtlDel, 6);
  EXPECT_TRUE(registration.removed_t.has_value());
}

}  // namespace
}  // namespace loopscope::trace_model
