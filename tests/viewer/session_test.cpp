// SPDX-License-Identifier: Apache-2.0
// Looking at a trace without a window: selecting, stepping, going back, searching.
#include "tests/viewer/trace_file.h"

#include <algorithm>

namespace loopscope::viewer {
namespace {

class SessionTest : public testing::Test {
 protected:
  SessionTest() : file_(small_trace()), session(file_.path(), [] {}) { load_all(session); }
  [[nodiscard]] RecordId selected() const {
    return session.selection().any() ? session.timeline.records.id(session.selection().row) : 0;
  }
  void go_to(RecordId id) { session.go_to_row(*session.timeline.records.row_of(id)); }
  void search(const std::string& query) {
    session.start_search(query);
    while (session.search.running()) std::this_thread::yield();
    (void)session.take_loaded(0);
  }
  [[nodiscard]] bool in_view() const {
    const auto [from, to] = session.span_of(session.selection());
    return to >= session.view.start && from < session.view.end();
  }

 private:
  TraceOnDisk file_;

 protected:
  Session session;
};

TEST_F(SessionTest, BeginsWithEverythingInView) {
  EXPECT_LE(session.view.start, session.timeline.begin());
  EXPECT_GE(session.view.end(), session.timeline.end());
}

TEST_F(SessionTest, StepsThroughWakeups) {
  session.perform(Action::NextBurst);
  EXPECT_EQ(selected(), 15u);
  EXPECT_TRUE(
      is_burst(session.timeline.lanes[session.selection().lane].lane.look(session.selection().index)));
  session.perform(Action::NextBurst);
  EXPECT_EQ(selected(), 15u);  // there is no other
  session.perform(Action::PreviousBurst);
  EXPECT_EQ(selected(), 15u);
}

TEST_F(SessionTest, FocusShowsTheSelectionAndThenEverything) {
  go_to(18);
  session.perform(Action::Focus);
  EXPECT_LT(session.view.span, 100'000);
  EXPECT_TRUE(in_view());
  session.perform(Action::Focus);
  EXPECT_GE(session.view.end(), session.timeline.end());
}

TEST_F(SessionTest, GoesBackToWhereItWas) {
  const ViewRange before = session.view;
  go_to(18);
  session.perform(Action::Focus);
  session.perform(Action::Undo);
  session.perform(Action::Undo);
  EXPECT_EQ(session.view.start, before.start);
  EXPECT_FALSE(session.selection().any());
  session.perform(Action::Undo);  // nothing more to go back to
}

TEST_F(SessionTest, FollowsArrowsFromTheListenerToWhatItOpened) {
  session.perform(Action::NextBurst);
  std::vector<std::string_view> what;
  for (const Arrow& arrow : session.arrows()) what.push_back(arrow.what);
  EXPECT_EQ(what, (std::vector<std::string_view>{"ready", "handled by", "opened"}));
  session.perform(Action::ArrowForward);
  EXPECT_EQ(selected(), 16u);  // accept4
  session.perform(Action::ArrowBack);
  EXPECT_EQ(selected(), 15u);
  session.perform(Action::ArrowBack);
  EXPECT_EQ(session.timeline.lanes[session.selection().lane].role, LaneRole::Marks);
  session.perform(Action::ArrowForward);
  EXPECT_EQ(selected(), 15u);
}

TEST_F(SessionTest, SearchesInTheLanguageOfShow) {
  search("call=epoll_ctl op=ADD");
  EXPECT_EQ(session.search.hits().size(), 1u);
  EXPECT_EQ(selected(), 14u);  // goes to the first
  search("fd=4");
  const auto hits = session.search.hits();
  std::vector<RecordId> ids;
  for (const uint32_t row : hits) ids.push_back(session.timeline.records.id(row));
  EXPECT_EQ(ids, (std::vector<RecordId>{10, 11, 12, 14, 15, 16}));
  session.perform(Action::NextHit);
  const RecordId first = selected();
  session.perform(Action::PreviousHit);
  EXPECT_NE(selected(), first);
  search("balloons");
  EXPECT_EQ(selected(), 18u);
  search("nonsense=1");
  EXPECT_NE(session.search.error(), "");
  EXPECT_TRUE(session.search.hits().empty());
  search("");
  EXPECT_EQ(session.search.error(), "");
}

TEST_F(SessionTest, FoldsAndFilters) {
  const size_t all = session.layout.places().size();
  Request fold;
  fold.kind = Request::Kind::Fold;
  fold.a = session.layout.places()[0].track;
  session.handle(fold);
  EXPECT_EQ(session.layout.places().size(), 1u);
  go_to(18);  // unfolds what it must
  EXPECT_EQ(session.layout.places().size(), all);
  session.set_filter("FD 4, nothing");
  EXPECT_EQ(session.layout.places().size(), 2u);
  session.perform(Action::Clear);  // the selection
  session.perform(Action::Clear);  // the filter
  EXPECT_EQ(session.layout.places().size(), all);
}

TEST_F(SessionTest, ZoomKeepsTheTimeUnderTheMouse) {
  session.mouse_x = 300;
  const Ns there = session.view.t_at(300);
  session.perform(Action::ZoomIn);
  EXPECT_NEAR(double(session.view.t_at(300)), double(there), session.view.ns_per_px() * 1.5);
}

TEST(SessionOfNothing, EveryActionIsHarmless) {
  for (const std::string& text : {std::string(), kHeader, std::string("{}\n")}) {
    const TraceOnDisk file(text);
    Session session(file.path(), [] {});
    load_all(session);
    for (const KeyBinding& binding : key_bindings()) session.perform(binding.action);
    EXPECT_TRUE(session.arrows().empty());
  }
}

TEST(KeyBindings, NoTwoAreTheSameAndAllAreExplained) {
  const auto bindings = key_bindings();
  for (size_t i = 0; i < bindings.size(); ++i)
    for (size_t k = i + 1; k < bindings.size(); ++k)
      EXPECT_FALSE(bindings[i].key == bindings[k].key && bindings[i].ctrl == bindings[k].ctrl &&
                   bindings[i].shift == bindings[k].shift && bindings[i].alt == bindings[k].alt)
          << i << " and " << k;
  for (const KeyBinding& binding : bindings) EXPECT_EQ(binding.keys.empty(), binding.does.empty());
}

}  // namespace
}  // namespace loopscope::viewer
