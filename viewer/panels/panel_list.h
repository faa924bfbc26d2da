// SPDX-License-Identifier: Apache-2.0
// The panels in the lower right of the window. A part of the program that has one of its own adds it here:
//
//   window.panels().add({"lab", "Exercises", [&](const Frame& frame) { … }});
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/panels/frame.h"

namespace loopscope::viewer {

struct PanelEntry {
  std::string_view name;   // on the command line
  std::string_view title;  // on its tab
  std::function<void(const Frame&)> draw;
  std::function<std::string(const Frame&)> count = {};  // shown behind the title
  std::function<bool(const Frame&)> there = {};         // whether it has a tab now; always, when not given
};

class PanelList {
 public:
  PanelList();  // with those that are always there, in the order of Panel

  void add(PanelEntry entry) { entries_.push_back(std::move(entry)); }
  void show(size_t i) { wanted_ = i; }
  // False: there is none of that name.
  bool show(std::string_view name);
  // In the window that is being drawn.
  void draw(const Frame& frame);

 private:
  std::vector<PanelEntry> entries_;
  std::optional<size_t> wanted_;
};

// What is in the list from the beginning.
void draw_listeners(const Frame& frame);
void draw_watched(const Frame& frame);
void draw_loops(const Frame& frame);
void draw_findings(const Frame& frame);
void draw_range(const Frame& frame);
void draw_record(const Frame& frame);
void draw_compare(const Frame& frame);

class EventTable {
 public:
  void draw(const Frame& frame);

 private:
  // What the order was made of: made again when any of it changes.
  struct Made {
    int order = 0;
    size_t trace = 0, count = 0, hits = 0;
    uint32_t first = 0;
    bool only = false;
    bool operator==(const Made&) const = default;
  };
  void choose_order(const Frame& frame, bool only);

  bool hits_only_ = false;
  int order_ = 0;
  Made made_;
  std::vector<uint32_t> rows_;  // in that order; empty: as recorded
  uint32_t shown_row_ = kNone;  // scrolled to
};

class LabPanel {
 public:
  void draw(const Frame& frame);

 private:
  void page(const Frame& frame, const lab::Exercise& exercise);
  void form(const Frame& frame, const lab::Exercise& exercise);

  std::string id_;      // whose draft this is
  lab::Answer answer_;  // not handed in yet
  std::string prediction_;
  lab::ParameterValues parameters_;
};

class NotesPanel {
 public:
  void draw(const Frame& frame);

 private:
  int edited_ = -1;
  std::string text_;
};

}  // namespace loopscope::viewer
