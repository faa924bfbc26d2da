// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/log_line.h"

#include <gtest/gtest.h>

#include "exchange/strace/log_reader.h"

namespace loopscope::exchange::strace {
namespace {

struct Expected {
  const char* line;
  Pid tid;
  TimeKind kind;
  Ns time;
};

TEST(StraceLine, EveryHeadThatStracePrints) {
  constexpr Ns kSecond = 1'000'000'000;
  const Expected lines[] = {
      {"close(3) = 0", 0, TimeKind::None, 0},
      {"4711  close(3) = 0", 4711, TimeKind::None, 0},
      {"7     close(3) = 0", 7, TimeKind::None, 0},
      {"[pid  7410] close(3) = 0", 7410, TimeKind::None, 0},
      {"[pid  7410] 17:57:54.270929 close(3) = 0", 7410, TimeKind::DayTime, 64674 * kSecond + 270929000},
      {"7410 17:57:54 close(3) = 0", 7410, TimeKind::DayTime, 64674 * kSecond},
      {"1795370273.886341 close(3) = 0", 0, TimeKind::Epoch, 1795370273 * kSecond + 886341000},
      {"7385  1795370273.886341 close(3) = 0", 7385, TimeKind::Epoch, 1795370273 * kSecond + 886341000},
      {"7385  1795370273.886341123 close(3) = 0", 7385, TimeKind::Epoch, 1795370273 * kSecond + 886341123},
      {"1795370273 close(3) = 0", 0, TimeKind::Epoch, 1795370273 * kSecond},
      {"7395       0.000146 close(3) = 0", 7395, TimeKind::Relative, 146000},
      {"     0.000146 close(3) = 0", 0, TimeKind::Relative, 146000},
      {"7395  12:00:00.000001 (+     0.000146) close(3) = 0", 7395, TimeKind::DayTime,
       43200 * kSecond + 1000},
      {"7928<python3> 17:59:51.605918 close(3) = 0", 7928, TimeKind::DayTime, 64791 * kSecond + 605918000},
      {"[pid  7928<py thon>] close(3) = 0", 7928, TimeKind::None, 0},
      {"7928  [   3] [00007f1c2d3e4f50] close(3) = 0", 7928, TimeKind::None, 0},
      {"close(3) = 0\r", 0, TimeKind::None, 0},
  };
  for (const Expected& expected : lines) {
    const LogLine line = read_log_line(expected.line);
    EXPECT_EQ(line.tid, expected.tid) << expected.line;
    EXPECT_EQ(line.time_kind, expected.kind) << expected.line;
    EXPECT_EQ(line.time, expected.time) << expected.line;
    EXPECT_EQ(line.text, "close(3) = 0") << expected.line;
  }
}

TEST(StraceClock, ADayPassesAndAClockSetBackDoesNotGoBack) {
  LogClock clock;
  const auto at = [&](const char* line) { return clock.at(read_log_line(line)); };
  EXPECT_EQ(at("23:59:59.5 close(3) = 0"), 0);
  EXPECT_EQ(at("00:00:00.5 close(3) = 0"), 1'000'000'000);
  EXPECT_EQ(clock.steps_back(), 0u);
  LogClock set_back;
  EXPECT_EQ(set_back.at(read_log_line("1700000100.0 x")), 0);
  EXPECT_EQ(set_back.at(read_log_line("1700000000.0 x")), 0);
  EXPECT_EQ(set_back.at(read_log_line("1700000002.0 x")), 2'000'000'000);
  EXPECT_EQ(set_back.steps_back(), 1u);
}

TEST(StraceClock, LinesWithoutTimesFollowOneAnother) {
  LogClock clock;
  EXPECT_EQ(clock.at(read_log_line("close(3) = 0")), 0);
  EXPECT_EQ(clock.at(read_log_line("close(3) = 0")), LogClock::kStep);
  EXPECT_EQ(clock.kind(), TimeKind::None);
}

std::vector<LogEvent> events_of(std::string_view log, std::vector<LogProblem>* problems = nullptr) {
  LogReader reader(log);
  if (problems) reader.on_problem([=](const LogProblem& problem) { problems->push_back(problem); });
  std::vector<LogEvent> events;
  while (const LogEvent* event = reader.next())
    if (event->what != LogEvent::What::Begun) events.push_back(*event);
  return events;
}

TEST(StraceReader, PiecesAreOneCall) {
  const auto events = events_of(
      "7 1700000000.000000 epoll_wait(5,  <unfinished ...>\n"
      "8 1700000000.001000 close(3) = 0\n"
      "7 1700000000.002000 <... epoll_wait resumed>[], 1023, -1) = 0\n");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].end, 2'000'000) << "a call in one piece returned before the next line";
  EXPECT_EQ(events[1].text, "epoll_wait(5,  [], 1023, -1) = 0");
  EXPECT_EQ(events[1].start, 0);
  EXPECT_EQ(events[1].end, 2'000'000);
  EXPECT_TRUE(events[1].split);
  EXPECT_EQ(events[1].line, 3u);
}

TEST(StraceReader, AMessageOfStraceWithinACall) {
  for (const char* log : {"clone(child_stack=NULL, flags=SIGCHLDstrace: Process 9 attached\n"
                          ", child_tidptr=0x7f) = 9\n",
                          "[pid  7] clone(child_stack=NULL, flags=SIGCHLDstrace: Process 9 attached\n"
                          " <unfinished ...>\n"
                          "[pid  9] close(1) = 0\n"
                          "[pid  7] <... clone resumed>, child_tidptr=0x7f) = 9\n"}) {
    const auto events = events_of(log);
    ASSERT_FALSE(events.empty()) << log;
    EXPECT_EQ(events.back().text.find("clone(child_stack=NULL, flags=SIGCHLD"), 0u) << events.back().text;
    EXPECT_TRUE(events.back().text.ends_with(", child_tidptr=0x7f) = 9"));
  }
}

TEST(StraceReader, WhatTheProgramPrintedIsLeftOut) {
  LogReader reader("hello (world)\nListening on 8079\nclose(3) = 0\n\n > /lib/x.so(a+0x1) [0x2]\n");
  const LogEvent* event = reader.next();
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->text, "close(3) = 0");
  EXPECT_EQ(reader.next(), nullptr);
  EXPECT_EQ(reader.foreign_lines(), 2u);
}

TEST(StraceReader, PiecesThatDoNotFitAreToldWithTheirLine) {
  std::vector<LogProblem> problems;
  EXPECT_TRUE(
      events_of("7 read(3,  <unfinished ...>\n7 <... write resumed>\"\", 5) = 0\n", &problems).empty());
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].line, 2u);
  EXPECT_EQ(problems[0].sentence, "write is resumed, but read was begun");
}

}  // namespace
}  // namespace loopscope::exchange::strace
