// SPDX-License-Identifier: Apache-2.0
// One trace being looked at: what is in view, what is selected, where one came from. Panels show it and hand
// back Requests; keys hand in Actions. It knows no window.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viewer/logic/actions.h"
#include "viewer/logic/layout.h"
#include "viewer/logic/loader.h"
#include "viewer/logic/record_text.h"
#include "viewer/logic/relations.h"
#include "viewer/logic/search.h"
#include "viewer/logic/view_range.h"

namespace loopscope::viewer {

struct Request {
  enum class Kind : uint8_t {
    Select,     // the event `a` of lane `lane`
    SelectRow,  // the record `a`
    GoTo,       // likewise, and show it
    GoToRow,
    ShowRange,  // from `from` to `to`
    Perform,    // `action`
    Fold,       // the track `a`
    Pan,        // by `amount` pixels
    Zoom,       // by the factor `amount` about the pixel `x`
    Scroll,     // lanes, by `amount` pixels
    CentreOn,   // the time `from`
    ViewTo,     // as ShowRange, while something is dragged: no step to go back
    Unselect,
  };
  Kind kind = Kind::Unselect;
  uint32_t lane = kNone, a = kNone;
  Ns from = 0, to = 0;
  Action action = Action::Help;
  double amount = 0, x = 0;
};

class Session {
 public:
  Session(std::string path, const std::function<void()>& wake);

  // Takes what the loader has ready; true when something changed.
  bool take_loaded(Ns budget_ns);
  void handle(const Request& request);
  void perform(Action action);
  void start_search(const std::string& query);
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
  std::optional<Loaded> loaded;  // once all has come in

  float scroll = 0;          // px of the lanes above the window
  float lanes_height = 400;  // px in which lanes are drawn, told by the canvas
  double mouse_x = -1;       // over the canvas; below 0: not there
  bool help_open = false, drawer_open = true;
  bool focus_search = false, focus_filter = false;  // for the panels to take
  float text_scale = 1;
  int finding = -1;  // the one stepped to

  [[nodiscard]] const Selection& selection() const { return selection_; }
  [[nodiscard]] const std::vector<Arrow>& arrows();
  [[nodiscard]] std::pair<Ns, Ns> span_of(const Selection& selection) const;
  [[nodiscard]] uint32_t loop_track() const;  // whose wakeups are stepped through; kNone

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
  void step_event(int by);
  void step_burst(int by);
  void step_finding(int by);
  void step_hit(bool forward);
  void follow_arrow(bool forward);
  void clear();

  Selection selection_;
  std::vector<Arrow> arrows_;
  bool arrows_known_ = false, moved_ = false, go_to_first_hit_ = false;
  std::vector<Visited> visited_;
};

}  // namespace loopscope::viewer
