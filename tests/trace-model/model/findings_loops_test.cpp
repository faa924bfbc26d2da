// SPDX-License-Identifier: Apache-2.0
#include "findings_maker.h"
#include "trace-model/report_text.h"

namespace loopscope::trace_model {
namespace {

constexpr uint32_t kIn = kEpollIn;

FindingsMaker& two_connections(FindingsMaker& server) {
  server.watched(4, 2, kIn);
  server.connection(10);
  server.connection(11);
  return server;
}

TEST(LongIteration, ComputingWhileAnotherIsReady) {
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}, {kIn, 11}});
  server.read(10, 64, 3);
  server.now += 200 * kMs;
  server.write(10);
  server.read(11, 64, 3);
  server.woken({});
  const auto found = server.found("long iteration");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, "warning");
  EXPECT_EQ(found[0].fd, 10);
  EXPECT_NE(found[0].text.find("1 connection that was ready waited"), std::string::npos) << found[0].text;
  EXPECT_NE(found[0].text.find("after read of fd 10"), std::string::npos) << found[0].text;
  EXPECT_EQ(found[0].next, "perf record -g -p 100 -- sleep 5");
}

TEST(LongIteration, NeverSleepingIsNone) {  // as busy as it can be, but each turn is short
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}});
  for (int i = 0; i < 200; ++i) {
    server.read(10, 64, 3);
    server.write(10);
    server.looked({{kIn, 10}});
  }
  const Report report = server.report();
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].text;
}

TEST(LongIteration, OfWhoSharesTheInstanceIsNone) {  // Go and others: another thread takes over
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}});
  server.tid = 101;
  server.woken({{kIn, 11}});
  server.tid = 0;
  server.now += 200 * kMs;
  server.woken({});
  const Report report = server.report();
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].text;
}

TEST(LongIteration, OfALossIsNone) {
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}});
  server.now += 200 * kMs;
  server.lost(LossClass::Io);
  server.woken({});
  EXPECT_TRUE(server.found("long iteration").empty());
}

TEST(LongIteration, ThresholdIsTheUsers) {
  Thresholds thresholds;
  ASSERT_TRUE(thresholds.set("long-iteration", "300ms"));
  FindingsMaker server(thresholds);
  two_connections(server).woken({{kIn, 10}});
  server.now += 200 * kMs;
  server.woken({});
  EXPECT_TRUE(server.found("long iteration").empty());
}

// `turns` iterations of 1 ms, then one of `length`.
std::vector<Finding> unusual(int turns, Ns length, Thresholds thresholds = {}) {
  FindingsMaker server(thresholds);
  server.watched(4, 2, kIn);
  server.connection(10);
  for (int i = 0; i <= turns; ++i) {
    server.woken({{kIn, 10}}, kMs / 2);
    server.read(10, 64, 3);
    if (i == turns) server.now += length;
    server.write(10);
  }
  server.woken({});
  return server.found("unusual iteration");
}

TEST(UnusualIteration, IsOneThatTakesManyTimesTheMedian) {
  Thresholds thresholds;
  ASSERT_TRUE(thresholds.set("long-iteration", "1s"));
  const auto found = unusual(2000, 900 * kMs, thresholds);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, "note");
  EXPECT_EQ(found[0].fd, 10);
  EXPECT_NE(found[0].text.find("once 100 times as long as usual"), std::string::npos) << found[0].text;
  EXPECT_TRUE(unusual(2000, 50 * kMs, thresholds).empty());
  EXPECT_TRUE(unusual(500, 900 * kMs, thresholds).empty());  // too few to say what is usual
  ASSERT_TRUE(thresholds.set("outlier", "1000"));
  EXPECT_TRUE(unusual(2000, 900 * kMs, thresholds).empty());
}

TEST(BlockingCall, AWaitThatTheLoopWasKilledInIsNone) {
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}});
  server.read(10, 64, 3);
  Call killed = server.call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}}, -1);
  killed.files[0] = 1;
  killed.error = 4;
  killed.killed = true;
  killed.dur = 900 * kMs;
  killed.off = Off{800 * kMs, 1, 'S', time_after(killed.t, 800 * kMs), 0, WakeContext::Unknown, 0, 0, {}};
  server.apply(killed);
  EXPECT_TRUE(server.found("blocking call").empty());
}

TEST(BlockingCall, InACallOnAPath) {
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}});
  server.read(10, 64, 3);
  Call open = server.call("openat", {{"dirfd", -100}, {"flags", 0}}, 12);
  open.text = "/srv/slow\x1b[2J";
  open.dur = 50 * kMs;
  open.off = Off{49 * kMs, 1, 'S', open.t + 49 * kMs, 0, WakeContext::Unknown, 0, 0, {}};
  server.apply(open);
  server.woken({});
  const auto found = server.found("blocking call");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, "warning");
  EXPECT_EQ(found[0].evidence, std::vector<RecordId>{open.id});
  EXPECT_NE(found[0].text.find("in openat of /srv/slow\\x1b[2J"), std::string::npos) << found[0].text;
  EXPECT_EQ(found[0].hurt_ns, 49 * kMs);
}

TEST(BlockingCall, OutsideRecordedCalls) {
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}});
  server.read(10, 64, 3);
  OffRow row;
  row.id = ++server.id;
  row.t = server.now;
  row.pid = row.tid = kServer;
  row.off = Off{50 * kMs, 1, 'S', row.t + 50 * kMs, 0, WakeContext::Unknown, 0, 0, {}};
  server.now += 50 * kMs;
  server.apply(Event(row));
  server.woken({});
  const auto found = server.found("blocking call");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].text.find("outside recorded calls (a sleep or a lock)"), std::string::npos);
  EXPECT_EQ(found[0].fd, 10);
}

TEST(BlockingCall, AcceptOnABlockingListener) {
  FindingsMaker server;
  two_connections(server).woken({{kIn, 4}});
  Call accept = server.call("accept4", {{"sockfd", 4}, {"flags", 0}}, 20);
  accept.files[0] = 2;
  accept.dur = 50 * kMs;
  accept.off = Off{50 * kMs, 1, 'S', accept.t + 50 * kMs, 0, WakeContext::Unknown, 0, 0, {}};
  server.apply(accept);
  server.woken({});
  EXPECT_EQ(server.found("accept on a blocking listener").size(), 1u);
}

TEST(BusyLoop, LookingForNothing) {
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}});
  for (int i = 0; i < 40000; ++i) server.looked({}, 10'000);
  const auto found = server.found("busy loop");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, "warning");
  EXPECT_EQ(found[0].fd, 5);
}

TEST(BusyLoop, LooksBetweenWorkAreNone) {  // asyncio
  FindingsMaker server;
  two_connections(server).woken({{kIn, 10}});
  for (int i = 0; i < 2000; ++i) {
    server.read(10, 64, 3);
    server.looked();
    server.write(10);
    server.looked();
    server.looked({{kIn, 10}});
  }
  EXPECT_TRUE(server.found("busy loop").empty());
}

TEST(BusyLoop, ShortTimeoutsAreNone) {  // redis: ten times a second
  FindingsMaker server;
  two_connections(server);
  for (int i = 0; i < 100; ++i) server.woken({}, 100 * kMs, 100);
  const Report report = server.report();
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].text;
}

TEST(Thresholds, SetByName) {
  Thresholds thresholds;
  EXPECT_TRUE(thresholds.set("blocking-call", "500us"));
  EXPECT_EQ(thresholds.blocking_call, 500'000);
  EXPECT_TRUE(thresholds.set("ignored", "7"));
  EXPECT_EQ(thresholds.ignored, 7u);
  EXPECT_FALSE(thresholds.set("blocking-call", "5"));
  EXPECT_FALSE(thresholds.set("blocking-call", "99999999999999999999s"));
  EXPECT_FALSE(thresholds.set("blocking-call", "9999999999999s"));
  EXPECT_FALSE(thresholds.set("ignored", "-1"));
  EXPECT_FALSE(thresholds.set("no-such", "1"));
}

TEST(Findings, WorstFirst) {
  std::vector<Finding> findings(4);
  findings[0].severity = "note", findings[0].hurt_ns = INT64_MAX;
  findings[1].severity = "warning", findings[1].hurt_ns = 1, findings[1].t = 5;
  findings[2].severity = "warning", findings[2].hurt_ns = INT64_MIN;
  findings[3].severity = "warning", findings[3].hurt_ns = 1, findings[3].t = 4;
  sort_findings(findings);
  EXPECT_EQ(findings[0].t, 4);
  EXPECT_EQ(findings[1].t, 5);
  EXPECT_EQ(findings[3].severity, "note");
}

TEST(Findings, HostileTimes) {
  FindingsMaker server;
  two_connections(server);
  for (const Ns t : {INT64_MIN, INT64_MIN + 1, Ns{0}, INT64_MAX - 1, INT64_MAX})
    for (const Ns dur : {Ns{0}, INT64_MAX, INT64_MIN}) {
      for (const char* name : {"epoll_wait", "read", "accept4"}) {
        Call made = server.call(name, {});
        made.t = t;
        made.dur = dur;
        made.args[0] = name[0] == 'e' ? 5 : 10;
        made.files[0] = name[0] == 'e' ? 1 : 10;
        made.present = 1;
        made.ready.push_back({kIn, 10, -1, 0, {}});
        made.off = Off{dur, 1, dur ? 'S' : 'R', t, dur, WakeContext::Unknown, 0, 0, {}};
        server.model.join(made);
        server.analysis.apply(made);
      }
      OffRow row{++server.id, t, kServer, kServer, Off{dur, 1, 'S', t, dur, WakeContext::Unknown, 0, 0, {}}};
      Event event(row);
      server.analysis.apply(event);
    }
  EXPECT_FALSE(report_text(server.report()).empty());
}

}  // namespace
}  // namespace loopscope::trace_model
