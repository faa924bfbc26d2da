// SPDX-License-Identifier: Apache-2.0
// Traces that are still being written: what has come is shown, what sleeps is seen to sleep, and memory is
// bounded.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "tests/viewer/trace_file.h"

namespace loopscope::viewer {
namespace {

constexpr std::chrono::seconds kPatience{20};

template <typename Condition>
void take_until(Session& session, Condition&& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition() && std::chrono::steady_clock::now() < until) {
    (void)session.take_loaded(1'000'000'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ASSERT_TRUE(condition());
}

std::string read_line(uint64_t id, Ns t) {
  return fmt::format(
      R"({{"type":"call","id":{},"t":{},"dur":5,"tid":7,"call":"read","args":{{"fd":3}},"ret":1}})"
      "\n",
      id, t);
}

class GrowingFile : public testing::Test {
 protected:
  GrowingFile() : file_(kHeader), out_(file_.path(), std::ios::binary | std::ios::app) {}
  void append(const std::string& text) { out_ << text << std::flush; }
  [[nodiscard]] std::string path() const { return file_.path(); }
  void close() { out_.close(); }

 private:
  TraceOnDisk file_;
  std::ofstream out_;
};

TEST_F(GrowingFile, WhatIsAppendedAppearsAndTheEndRecordEndsIt) {
  Session session(path(), [] {}, {.follow = Follow::Always});
  take_until(session, [&] { return session.timeline.records.size() == 2; });
  EXPECT_TRUE(session.live());
  append(read_line(10, 1000));
  take_until(session, [&] { return session.timeline.records.size() == 3; });
  const std::string line = read_line(11, 2000);
  append(line.substr(0, 30));  // a line that is written in two parts
  append(line.substr(30));
  take_until(session, [&] { return session.timeline.records.size() == 4; });
  take_until(session, [&] { return session.loaded.has_value(); });  // what is known so far
  EXPECT_FALSE(session.loaded->complete);
  append(R"({"type":"end","id":12,"t":3000,"events":3,"lost":0,"reason":"duration"})"
         "\n");
  take_until(session, [&] { return session.loaded && session.loaded->complete; });
  EXPECT_FALSE(session.live());
  EXPECT_TRUE(session.loaded->missing.empty());
}

TEST_F(GrowingFile, AFileThatSomebodyWritesIsFollowedUntilTheyStop) {
  Session session(path(), [] {});
  take_until(session, [&] { return session.live(); });
  append(read_line(10, 1000));
  take_until(session, [&] { return session.timeline.records.size() == 3; });
  close();
  take_until(session, [&] { return session.loaded && session.loaded->complete; });
  EXPECT_NE(session.loaded->missing.at(0).find("no end record"), std::string::npos);
}

TEST_F(GrowingFile, OneThatIsCutShorterEndsWithASentence) {
  Session session(path(), [] {}, {.follow = Follow::Always});
  append(read_line(10, 1000));
  take_until(session, [&] { return session.timeline.records.size() == 3; });
  ASSERT_EQ(truncate(path().c_str(), 10), 0);
  take_until(session, [&] { return session.loaded && session.loaded->complete; });
  EXPECT_TRUE(std::ranges::any_of(session.loaded->missing, [](const std::string& each) {
    return each.find("made shorter") != each.npos;
  }));
}

TEST_F(GrowingFile, WhatSleepsNowIsDrawnAsleepUntilNow) {
  append(
      R"({"type":"pending","id":20,"t":5000,"seen":250005000,"tid":7,"call":"epoll_wait","args":{"epfd":5,"maxevents":64,"timeout":-1}})"
      "\n");
  Session session(path(), [] {}, {.follow = Follow::Always});
  take_until(session, [&] { return session.timeline.records.size() == 3; });
  const uint32_t waits = session.timeline.lane_of(session.timeline.thread_track(7), LaneRole::Waits);
  ASSERT_NE(waits, kNone);
  const Lane& lane = session.timeline.lanes[waits].lane;
  EXPECT_EQ(lane.look(0), Look::Wait);
  EXPECT_EQ(lane.dur(0), kOpen);
  // The clock goes on though nothing more is recorded, and the newest stays in view.
  const Ns before = session.timeline.end();
  take_until(session, [&] { return session.timeline.end() > before + 50'000'000; });
  EXPECT_TRUE(session.following());
  EXPECT_GT(session.view.end(), session.timeline.end());
  session.perform(Action::PanLeft);
  session.perform(Action::PanLeft);
  EXPECT_FALSE(session.following());
  session.perform(Action::GoToEnd);
  EXPECT_TRUE(session.following());
  session.perform(Action::ToggleFollow);
  EXPECT_FALSE(session.following());
}

TEST_F(GrowingFile, TheSearchGoesOn) {
  append(read_line(10, 1000));
  Session session(path(), [] {}, {.follow = Follow::Always});
  take_until(session, [&] { return session.timeline.records.size() == 3; });
  session.start_search("call=read");
  take_until(session, [&] { return session.search.hits().size() == 1; });
  append(read_line(11, 2000));
  take_until(session, [&] { return session.search.hits().size() == 2; });
}

TEST_F(GrowingFile, TheOldestIsLetGoOf) {
  constexpr uint32_t kRecords = 60'000;
  Session session(path(), [] {}, {.follow = Follow::Always, .most_bytes = 1 << 20});
  take_until(session, [&] { return session.timeline.records.size() == 2; });
  std::string text;
  for (uint32_t i = 0; i < kRecords; ++i) text += read_line(10 + i, 1000 + Ns(i) * 10);
  append(text);
  take_until(session, [&] { return session.timeline.records.size() == kRecords + 2; });
  EXPECT_GT(session.dropped(), 0u);
  EXPECT_LE(session.timeline.bytes(), 2u << 20);
  const RecordTable& records = session.timeline.records;
  EXPECT_FALSE(records.row_of(10));
  EXPECT_EQ(records.id(*records.row_of(kRecords + 9)), kRecords + 9);
  EXPECT_GE(session.timeline.begin(), session.timeline.kept_since());
  // What is left can be selected, searched and read.
  session.go_to_row(records.first());
  for (int i = 0; i < 5; ++i) session.perform(Action::PreviousEvent);
  EXPECT_TRUE(session.selection().any());
  session.start_search(fmt::format("id={}", kRecords + 9));
  take_until(session, [&] { return session.search.hits().size() == 1; });
  EXPECT_EQ(records.id(session.search.hits()[0]), kRecords + 9);
  EXPECT_EQ(session.texts.label(session.search.hits()[0]), "read fd 3 = 1");
  EXPECT_EQ(session.texts.label(0), "…");
}

// A server that makes a thread for each connection, and forks: what has ended makes room.
TEST_F(GrowingFile, TracksOfWhatHasEndedAreLetGoOf) {
  constexpr int kRounds = 40, kThreadsARound = 100, kCallsAThread = 20;
  Session session(path(), [] {}, {.follow = Follow::Always, .most_bytes = 1 << 20});
  take_until(session, [&] { return session.timeline.records.size() == 2; });
  uint64_t id = 10;
  uint32_t records = 2;
  Ns t = 1000;
  size_t most_tracks = 0, most_places = 0, most_lanes = 0;
  const auto calls_of = [&](int tid) -> const Lane& {
    const uint32_t track = session.timeline.thread_track(tid);
    return session.timeline.lanes[session.timeline.lane_of(track, LaneRole::Calls)].lane;
  };
  uint32_t calls_a_thread = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string text;
    for (int i = 0; i < kThreadsARound; ++i) {
      const int tid = 1000 + round * kThreadsARound + i;
      const bool forked = i % 10 == 0;
      const int pid = forked ? tid : 7;
      for (int call = 0; call < kCallsAThread; ++call, ++records)
        text += fmt::format(
            R"({{"type":"call","id":{},"t":{},"dur":5,"pid":{},"tid":{},"call":"epoll_wait","args":{{"epfd":3,"maxevents":9,"timeout":0}},"ret":0}})"
            "\n",
            id++, t += 10, pid, tid);
      text += fmt::format(R"({{"type":"exit","id":{},"t":{},"pid":{},"tid":{}{}}})"
                          "\n",
                          id++, t += 10, pid, tid, forked ? R"(,"last":true,"code":0)" : "");
      text += read_line(id++, t += 10);  // of the thread that lives
      records += 2;
    }
    append(text);
    take_until(session, [&] { return session.timeline.records.size() == records; });
    if (round == 0) calls_a_thread = calls_of(1000 + kThreadsARound - 1).size();
    most_tracks = std::max(most_tracks, session.timeline.tracks.size());
    most_lanes = std::max(most_lanes, session.timeline.lanes.size());
    most_places = std::max(most_places, session.layout.places().size());
    for (const Place& place : session.layout.places())
      ASSERT_FALSE(session.timeline.tracks[place.track].lanes.empty());
    session.select_row(session.timeline.records.first());
  }
  EXPECT_GT(session.dropped(), 0u);
  EXPECT_LT(most_tracks, size_t(kRounds * kThreadsARound / 2));
  EXPECT_LT(most_lanes, size_t(kRounds * kThreadsARound / 2));
  EXPECT_LT(most_places, size_t(kRounds * kThreadsARound / 2));
  EXPECT_LE(session.timeline.bytes(), 2u << 20);
  // Who is left is who it was.
  const uint32_t lives = session.timeline.thread_track(7);
  ASSERT_NE(lives, kNone);
  EXPECT_EQ(session.timeline.tracks[lives].tid, 7);
  const int last = 1000 + kRounds * kThreadsARound - 1;
  const uint32_t newest = session.timeline.thread_track(last);
  ASSERT_NE(newest, kNone);
  EXPECT_EQ(session.timeline.tracks[newest].tid, last);
  const Lane& calls = calls_of(last);
  EXPECT_EQ(calls.size() - calls.first(), calls_a_thread);
  EXPECT_EQ(session.timeline.records.lane(calls.record(calls.first())),
            session.timeline.lane_of(newest, LaneRole::Calls));
  EXPECT_EQ(session.timeline.thread_track(1001), kNone);
}

TEST(Pipe, IsReadAsItComes) {
  const std::string path = testing::TempDir() + fmt::format("viewer-pipe-{}", getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::ofstream out;
  std::thread writer([&] { out.open(path, std::ios::binary); });
  Session session(path, [] {});
  writer.join();
  out << kHeader << read_line(10, 1000) << std::flush;
  take_until(session, [&] { return session.timeline.records.size() == 3; });
  EXPECT_EQ(session.texts.label(2), "read fd 3 = 1");  // out of its copy
  out.close();
  take_until(session, [&] { return session.loaded && session.loaded->complete; });
  std::remove(path.c_str());
}

}  // namespace
}  // namespace loopscope::viewer
