// SPDX-License-Identifier: Apache-2.0
#include "findings_maker.h"

namespace loopscope::trace_model {
namespace {

constexpr uint32_t kIn = kEpollIn, kEdgeIn = kEpollIn | kEpollEt;
constexpr int64_t kEagain = -11;

const char* const kUndrained = "edge-triggered fd not drained";

TEST(Undrained, ReadThatGotAllAndNobodyCameBack) {
  FindingsMaker server;
  server.connection(10, kEdgeIn);
  server.woken({{kIn, 10}});
  server.read(10, 64, 64);
  const RecordId read = server.id;
  server.woken({}, 300 * kMs);
  const auto found = server.found(kUndrained);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, "warning");
  EXPECT_EQ(found[0].sure, "likely");
  EXPECT_EQ(found[0].fd, 10);
  EXPECT_EQ(found[0].tid, kServer);
  EXPECT_EQ(found[0].evidence, std::vector<RecordId>{read});
  EXPECT_EQ(found[0].next, "loopscope report 'a trace.jsonl' --explain " + std::to_string(read));
}

TEST(Undrained, HabitIsFoundThoughEventsCome) {
  FindingsMaker server;
  server.connection(10, kEdgeIn);
  for (int i = 0; i < 3; ++i) {
    server.woken({{kIn, 10}});
    server.read(10, 64, 64);
  }
  server.woken({{kIn, 10}});
  EXPECT_EQ(server.found(kUndrained).size(), 1u);
}

struct Legal {
  const char* name;
  void (*after)(FindingsMaker&);  // a read that got all it asked for
};

class LegalStop : public testing::TestWithParam<Legal> {};

TEST_P(LegalStop, IsNone) {
  FindingsMaker server;
  server.connection(10, kEdgeIn);
  for (int i = 0; i < 4; ++i) {
    server.woken({{kIn, 10}});
    server.read(10, 64, 64);
    GetParam().after(server);
  }
  server.woken({}, 300 * kMs);
  EXPECT_TRUE(server.found(kUndrained).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Undrained, LegalStop,
    testing::Values(Legal{"eagain", [](FindingsMaker& s) { s.read(10, 64, kEagain); }},
                    Legal{"short", [](FindingsMaker& s) { s.read(10, 64, 3); }},
                    Legal{"answer", [](FindingsMaker& s) { s.write(10); }},
                    Legal{"rearmed", [](FindingsMaker& s) { s.epoll_ctl(5, kCtlMod, 10, kEdgeIn, 10); }},
                    // As Go does: another thread, and later, but without a new event.
                    Legal{"later elsewhere",
                          [](FindingsMaker& s) {
                            s.woken({}, 200 * kMs, 200);
                            s.tid = 101;
                            s.read(10, 64, 3);
                            s.tid = 0;
                          }}),
    [](const auto& legal) {
      std::string name = legal.param.name;
      std::erase(name, ' ');
      return name;
    });

TEST(Undrained, LevelTriggeredMayStopAnywhere) {
  FindingsMaker server;
  server.connection(10, kIn);
  server.woken({{kIn, 10}});
  server.read(10, 64, 64);
  server.woken({}, 300 * kMs);
  EXPECT_TRUE(server.found(kUndrained).empty());
}

TEST(Undrained, WakersThatNobodyReadsAreNone) {
  FindingsMaker server;
  server.fd(11, 11, "eventfd");
  server.watched(11, 11, kEdgeIn);
  for (int i = 0; i < 50; ++i) server.woken({{kIn, 11}});
  const Report report = server.report();
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].text;
}

TEST(Undrained, AcceptSaysHowManyAreLeft) {
  FindingsMaker server;
  server.watched(4, 2, kEdgeIn);
  server.woken({{kIn, 4}});
  server.accepts(20, 20, 3);
  server.woken({}, 300 * kMs);
  const auto found = server.found(kUndrained);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sure, "certain");
  EXPECT_EQ(found[0].fd, 4);
}

TEST(Readiness, IgnoredWhatIsReturnedAgainAndAgain) {
  FindingsMaker server;
  server.connection(10);
  server.woken({{kIn, 10}});
  for (int i = 0; i < 30; ++i) server.looked({{kIn, 10}});
  const auto found = server.found("ready fd ignored");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].fd, 10);
  EXPECT_EQ(found[0].evidence.size(), kMaxFindingEvidence);
}

TEST(Readiness, NotIgnoredWhatIsRead) {
  FindingsMaker server;
  server.connection(10);
  server.woken({{kIn, 10}});
  for (int i = 0; i < 30; ++i) {
    server.looked({{kIn, 10}});
    if (i % 10 == 9) server.read(10, 64, 64);
  }
  EXPECT_TRUE(server.found("ready fd ignored").empty());
}

TEST(Readiness, WritableWithNothingToSend) {
  FindingsMaker server;
  server.connection(10, kIn | kEpollOut);
  server.woken({{kIn, 10}});
  for (int i = 0; i < 30; ++i) server.looked({{kEpollOut, 10}});
  EXPECT_EQ(server.found("EPOLLOUT left armed").size(), 1u);
}

TEST(Readiness, ClosedWhileACopyLives) {
  FindingsMaker server;
  server.connection(10);
  server.dup(10, 11, 10);
  server.close(10, 10);
  server.woken({{kIn, 10}});
  const auto found = server.found("closed fd still registered");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].fd, 10);
  EXPECT_EQ(found[0].sure, "certain");
}

TEST(Readiness, ClosedAfterItWasReturnedIsFine) {
  FindingsMaker server;
  server.connection(10);
  server.dup(10, 11, 10);
  server.woken({{kIn, 10}});
  server.close(10, 10);
  EXPECT_TRUE(server.found("closed fd still registered").empty());
}

TEST(Readiness, OneshotThatIsLeftAlone) {
  FindingsMaker server;
  server.connection(10, kIn | kEpollOneshot);
  server.connection(12, kIn | kEpollOneshot);
  server.woken({{kIn, 10}, {kIn, 12}});
  server.epoll_ctl(5, kCtlMod, 12, kIn | kEpollOneshot, 12);
  server.woken({}, 2000 * kMs, 2000);
  const auto found = server.found("EPOLLONESHOT not re-armed");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].fd, 10);
  EXPECT_EQ(found[0].severity, "note");
}

TEST(Readiness, AddedTwiceAndThenChangedIsNoMistake) {  // libuv
  FindingsMaker server;
  server.connection(10);
  for (int i = 0; i < 30; ++i) {
    server.woken({{kIn, 10}});
    server.epoll_ctl(5, kCtlAdd, 10, kIn, 10, -17);
    server.epoll_ctl(5, kCtlMod, 10, kIn, 10);
  }
  const Report report = server.report();
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].text;
}

TEST(NotChecked, WhatWasNotRecordedIsSaid) {
  FindingsMaker server({}, false, false);
  const Report report = server.report();
  const auto why = [&](std::string_view kind) -> std::string {
    for (const NotChecked& each : report.not_checked)
      if (each.kind == kind) return each.why;
    return {};
  };
  EXPECT_EQ(why(kUndrained), "reads and writes were not recorded");
  EXPECT_EQ(why("blocking call"), "when threads did not run was not recorded");
  EXPECT_EQ(why("thundering herd"), "");
}

}  // namespace
}  // namespace loopscope::trace_model
