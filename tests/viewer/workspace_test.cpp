// SPDX-License-Identifier: Apache-2.0
// Two traces side by side, the list of servers, recordings, what is remembered.
#include "viewer/logic/workspace.h"

#include <filesystem>

#include "tests/viewer/trace_file.h"
#include "viewer/logic/child_process.h"

namespace loopscope::viewer {
namespace {

void load_all(Workspace& workspace) {
  for (size_t i = 0; i < workspace.count(); ++i)
    while (!workspace.trace(i).loaded || !workspace.trace(i).loaded->complete) {
      (void)workspace.take_loaded(1'000'000'000);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

class TwoTraces : public testing::Test {
 protected:
  TwoTraces() : a_(small_trace()), b_(small_trace()), workspace({a_.path(), b_.path()}, [] {}) {
    load_all(workspace);
  }

 private:
  TraceOnDisk a_, b_;

 protected:
  Workspace workspace;
};

TEST_F(TwoTraces, MoveTogetherOrEachAlone) {
  EXPECT_TRUE(workspace.linked());
  const Ns start = workspace.trace(1).view.start;
  const double span = workspace.trace(1).view.span;
  workspace.perform(Action::ZoomIn);
  EXPECT_DOUBLE_EQ(workspace.trace(1).view.span, workspace.trace(0).view.span);
  EXPECT_LT(workspace.trace(1).view.span, span);
  workspace.perform(Action::PanRight);
  EXPECT_GT(workspace.trace(1).view.start, start);
  workspace.perform(Action::LinkTraces);
  const Ns there = workspace.trace(1).view.start;
  workspace.perform(Action::PanRight);
  EXPECT_EQ(workspace.trace(1).view.start, there);
}

// The first is half as long: what is shown of it is as wide as the second is.
TEST(TwoTracesOfOtherLengths, AreBothShownWhole) {
  std::string half = small_trace();
  half.resize(half.find("\n", half.size() / 2) + 1);
  const TraceOnDisk shorter(half), longer(small_trace());
  Workspace workspace({shorter.path(), longer.path()}, [] {});
  load_all(workspace);
  ASSERT_LT(workspace.trace(0).timeline.end(), workspace.trace(1).timeline.end());
  workspace.perform(Action::ZoomIn);
  workspace.perform(Action::ShowAll);
  for (size_t i = 0; i < 2; ++i)
    EXPECT_GE(workspace.trace(i).view.end(), workspace.trace(i).timeline.end()) << i;
  EXPECT_DOUBLE_EQ(workspace.trace(1).view.span, workspace.trace(0).view.span);
}

TEST_F(TwoTraces, AreComparedPerRequest) {
  workspace.perform(Action::ShowCompare);
  EXPECT_EQ(workspace.wanted_panel, Panel::Compare);
  while (!workspace.comparing.comparison()) (void)workspace.take_loaded(0);
  EXPECT_EQ(workspace.comparing.comparison()->rows.size(), trace_model::kMetrics);
}

TEST_F(TwoTraces, OneOfThemIsActive) {
  EXPECT_EQ(workspace.active_number(), 0u);
  workspace.perform(Action::NextTrace);
  EXPECT_EQ(workspace.active_number(), 1u);
  workspace.perform(Action::NextBurst);
  EXPECT_TRUE(workspace.trace(1).selection().any());
  EXPECT_FALSE(workspace.trace(0).selection().any());
  workspace.perform(Action::CloseTrace);
  EXPECT_EQ(workspace.count(), 1u);
  workspace.perform(Action::CloseTrace);  // the last one stays
  EXPECT_EQ(workspace.count(), 1u);
}

TEST_F(TwoTraces, ARangeAndATableAreSaved) {
  workspace.perform(Action::SaveRange);
  EXPECT_NE(workspace.status().find("Drag"), std::string::npos);
  workspace.active().set_range(0, 100'000);
  for (const Action action : {Action::SaveRange, Action::SaveTable}) {
    workspace.perform(action);
    while (workspace.status().find("Saved") == std::string::npos) (void)workspace.take_loaded(0);
    const std::string path = workspace.status().substr(6, workspace.status().rfind(':') - 6);
    EXPECT_TRUE(std::filesystem::remove(path)) << workspace.status();
    workspace.say({});
  }
}

TEST(WorkspaceOfNothing, EveryActionIsHarmless) {
  Workspace workspace({}, [] {});
  for (const KeyBinding& binding : key_bindings()) workspace.perform(binding.action);
  for (const Command& command : commands()) workspace.perform(command.action);
  (void)workspace.take_loaded(0);
  EXPECT_TRUE(workspace.empty());
}

TEST(ServerListAnswers, AreReadFromWhatListSays) {
  const ServerListAnswer answer = parse_server_list(
      R"({"servers":[{"pid":12,"comm":"web\u001b[31m","listeners":[{"address":"127.0.0.1:80","registrations":[{"how":"epoll_ctl"},{"how":"epoll_ctl"}]}]},{"pid":"x"},7],"unreadable":1})");
  ASSERT_EQ(answer.servers.size(), 1u);
  EXPECT_EQ(answer.servers[0].pid, 12);
  EXPECT_EQ(answer.servers[0].name.find('\x1b'), std::string::npos);
  EXPECT_EQ(answer.servers[0].addresses, std::vector<std::string>{"127.0.0.1:80"});
  EXPECT_EQ(answer.servers[0].waits, "epoll");
  EXPECT_EQ(answer.unreadable, 1u);
  for (const char* wrong : {"", "[]", "{", "{\"servers\":3}", "null"}) {
    const ServerListAnswer none = parse_server_list(wrong);
    EXPECT_TRUE(none.servers.empty());
  }
}

TEST(Polkit, ARefusalIsToldWithAnotherWay) {
  const auto child = ChildProcess::start({"/bin/sh", "-c", "echo no agent >&2"});
  ASSERT_TRUE(child);
  const ChildProcess& it = *child;
  while (it.errors().empty()) std::this_thread::yield();
  EXPECT_EQ(refused_by_polkit(it, 127, "loopscope list"),
            "nobody gave the rights of root (no agent); in a terminal: sudo loopscope list");
  EXPECT_EQ(refused_by_polkit(it, 126, "x").value_or(""),
            "nobody gave the rights of root (the question was dismissed); in a terminal: sudo x");
  EXPECT_EQ(refused_by_polkit(it, 1, "x"), std::nullopt) << "what ran speaks for itself";
}

TEST(DemoRecordings, KnowThePortTheServerPicked) {
  EXPECT_EQ(port_in("epoll-server: pid 7 listens on 127.0.0.1:8093, fd 4; epoll is fd 5\n"), 8093);
  EXPECT_EQ(port_in("nothing"), 0);
}

TEST(ChildProcesses, TellWhatTheySaidAndEnd) {
  auto child = ChildProcess::start({"/bin/sh", "-c", "echo out; echo first >&2; echo last >&2; exit 3"});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(), 3);
  EXPECT_EQ(child->output(), "out\n");
  EXPECT_EQ(last_line(child->errors()), "last");
  EXPECT_FALSE(ChildProcess::start({"/nowhere/at/all"}));
  auto held = ChildProcess::start({"/bin/cat"}, -1, true);
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->status());
  held->release();
  EXPECT_EQ(held->wait(), 0);
}

TEST(Remembered, SettingsComeBack) {
  const std::string path = testing::TempDir() + fmt::format("viewer-state-{}/a/viewer.json", getpid());
  Settings settings;
  settings.width = 1000;
  settings.theme = "projector";
  for (int i = 0; i < 20; ++i) settings.note_file(fmt::format("/tmp/{}", i));
  settings.note_file("/tmp/15");
  settings.note_file("-");
  write_settings(path, settings);
  const Settings again = read_settings(path);
  EXPECT_EQ(again.width, 1000);
  EXPECT_EQ(again.theme, "projector");
  EXPECT_EQ(again.recent.size(), 12u);
  EXPECT_EQ(again.recent[0], "/tmp/15");
  std::ofstream(path) << R"({"width":-5,"height":"x","recent":[1,"/a"],"text_scale":1e99})";
  const Settings odd = read_settings(path);
  EXPECT_GE(odd.width, 320);
  EXPECT_EQ(odd.height, 720);
  EXPECT_EQ(odd.recent, std::vector<std::string>{"/a"});
  EXPECT_LE(odd.text_scale, 3);
  std::ofstream(path) << "]";
  EXPECT_EQ(read_settings(path).width, 1280);
  std::filesystem::remove_all(std::filesystem::path(path).parent_path().parent_path());
}

// A screen that says it has 96 dpi though it has four times the usual points.
TEST(ScaleFor, ScreensOfManyLines) {
  EXPECT_EQ(scale_for(1, 720), 1);
  EXPECT_EQ(scale_for(1, 1440), 1);
  EXPECT_EQ(scale_for(1, 2160), 2);
  EXPECT_EQ(scale_for(1, 1800), 1.5);
  EXPECT_EQ(scale_for(1.25F, 2160), 1.25F) << "who says more is believed";
}

}  // namespace
}  // namespace loopscope::viewer
