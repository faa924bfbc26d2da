// SPDX-License-Identifier: Apache-2.0
// From files to lanes: what is where, and that no file does harm.
#include "tests/viewer/trace_file.h"

#include <zstd.h>

#include <algorithm>

namespace loopscope::viewer {
namespace {

struct LoadedTrace {
  explicit LoadedTrace(const std::string& text) : file(text), session(file.path(), [] {}) {
    load_all(session);
  }
  TraceOnDisk file;
  Session session;

  [[nodiscard]] const Timeline& timeline() const { return session.timeline; }
  [[nodiscard]] const Lane& lane(uint32_t track, LaneRole role) const {
    return timeline().lanes[timeline().lane_of(track, role)].lane;
  }
  [[nodiscard]] bool misses(std::string_view what) const {
    return std::ranges::any_of(session.loaded->missing,
                               [&](const std::string& each) { return each.find(what) != each.npos; });
  }
};

TEST(Loader, TheLifeOfAListenerIsOnItsLane) {
  const LoadedTrace trace(small_trace());
  ASSERT_EQ(trace.session.loaded->error, "");
  EXPECT_TRUE(trace.session.loaded->missing.empty());
  const uint32_t track = trace.timeline().listener_track(2, 7);
  ASSERT_NE(track, kNone);
  EXPECT_EQ(trace.timeline().tracks[track].name, "fd 4  127.0.0.1:8080");
  EXPECT_EQ(trace.lane(track, LaneRole::Life).start(0), 1000);  // the socket
  const Lane& marks = trace.lane(track, LaneRole::Marks);
  std::vector<Look> looks;
  for (uint32_t i = 0; i < marks.size(); ++i) looks.push_back(marks.look(i));
  EXPECT_EQ(looks, (std::vector{Look::MarkBind, Look::MarkListen, Look::MarkAdd, Look::MarkWakeup,
                                Look::MarkAccept}));
  EXPECT_EQ(marks.start(3), 1'006'000);
}

TEST(Loader, ALoopIsAsleepOrWokenBySomething) {
  const LoadedTrace trace(small_trace());
  const uint32_t track = trace.timeline().thread_track(7);
  EXPECT_EQ(trace.timeline().tracks[track].kind, TrackKind::Loop);
  const Lane& waits = trace.lane(track, LaneRole::Waits);
  ASSERT_EQ(waits.size(), 3u);
  EXPECT_EQ(waits.look(0), Look::Wait);
  EXPECT_EQ(waits.look(1), Look::BurstConnection);
  EXPECT_EQ(waits.start(1), 1'006'000);
  EXPECT_EQ(waits.end(1, 0), 1'060'000);
  // It sleeps until the trace ends, as the recorder saw it.
  EXPECT_EQ(waits.look(2), Look::Wait);
  EXPECT_EQ(waits.dur(2), kOpen);
  EXPECT_EQ(waits.end(2, trace.timeline().end()), trace.timeline().end());
  const Lane& calls = trace.lane(track, LaneRole::Calls);
  EXPECT_EQ(calls.look(calls.size() - 3), Look::Looked);
  EXPECT_EQ(calls.look(calls.size() - 2), Look::Open);
  EXPECT_EQ(calls.priority(calls.size() - 1), 1);  // EPIPE
}

TEST(Loader, EveryRecordHasItsRow) {
  const LoadedTrace trace(small_trace());
  const RecordTable& records = trace.timeline().records;
  ASSERT_EQ(records.size(), 14u);
  const auto accept = records.row_of(16);
  ASSERT_TRUE(accept);
  EXPECT_EQ(what_name(records.what(*accept)), "accept4");
  EXPECT_EQ(records.file(*accept), 2u);
  EXPECT_EQ(trace.timeline().lanes[records.lane(*accept)].lane.record(records.index(*accept)), *accept);
  EXPECT_FALSE(records.row_of(9));
}

TEST(Loader, TextsAreReadAgainFromTheFile) {
  LoadedTrace trace(small_trace());
  const uint32_t row = *trace.session.timeline.records.row_of(16);
  EXPECT_NE(trace.session.texts.line(row).find(
                "accept4(4<tcp 127.0.0.1:8080 listen>, 127.0.0.1:5000, SOCK_CLOEXEC) = 8<tcp"),
            std::string::npos)
      << trace.session.texts.line(row);
  EXPECT_EQ(trace.session.texts.label(*trace.session.timeline.records.row_of(18)), "openat balloons.txt = 9");
  EXPECT_EQ(trace.session.texts.label(*trace.session.timeline.records.row_of(14)), "epoll_ctl ADD fd 4");
}

TEST(Loader, CompressedTracesReadTheSame) {
  const std::string text = small_trace();
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  LoadedTrace trace(packed);
  ASSERT_EQ(trace.session.loaded->error, "");
  EXPECT_EQ(trace.session.timeline.records.size(), 14u);
  EXPECT_EQ(trace.session.texts.label(*trace.session.timeline.records.row_of(18)), "openat balloons.txt = 9");
}

TEST(Loader, ATraceThatWasCutAnywhereOpens) {
  const std::string text = small_trace();
  const size_t header = kHeader.size();
  for (size_t length = header; length < text.size(); length += 97) {
    const LoadedTrace trace(text.substr(0, length));
    EXPECT_EQ(trace.session.loaded->error, "");
    EXPECT_TRUE(trace.misses("no end record")) << length;
  }
}

TEST(Loader, WhatIsNoTraceIsRefusedInASentence) {
  EXPECT_NE(LoadedTrace("").session.loaded->error.find("is empty"), std::string::npos);
  EXPECT_NE(LoadedTrace("hello\n").session.loaded->error, "");
  Session session("/nowhere/at/all", [] {});
  load_all(session);
  EXPECT_NE(session.loaded->error.find("cannot read /nowhere/at/all"), std::string::npos);
}

TEST(Loader, LossesAreGaps) {
  const LoadedTrace trace(kHeader + R"({"type":"lost","id":5,"t":100,"until":900,"count":17,"class":"call"})"
                                    "\n");
  ASSERT_EQ(trace.timeline().gaps.size(), 1u);
  EXPECT_EQ(trace.timeline().gaps[0].count, 17u);
  EXPECT_TRUE(trace.misses("17 records could not be kept"));
}

TEST(Loader, HostileTimesAndTextsDoNoHarm) {
  std::string text = kHeader;
  uint64_t id = 10;
  for (const char* t : {"-4611686018427387904", "-1", "0", "4611686018427387904", "9223372036854775807"})
    for (const char* dur : {"0", "4611686018427387904", "9223372036854775807"})
      text += fmt::format(
          R"({{"type":"call","id":{},"t":{},"dur":{},"tid":7,"call":"epoll_wait","args":{{"epfd":5}},"ret":1}})"
          "\n",
          id++, t, dur);
  text += fmt::format(
      R"({{"type":"call","id":{},"t":1,"dur":1,"tid":7,"call":"openat","args":{{"pathname":"{}"}},"ret":3}})"
      "\n",
      id++, std::string(1 << 20, 'x'));
  LoadedTrace trace(text);
  EXPECT_EQ(trace.session.loaded->error, "");
  EXPECT_LT(trace.session.texts.line(trace.session.timeline.records.size() - 1).size(), 30'000u);
  trace.session.show_all();
  for (int i = 0; i < 200; ++i) trace.session.perform(Action::ZoomIn);
  for (int i = 0; i < 200; ++i) trace.session.perform(Action::ZoomOut);
}

TEST(Loader, AHundredThousandThreadsHaveLanes) {
  std::string text = kHeader;
  for (int i = 0; i < 100'000; ++i)
    text += fmt::format(
        R"({{"type":"call","id":{},"t":{},"dur":1,"pid":7,"tid":{},"call":"read","args":{{"fd":3}},"ret":1}})"
        "\n",
        i + 10, i, i + 1000);
  LoadedTrace trace(text);
  EXPECT_GE(trace.session.layout.places().size(), 100'000u);
  trace.session.set_filter("50123");
  EXPECT_LE(trace.session.layout.places().size(), 3u);
}

TEST(Loader, ItCanBeStopped) {
  std::string text = kHeader;
  for (int i = 0; i < 200'000; ++i)
    text += fmt::format(
        R"({{"type":"call","id":{},"t":{},"dur":1,"tid":7,"call":"read","args":{{"fd":3}},"ret":1}})"
        "\n",
        i + 10, i);
  const TraceOnDisk file(text);
  {
    const Session gone(file.path(), [] {});
  }  // at once, and without a wait for the rest
  Session session(file.path(), [] {});
  session.loader.cancel();
  load_all(session);
  EXPECT_EQ(session.loaded->error, "");
}

}  // namespace
}  // namespace loopscope::viewer
