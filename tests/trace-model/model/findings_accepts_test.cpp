// SPDX-License-Identifier: Apache-2.0
#include "findings_maker.h"

namespace loopscope::trace_model {
namespace {

constexpr int64_t kEagain = -11, kEmfile = -24;

// Two threads are woken for each connection; the first takes it.
void herd(FindingsMaker& server, int connections, uint32_t events) {
  server.watched(4, 2, events);
  for (int i = 0; i < connections; ++i) {
    server.tid = 0;
    server.woken({{kEpollIn, 4}});
    server.accepts(20 + i, FileId(20 + i));
    server.accepts(kEagain);
    server.tid = 101;
    server.woken({{kEpollIn, 4}});
    server.accepts(kEagain);
  }
}

TEST(Herd, WokenForNothing) {
  FindingsMaker server;
  herd(server, 5, kEpollIn);
  const auto found = server.found("thundering herd");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, "warning");
  EXPECT_EQ(found[0].fd, 4);
  EXPECT_EQ(found[0].tid, 101);
  EXPECT_NE(found[0].text.find("5 wakeups of 10"), std::string::npos) << found[0].text;
}

TEST(Herd, ExclusiveIsNone) {
  FindingsMaker server;
  herd(server, 5, kEpollIn | kEpollExclusive);
  EXPECT_TRUE(server.found("thundering herd").empty());
}

TEST(Herd, AcceptingUntilEagainIsNone) {  // redis, asyncio
  FindingsMaker server;
  server.watched(4, 2, kEpollIn);
  for (int i = 0; i < 20; ++i) {
    server.tid = i % 2 ? 101 : 0;
    server.woken({{kEpollIn, 4}});
    server.accepts(20 + i, FileId(20 + i));
    server.accepts(kEagain);
  }
  EXPECT_TRUE(server.found("thundering herd").empty());
}

TEST(Descriptors, StormAndWhoCopes) {
  FindingsMaker storm;
  storm.watched(4, 2, kEpollIn);
  for (int i = 0; i < 20; ++i) {
    storm.looked({{kEpollIn, 4}});
    storm.accepts(kEmfile);
  }
  EXPECT_EQ(storm.found("EMFILE storm").size(), 1u);

  FindingsMaker pausing;  // nginx looks away for half a second
  pausing.watched(4, 2, kEpollIn);
  for (int i = 0; i < 20; ++i) {
    pausing.woken({{kEpollIn, 4}}, 500 * kMs);
    pausing.accepts(kEmfile);
  }
  const Report coping = pausing.report();
  ASSERT_EQ(coping.findings.size(), 1u);
  EXPECT_EQ(coping.findings[0].kind, "out of descriptors");
  EXPECT_EQ(coping.findings[0].severity, "note");

  FindingsMaker turning_away;  // libuv gives up a descriptor in reserve, accepts, closes
  turning_away.watched(4, 2, kEpollIn);
  for (int i = 0; i < 40; ++i) {
    turning_away.looked({{kEpollIn, 4}});
    turning_away.accepts(kEmfile);
    turning_away.close(3);
    turning_away.accepts(3, FileId(100 + i));
    turning_away.close(3, FileId(100 + i));
  }
  EXPECT_TRUE(turning_away.found("EMFILE storm").empty());
}

TEST(Queue, Full) {
  FindingsMaker server;
  server.accepts(20, 20, 127);
  server.accepts(21, 21, 128);  // one more than the backlog was there before
  const auto found = server.found("accept queue full");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].evidence.size(), 1u);
  EXPECT_NE(found[0].text.find("(129 of 128)"), std::string::npos) << found[0].text;
}

TEST(Queue, DroppedWithoutAnAccept) {
  FindingsMaker server;
  server.accepts(20, 20, 0);
  server.queue(2, 0, 5, 10);
  const RecordId full = server.queue(2, 6, 5, 60);
  const auto found = server.found("accept queue full");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sure, "certain");
  EXPECT_EQ(found[0].fd, 4);
  EXPECT_EQ(found[0].pid, kServer);
  EXPECT_EQ(found[0].evidence, std::vector{full});
  EXPECT_NE(found[0].text.find("50 attempts to connect"), std::string::npos) << found[0].text;
  EXPECT_NE(found[0].text.find("up to 6 waited where the backlog is 5"), std::string::npos) << found[0].text;
}

TEST(Queue, DropsBeforeTheTraceAreNotIts) {
  FindingsMaker server;
  server.queue(2, 0, 5, 10);
  server.queue(2, 0, 5, 10);
  EXPECT_TRUE(server.found("accept queue full").empty());
}

TEST(Findings, AreConfinedToAPart) {
  for (const bool whole : {true, false}) {
    FindingsMaker server;
    if (!whole) server.analysis.set_window({INT64_MAX, INT64_MAX});  // its beginning is not known yet
    herd(server, 5, kEpollIn);
    server.queue(2, 0, 5, 10);
    server.queue(2, 6, 5, 60);
    if (!whole) {
      server.analysis.set_window({server.now + 1, INT64_MAX});
      server.analysis.forget_counts();
    }
    server.queue(2, 0, 5, 60);
    EXPECT_EQ(server.report().findings.size(), whole ? 2u : 0u);
  }
}

TEST(Workers, Uneven) {
  FindingsMaker server;
  for (int i = 0; i < 200; ++i) {
    server.tid = i % 20 ? 0 : 101;
    server.accepts(20, 20);
  }
  const auto found = server.found("uneven workers");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, "note");
  EXPECT_EQ(found[0].tid, kServer);
  EXPECT_TRUE(found[0].t.has_value());
  EXPECT_FALSE(found[0].evidence.empty());
}

TEST(Workers, Even) {
  FindingsMaker server;
  for (int i = 0; i < 200; ++i) {
    server.tid = i % 2 ? 0 : 101;
    server.accepts(20, 20);
  }
  EXPECT_TRUE(server.found("uneven workers").empty());
}

}  // namespace
}  // namespace loopscope::trace_model
