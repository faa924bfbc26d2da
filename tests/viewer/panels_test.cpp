// SPDX-License-Identifier: Apache-2.0
// The window without a screen: a mouse and keys go in, and what the session then has is looked at.
#include <unistd.h>
#include <algorithm>
#include <filesystem>

#include "lab/words.h"
#include "tests/viewer/headless.h"
#include "tests/viewer/trace_file.h"

namespace loopscope::viewer {
namespace {

bool is_export(Action action) {
  return action == Action::SavePicture || action == Action::SaveTable || action == Action::SaveRange;
}

class PanelsTest : public testing::Test {
 protected:
  PanelsTest() : file_(small_trace()), workspace({file_.path()}, [] {}), session(workspace.active()) {
    load_all(session);
    screen.show(workspace);
    screen.frames(3);
  }
  // The middle of a lane on the screen, which is where the lanes begin plus where the layout has it.
  [[nodiscard]] ImVec2 position(uint32_t lane, uint32_t index) {
    const uint32_t track = session.timeline.lanes[lane].track;
    std::vector<Band> bands;
    const Place* place = session.layout.place_of(track);
    Layout::bands_of(session.timeline, *place, bands);
    float y = kLanesTop + place->y - session.scroll;
    for (const Band& band : bands)
      if (band.lane == lane) y += band.y + band.height / 2;
    const Lane& of = session.timeline.lanes[lane].lane;
    return {kLabelsWidth + float(session.view.x_of(of.start(index))) + 1, y};
  }

  static constexpr float kLanesTop = 34 + 50 + 20, kLabelsWidth = 210;

 private:
  TraceOnDisk file_;

 protected:
  Workspace workspace;
  Session& session;
  Headless screen;
};

TEST_F(PanelsTest, AClickSelectsWhatIsThere) {
  session.show(990'000, 1'070'000);
  screen.frames(2);
  const uint32_t row = *session.timeline.records.row_of(18);
  const ImVec2 at = position(session.timeline.records.lane(row), session.timeline.records.index(row));
  screen.click(at.x + 5, at.y);
  EXPECT_EQ(session.selection().row, row);
  screen.click(kLabelsWidth + 600, 400);  // nothing is there
  EXPECT_FALSE(session.selection().any());
}

// What was under the mouse is somewhere else when the second click ends.
TEST_F(PanelsTest, ADoubleClickShowsWhatIsThereAndKeepsItSelected) {
  const uint32_t row = *session.timeline.records.row_of(18);
  session.show(700'000, 1'300'000);
  screen.frames(2);
  const ImVec2 at = position(session.timeline.records.lane(row), session.timeline.records.index(row));
  const double span = session.view.span;
  screen.click(at.x + 1, at.y);
  screen.click(at.x + 1, at.y);
  EXPECT_LT(session.view.span, span / 4);
  EXPECT_EQ(session.selection().row, row);
}

TEST_F(PanelsTest, TheMenuOfALaneEndsWithEscape) {
  const int plain = screen.frames(2);
  screen.drag(100, kLanesTop + 60, 100, kLanesTop + 60, 1);
  screen.mouse(-1, -1);  // no tooltip
  EXPECT_GT(screen.frames(2), plain + 20);
  screen.press(kKeyEscape);
  EXPECT_LT(screen.frames(3), plain + 20);
}

TEST_F(PanelsTest, KeysMoveTheView) {
  screen.mouse(700, 200);
  const double span = session.view.span;
  screen.press('W');
  EXPECT_LT(session.view.span, span);
  screen.press('S');
  EXPECT_NEAR(session.view.span, span, span / 1000);
  screen.press('W');
  const Ns start = session.view.start;
  screen.press('D');
  EXPECT_GT(session.view.start, start);
  screen.press(kKeyHome, true);
  EXPECT_GE(session.view.end(), session.timeline.end());
  screen.press(kKeyRight, true);
  EXPECT_TRUE(session.selection().any());
  screen.press(kKeyEscape);
  EXPECT_FALSE(session.selection().any());
}

TEST_F(PanelsTest, TheWheelZoomsAtTheMouseAndDraggingMoves) {
  screen.mouse(700, 200);
  const double span = session.view.span;
  const Ns there = session.view.t_at(700 - kLabelsWidth);
  screen.wheel(1);
  EXPECT_LT(session.view.span, span);
  EXPECT_NEAR(double(session.view.t_at(700 - kLabelsWidth)), double(there), session.view.ns_per_px() * 2);
  const Ns start = session.view.start;
  screen.drag(700, 400, 600, 400, 1);
  EXPECT_NEAR(double(session.view.start - start), 100 * session.view.ns_per_px(),
              session.view.ns_per_px() * 3);
}

TEST_F(PanelsTest, ALetterTypedIntoTheSearchMovesNothing) {
  screen.type("/");
  screen.frames(2);
  const double span = session.view.span;
  screen.type("call=openat");
  screen.press('W');
  EXPECT_EQ(session.view.span, span);
  screen.press(kKeyEnter);
  while (session.search.running()) std::this_thread::yield();
  (void)session.take_loaded(0);
  ASSERT_EQ(session.search.hits().size(), 1u);
  EXPECT_EQ(session.timeline.records.id(session.selection().row), 18u);
}

TEST_F(PanelsTest, TheHelpSheetOpensAndCloses) {
  screen.type("?");
  EXPECT_TRUE(workspace.help_open);
  screen.press(kKeyEscape);
  EXPECT_FALSE(workspace.help_open);
}

TEST_F(PanelsTest, AClickOnANameFolds) {
  const size_t places = session.layout.places().size();
  screen.click(60, kLanesTop + 10);  // the process
  EXPECT_EQ(session.layout.places().size(), 1u);
  screen.click(60, kLanesTop + 10);
  EXPECT_EQ(session.layout.places().size(), places);
}

TEST_F(PanelsTest, EveryPanelAndThemeDraws) {
  session.perform(Action::NextBurst);
  workspace.help_open = true;
  for (const ThemeName theme : {ThemeName::Dark, ThemeName::Light, ThemeName::Projector}) {
    screen.show(workspace, theme);
    for (const char* panel :
         {"listeners", "watched", "loops", "findings", "events", "range", "notes", "record"}) {
      EXPECT_TRUE(screen.window().panels().show(panel));
      EXPECT_GT(screen.frames(3), 1000);
    }
  }
}

TEST_F(PanelsTest, DraggingMarksARange) {
  screen.drag(500, 400, 700, 410);
  ASSERT_TRUE(session.range());
  const auto [from, to] = *session.range();
  EXPECT_NEAR(double(to - from), 200 * session.view.ns_per_px(), session.view.ns_per_px() * 3);
  EXPECT_EQ(session.view.t_at(500 - kLabelsWidth), from);
  EXPECT_EQ(session.range_figures().from, from);
  screen.press(kKeyEscape);
  EXPECT_FALSE(session.range());
}

TEST_F(PanelsTest, ANoteIsMadeAndWrittenWithTheKeyboard) {
  screen.press(kKeyRight, true);
  screen.press('M');
  screen.frames(2);
  screen.type("you clicked here");
  screen.press(kKeyEnter);
  ASSERT_EQ(session.notes.all().size(), 1u);
  EXPECT_EQ(session.notes.all()[0].text, "you clicked here");
  EXPECT_EQ(session.notes.all()[0].record, 15u);
  std::remove(session.notes.path().c_str());
}

TEST_F(PanelsTest, ThePaletteDoesWhatIsChosenByName) {
  screen.press('P', true);
  EXPECT_TRUE(workspace.palette_open);
  screen.type("socket registered");
  screen.press(kKeyEnter);
  EXPECT_FALSE(workspace.palette_open);
  EXPECT_EQ(session.timeline.records.id(session.selection().row), 14u);
  screen.press('P', true);
  screen.press(kKeyEscape);
  EXPECT_FALSE(workspace.palette_open);
}

TEST_F(PanelsTest, LanesArePinnedAndHidden) {
  screen.press('G');
  const uint32_t track = session.timeline.lanes[session.selection().lane].track;
  screen.press('P');
  EXPECT_EQ(session.layout.places()[0].track, track);
  screen.press('P');
  EXPECT_NE(session.layout.places()[0].track, track);
  screen.press('H');
  EXPECT_EQ(session.layout.place_of(track), nullptr);
  screen.press('H', false, true);
  EXPECT_NE(session.layout.place_of(track), nullptr);
}

class LabPanelTest : public PanelsTest {
 protected:
  LabPanelTest() {
    std::filesystem::create_directory(folder_);
    std::filesystem::current_path(folder_);  // that is where answers are kept
  }
  ~LabPanelTest() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  void start(std::string_view id) {
    const auto& all = workspace.exercises.all();
    workspace.exercises.start(size_t(std::ranges::find(all, id, &lab::Exercise::id) - all.begin()));
    screen.frames(2);
  }

 private:
  std::filesystem::path before_ = std::filesystem::current_path(),
                        folder_ = testing::TempDir() + fmt::format("lab-panel-{}", getpid());
};

TEST_F(LabPanelTest, NoKeyLeadsToTheAnswerOfTheExerciseThatIsOpen) {
  start("registration");
  screen.press('G');
  EXPECT_FALSE(session.selection().any());
  EXPECT_NE(workspace.status().find("give away"), std::string::npos) << workspace.status();
  workspace.exercises.close();
  screen.press('G');
  EXPECT_EQ(session.timeline.records.id(session.selection().row), 14u);
}

TEST_F(LabPanelTest, ItsTextsAreGivenToTheFonts) {
  EXPECT_TRUE(screen.window().panels().show("lab"));
  workspace.exercises.set_language(lab::kEnglish);
  screen.frames(3);
  EXPECT_TRUE(screen.window().rare_texts().empty());
  workspace.exercises.set_language(lab::kChinese);
  screen.frames(3);
  EXPECT_TRUE(screen.window().rare_texts().contains("完成"));
  EXPECT_GE(screen.window().rare_texts().size(), workspace.exercises.all().size());
}

TEST_F(PanelsTest, UpAndDownGoFromLaneToLane) {
  screen.press(kKeyRight, true);
  const uint32_t waits = session.selection().lane;
  screen.press(kKeyDown);
  EXPECT_EQ(session.timeline.lanes[session.selection().lane].role, LaneRole::Calls);
  screen.press(kKeyUp);
  EXPECT_EQ(session.selection().lane, waits);
  screen.press(kKeyUp);
  EXPECT_EQ(session.timeline.lanes[session.selection().lane].role, LaneRole::Marks);
}

TEST_F(PanelsTest, WhatTheSearchDoesNotFindIsDimmedOrTakenAway) {
  session.start_search("call=listen");
  while (session.search.running()) std::this_thread::yield();
  (void)session.take_loaded(0);
  const uint32_t row = *session.timeline.records.row_of(12), lane = session.timeline.records.lane(row);
  EXPECT_TRUE(session.has_hit(lane, session.timeline.records.index(row), 1));
  EXPECT_TRUE(session.has_hit(lane, 0, session.timeline.lanes[lane].lane.size()));
  const size_t all = session.layout.places().size();
  const int plain = screen.frames(2);
  screen.press('X');
  EXPECT_EQ(session.search_mode(), SearchMode::Dim);
  EXPECT_GT(screen.frames(2), plain);
  screen.press('X');
  EXPECT_LT(session.layout.places().size(), all);  // the listener has no hit of its own
  screen.press('X');
  EXPECT_EQ(session.layout.places().size(), all);
}

TEST_F(PanelsTest, ALaneHasAMenu) {
  screen.mouse(60, kLanesTop + 30);  // the listener
  screen.frame();
  ImGui::GetIO().MouseDown[1] = true;
  screen.frame();
  ImGui::GetIO().MouseDown[1] = false;
  const int with = screen.frames(3);
  screen.press(kKeyEscape);
  screen.click(700, 400);
  EXPECT_LT(screen.frames(2), with + 500);
  EXPECT_EQ(session.layout.places().size(), 3u);
}

TEST_F(PanelsTest, APanelOfSomebodyElseHasItsTab) {
  int drawn = 0;
  screen.window().panels().add({"lab", "Exercises", [&](const Frame&) { ++drawn; }});
  EXPECT_TRUE(screen.window().panels().show("lab"));
  EXPECT_FALSE(screen.window().panels().show("nothing"));
  screen.frames(3);
  EXPECT_GT(drawn, 0);
}

TEST(PanelsOfTwo, BothAreDrawnAndTheClickedOneIsActive) {
  const TraceOnDisk a(small_trace()), b(small_trace());
  Workspace workspace({a.path(), b.path()}, [] {});
  load_all(workspace.trace(0)), load_all(workspace.trace(1));
  Headless screen;
  screen.show(workspace);
  EXPECT_TRUE(screen.window().panels().show("compare"));
  screen.frames(3);
  EXPECT_GT(workspace.trace(1).view.width, 1000);
  screen.click(60, 250);  // the name of the lower one
  EXPECT_EQ(workspace.active_number(), 1u);
  screen.press(kKeyTab);
  EXPECT_EQ(workspace.active_number(), 0u);
}

TEST(PanelsOfNothing, TheStartScreenIsDrawn) {
  Workspace workspace({}, [] {});
  workspace.settings.recent = {"/tmp/a.loopscope.jsonl"};
  Headless screen;
  screen.show(workspace);
  EXPECT_GT(screen.frames(3), 100);
  screen.press('O', true);
  EXPECT_TRUE(workspace.open_dialog);
  screen.frames(3);
}

TEST(PanelsOfAnything, DrawAtAnySizeAndZoom) {
  std::string many = kHeader;
  for (int i = 0; i < 20'000; ++i)
    many += fmt::format(
        R"({{"type":"call","id":{},"t":{},"dur":{},"pid":7,"tid":{},"call":"read","args":{{"fd":3}},"ret":1}})"
        "\n",
        i + 10, i * 1000, 1 + i % 900, 7 + i % 500);
  const std::string at_once =
      kHeader + R"({"type":"call","id":9,"t":5,"dur":0,"tid":7,"call":"read","args":{"fd":3},"ret":1})"
                "\n";
  const std::string odd =
      kHeader +
      R"({"type":"call","id":3,"t":-4611686018427387904,"dur":9223372036854775807,"tid":7,"call":"epoll_wait","args":{"epfd":5},"ret":1}
{"type":"call","id":4,"t":4611686018427387904,"dur":1,"tid":7,"call":"openat","args":{"pathname":")" +
      std::string(1 << 20, 'x') + R"("},"ret":3}
{"type":"call","id":"5","t":[],"dur":{},"tid":"7","call":7,"args":[],"ret":null}
{"type":"fd","id":6,"t":1e300,"pid":-1,"fd":"a"}
{"type":"lost","id":7,"t":5,"until":4611686018427387904,"count":18446744073709551615,"class":"call"}
)";
  for (const std::string& text : {std::string("nothing"), kHeader, at_once, many, odd}) {
    const TraceOnDisk file(text);
    Workspace workspace({file.path()}, [] {});
    load_all(workspace.active());
    for (const ImVec2 size : {ImVec2(1280, 720), ImVec2(320, 240), ImVec2(60, 30), ImVec2(3840, 2160)}) {
      Headless screen(size.x, size.y);
      screen.show(workspace);
      EXPECT_LE(screen.frames(2), 64 * 1024 * 4);
      for (int i = 0; i < 12; ++i) screen.press('W');
      for (int i = 0; i < 12; ++i) screen.press(kKeyRight, true);
      for (const char* panel : {"watched", "range", "events", "notes"}) {
        (void)screen.window().panels().show(panel);
        screen.frames(2);
      }
      screen.drag(size.x * 0.4F, size.y * 0.4F, size.x * 0.7F, size.y * 0.4F);
      for (const Command& command : commands())
        if (command.action != Action::ShowRecord && !is_export(command.action))
          workspace.perform(command.action);
      screen.frames(2);
      workspace.palette_open = workspace.open_dialog = workspace.help_open = false;
      std::remove(workspace.active().notes.path().c_str());
      screen.mouse(size.x / 2, size.y / 3);
      screen.frames(2);
    }
  }
}

}  // namespace
}  // namespace loopscope::viewer
