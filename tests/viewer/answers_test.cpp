// SPDX-License-Identifier: Apache-2.0
// Figures of a range, notes, what was watched at some moment, and parts of a trace saved as files.
#include <filesystem>

#include "tests/viewer/trace_file.h"
#include "trace-model/trace_reader.h"
#include "viewer/logic/export.h"

namespace loopscope::viewer {
namespace {

class AnswersTest : public testing::Test {
 protected:
  AnswersTest() : file_(small_trace()), session(file_.path(), [] {}) { load_all(session); }
  ~AnswersTest() override { std::remove(session.notes.path().c_str()); }
  [[nodiscard]] const CallFigures* figures_of(std::string_view name) const {
    for (const CallFigures& each : session.range_figures().by_call)
      if (what_name(each.what) == name) return &each;
    return nullptr;
  }
  static std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  TraceOnDisk file_;

 protected:
  Session session;
};

TEST_F(AnswersTest, AllOfTheTraceIsCountedWithoutARange) {
  const RangeFigures& all = session.range_figures();
  EXPECT_EQ(all.wakeups, 1u);
  EXPECT_EQ(all.accepted, 1u);
  ASSERT_EQ(all.loops.size(), 1u);
  EXPECT_EQ(all.loops[0].busy, 54'000);  // 1 006 000 to 1 060 000
  ASSERT_NE(figures_of("openat"), nullptr);
  EXPECT_EQ(figures_of("openat")->total, 9000);
  EXPECT_EQ(figures_of("openat")->longest, 9000);
  EXPECT_EQ(figures_of("write")->failed, 1u);
}

TEST_F(AnswersTest, WaitsThatSleptAreCallsAsWell) {
  EXPECT_EQ(session.range_figures().calls, 10u);
  ASSERT_NE(figures_of("epoll_wait"), nullptr);
  EXPECT_EQ(figures_of("epoll_wait")->count, 2u) << "one slept, one looked; the one in progress is not over";
  EXPECT_EQ(figures_of("epoll_wait")->total, 1'002'000);
}

// The last wait of a server that is killed is sleep, not work of its last wakeup.
TEST(Answers, AWaitThatTheThreadDiedInIsSleep) {
  std::string text = small_trace();
  text.resize(text.find(R"({"type":"pending")"));
  text +=
      R"({"type":"call","id":20,"t":1060000,"dur":300000000,"tid":7,"call":"epoll_wait","args":{"epfd":5,"maxevents":64,"timeout":-1},"files":{"epfd":3},"ret":-1,"error":"EINTR","killed":true,"off":{"dur":299990000,"state":"S","woken":301050000,"delay":5000}}
{"type":"exit","id":21,"t":301060000,"tid":7,"signal":"SIGTERM","last":true}
{"type":"end","id":22,"t":400000000,"events":11,"lost":0,"reason":"duration"}
)";
  const TraceOnDisk file(text);
  Session session(file.path(), [] {});
  load_all(session);
  const RangeFigures& all = session.range_figures();
  ASSERT_EQ(all.loops.size(), 1u);
  EXPECT_EQ(all.loops[0].busy, 54'000);
  EXPECT_GE(all.loops[0].asleep, 301'000'000);
  EXPECT_EQ(all.wakeups, 1u);
}

TEST_F(AnswersTest, ARangeCountsWhatBeginsInItAndOfTheRestThePartInIt) {
  session.set_range(1'030'000, 1'035'000);
  EXPECT_EQ(figures_of("accept4"), nullptr);
  EXPECT_EQ(figures_of("openat")->total, 5000);
  const RangeFigures& part = session.range_figures();
  EXPECT_EQ(part.calls, 1u);
  EXPECT_EQ(part.wakeups, 0u);
  EXPECT_EQ(part.loops.at(0).busy, 5000);
  session.set_range(0, 0);
  EXPECT_FALSE(session.range());
}

TEST_F(AnswersTest, WhatIsWatchedIsThatOfTheMoment) {
  EXPECT_TRUE(session.watched_at(5400).instances.empty());  // epoll_ctl returns at 5500
  const InterestAnswer& after = session.watched_at(6000);
  ASSERT_EQ(after.instances.size(), 1u);
  EXPECT_EQ(after.instances[0].instance.epfd, 5);
  ASSERT_EQ(after.instances[0].files.size(), 1u);
  EXPECT_EQ(after.instances[0].files[0].item.fd, 4);
  EXPECT_TRUE(after.instances[0].files[0].listening);
  EXPECT_FALSE(after.instances[0].files[0].item.before);
  EXPECT_EQ(after.instances[0].files[0].what, "tcp 127.0.0.1:8080 listen");
  EXPECT_TRUE(session.watched_at(1000).instances.empty());  // back
}

TEST_F(AnswersTest, NotesAreKeptBesideTheTrace) {
  session.go_to_row(*session.timeline.records.row_of(18));
  session.perform(Action::AddNote);
  ASSERT_EQ(session.notes.all().size(), 1u);
  EXPECT_EQ(session.notes.all()[0].record, 18u);
  Request edit;
  edit.kind = Request::Kind::EditNote;
  edit.a = 0;
  edit.text = "balloons \"\n風船";
  session.handle(edit);
  session.set_range(2000, 3000);
  session.perform(Action::AddNote);
  EXPECT_EQ(session.notes.all()[0].until, 3000);  // by time
  Session again(session.loader.path(), [] {});
  load_all(again);
  ASSERT_EQ(again.notes.all().size(), 2u);
  EXPECT_EQ(again.notes.all()[1].text, edit.text);
  again.perform(Action::NextNote);
  again.perform(Action::NextNote);
  EXPECT_EQ(again.timeline.records.id(again.selection().row), 18u);
  Request remove;
  remove.kind = Request::Kind::RemoveNote;
  remove.a = 0;
  again.handle(remove);
  EXPECT_EQ(again.notes.all().size(), 1u);
}

TEST_F(AnswersTest, NotesThatCannotBeUnderstoodAreLeftAsTheyAre) {
  std::ofstream(session.notes.path()) << "[1,";
  Session again(session.loader.path(), [] {});
  load_all(again);
  again.perform(Action::AddNote);
  EXPECT_EQ(contents(again.notes.path()), "[1,");
  ASSERT_FALSE(again.loaded->missing.empty());
  EXPECT_NE(again.loaded->missing.back().find("cannot be understood"), std::string::npos);
}

TEST(NotesPath, StandsBesideTheTrace) {
  EXPECT_EQ(notes_path("a/web.loopscope.jsonl"), "a/web.loopscope.notes.json");
  EXPECT_EQ(notes_path("web.loopscope.jsonl.zst"), "web.loopscope.notes.json");
  EXPECT_EQ(notes_path("-"), "");
}

TEST_F(AnswersTest, TheTableHasALineForEachRecord) {
  const std::string path = testing::TempDir() + "viewer-table.csv";
  const auto written = write_table(*session.loader.text(), {}, path, false);
  ASSERT_TRUE(written) << written.error();
  const std::string text = contents(path);
  EXPECT_EQ(std::ranges::count(text, '\r'), 15);
  EXPECT_TRUE(text.starts_with("id,t_ns,dur_ns,pid,tid,what,result,error,text\r\n"));
  EXPECT_NE(text.find("18,1030000,9000,7,7,openat,9,,\""), std::string::npos);
  EXPECT_NE(text.find("\"\"/srv/balloons.txt\"\""), std::string::npos);
  const auto one = write_table(*session.loader.text(), {3}, path, false);
  ASSERT_TRUE(one);
  EXPECT_EQ(std::ranges::count(contents(path), '\r'), 2);
  EXPECT_FALSE(write_table(*session.loader.text(), {}, "/nowhere/at/all.csv", false));
  std::remove(path.c_str());
}

TEST_F(AnswersTest, ARangeIsATraceOfItsOwn) {
  const std::string path = testing::TempDir() + "viewer-part.loopscope.jsonl";
  const auto written = write_range(*session.loader.text(), 1'000'000, 1'045'000, path, false);
  ASSERT_TRUE(written) << written.error();
  Session part(path, [] {});
  load_all(part);
  EXPECT_EQ(part.loaded->error, "");
  EXPECT_TRUE(part.loaded->missing.empty()) << part.loaded->missing.front();
  EXPECT_TRUE(part.timeline.records.row_of(18));
  EXPECT_EQ(what_name(part.timeline.records.what(part.timeline.records.size() - 1)), "end");
  EXPECT_EQ(part.timeline.records.id(part.timeline.records.size() - 2), 18u);
  EXPECT_FALSE(part.timeline.records.row_of(13));
  // What was set up before is known.
  ASSERT_EQ(part.loaded->report.listeners.size(), 1u);
  EXPECT_EQ(part.loaded->report.listeners[0].address, "127.0.0.1:8080");
  ASSERT_EQ(part.loaded->report.listeners[0].registrations.size(), 1u);
  std::remove(path.c_str());
}

TEST(FreePath, IsANameThatNobodyHas) {
  const std::string folder = testing::TempDir();
  EXPECT_EQ(free_path(folder + "x.loopscope.jsonl", "-part", ".loopscope.jsonl"),
            folder + "x-part.loopscope.jsonl");
  std::ofstream(folder + "y.csv") << "taken";
  EXPECT_EQ(free_path(folder + "y.loopscope.jsonl.zst", "", ".csv"), folder + "y2.csv");
  std::remove((folder + "y.csv").c_str());
}

}  // namespace
}  // namespace loopscope::viewer
