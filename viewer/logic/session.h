// SPDX-License-Identifier: Apache-2.0
// One trace being looked at: what is in view, what is selected, where one came from. Panels show it and hand
// back Requests; keys hand in Actions. It knows no window.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viewer/logic/interest_at.h"
#include "viewer/logic/layout.h"
#include "viewer/logic/loader.h"
#include "viewer/logic/notes.h"
#include "viewer/logic/range_figures.h"
#include "viewer/logic/record_text.h"
#include "viewer/logic/relations.h"
#include "viewer/logic/requests.h"
#include "viewer/logic/search.h"
#include "viewer/logic/view_range.h"

namespace loopscope::viewer {

// What becomes of what a search does not find.
enum class SearchMode : uint8_t { Step, Dim, Only };

struct SessionOptions {
  Follow follow = Follow::IfWritten;
  uint64_t most_bytes = 1 << 30;  // of a trace that is being recorded; of others all is kept
};

class Session {
 public:
  Session(const std::string& path, const std::function<void()>& wake, const SessionOptions& options = {});

  // Takes what the loader has ready; true when something changed.
  bool take_loaded(Ns budget_ns);
  void handle(const Request& request);
  void perform(Action action);
  void start_search(const std::string& query);
  void set_search_mode(SearchMode mode);
  void set_filter(const std::string& filter);

  void select(uint32_t lane, uint32_t index);
  void select_row(uint32_t row);
  void go_to_row(uint32_t row);
  void show_selection();
  void show_all();
  void show(Ns from, Ns to);

  Timeline timeline;
  Layout layout;
  ViewRange view;
  Search search;
  Loader loader;
  RecordText texts;
  Notes notes;
  std::optional<Loaded> loaded;  // what is known so far; complete once all has come in

  float scroll = 0;                                 // px of the lanes above the window
  float lanes_height = 400;                         // px in which lanes are drawn, told by the canvas
  double mouse_x = -1;                              // over the canvas; below 0: not there
  bool focus_search = false, focus_filter = false;  // for the panels to take
  int finding = -1;                                 // the one stepped to
  int note = -1;                                    // likewise
  bool edit_note = false;

  // A trace that is being recorded: the newest stays in view until somebody goes elsewhere.
  [[nodiscard]] bool complete() const { return loaded && loaded->complete; }
  [[nodiscard]] std::string error() const {
    return loaded ? loaded->error : std::string();
  }  // why it is not shown
  [[nodiscard]] bool live() const { return loader.live(); }
  [[nodiscard]] bool following() const { return following_ && live(); }
  void set_following(bool on);
  [[nodiscard]] uint64_t dropped() const { return timeline.records.first(); }  // records, the oldest

  [[nodiscard]] const Selection& selection() const { return selection_; }
  [[nodiscard]] const std::vector<Arrow>& arrows() const;
  [[nodiscard]] std::pair<Ns, Ns> span_of(const Selection& selection) const;
  [[nodiscard]] uint32_t loop_track() const;  // whose wakeups are stepped through; kNone
  // The time that one looks at: of the selection, else the middle of the view.
  [[nodiscard]] Ns looked_at() const;

  [[nodiscard]] const std::optional<std::pair<Ns, Ns>>& range() const { return range_; }
  void set_range(Ns from, Ns to);
  [[nodiscard]] const RangeFigures& range_figures() const;  // of the range, or of all where there is none

  [[nodiscard]] SearchMode search_mode() const { return search_mode_; }
  // What epoll instances watched at that time.
  [[nodiscard]] const InterestAnswer& watched_at(Ns t) const;
  // Whether the search found one of these events of a lane.
  [[nodiscard]] bool has_hit(uint32_t lane, uint32_t first, uint32_t count) const;

 private:
  struct Visited {
    ViewRange view;
    float scroll = 0;
    Selection selection;
  };

  void remember();
  void undo();
  void set_selection(const Selection& selection);
  void bring_into_view();
  void reveal_track(uint32_t track);
  void moved();
  void keep_live();
  void drop_what_is_too_much();
  void forget_what_is_gone();
  void note_hits();
  void step_event(int by);
  void step_lane(int by);
  void step_burst(int by);
  void step_finding(int by);
  void step_note(int by);
  void step_hit(bool forward);
  void step_registration();
  void follow_arrow(bool forward);
  void add_note(Ns from, Ns to);
  void go_to_note(size_t i);
  void clear();

  const uint64_t most_bytes_;
  Selection selection_;
  // Worked out when somebody asks.
  mutable std::vector<Arrow> arrows_;
  mutable bool arrows_known_ = false;
  mutable RangeFigures range_figures_;
  mutable uint32_t figures_rows_ = kNone;
  mutable InterestAnswer watched_;
  mutable std::optional<uint64_t> watched_steps_;
  bool moved_ = false, go_to_first_hit_ = false, following_ = true;
  std::vector<Visited> visited_;
  std::optional<std::pair<Ns, Ns>> range_;
  SearchMode search_mode_ = SearchMode::Step;
  std::vector<uint8_t> hit_tracks_;
  size_t hits_noted_ = 0;
};

}  // namespace loopscope::viewer
