// SPDX-License-Identifier: Apache-2.0
// The window without a screen: a mouse and keys go in, and what the session then has is looked at.
#include "tests/viewer/headless.h"
#include "tests/viewer/trace_file.h"

namespace loopscope::viewer {
namespace {

class PanelsTest : public testing::Test {
 protected:
  PanelsTest() : file_(small_trace()), session(file_.path(), [] {}) {
    load_all(session);
    screen.show(session);
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
  Session session;
  Headless screen;
};

TEST_F(PanelsTest, AClickSelectsWhatIsThere) {
  session.show(990'000, 1'070'000);
  screen.frames(2);
  const uint32_t row = *session.timeline.records.row_of(18);
  const ImVec2 at = position(session.timeline.records.lane(row), session.timeline.records.index(row));
  screen.click(at.x + 5, at.y);
  EXPECT_EQ(session.selection().row, row);
  screen.click(kLabelsWidth + 600, 440);  // nothing is there
  EXPECT_FALSE(session.selection().any());
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
  screen.drag(700, 400, 600, 400);
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
  EXPECT_TRUE(session.help_open);
  screen.press(kKeyEscape);
  EXPECT_FALSE(session.help_open);
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
  session.help_open = true;
  for (const ThemeName theme : {ThemeName::Dark, ThemeName::Light, ThemeName::Projector}) {
    screen.show(session, theme);
    for (const Panel panel : {Panel::Listeners, Panel::Loops, Panel::Findings, Panel::Events}) {
      screen.window().show(panel);
      EXPECT_GT(screen.frames(3), 1000);
    }
  }
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
  for (const std::string& text : {std::string("nothing"), kHeader, at_once, many}) {
    const TraceOnDisk file(text);
    Session session(file.path(), [] {});
    load_all(session);
    for (const ImVec2 size : {ImVec2(1280, 720), ImVec2(320, 240), ImVec2(60, 30), ImVec2(3840, 2160)}) {
      Headless screen(size.x, size.y);
      screen.show(session);
      EXPECT_LE(screen.frames(2), 64 * 1024 * 4);
      for (int i = 0; i < 12; ++i) screen.press('W');
      for (int i = 0; i < 12; ++i) screen.press(kKeyRight, true);
      screen.mouse(size.x / 2, size.y / 3);
      screen.frames(2);
    }
  }
}

}  // namespace
}  // namespace loopscope::viewer
