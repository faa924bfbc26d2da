// SPDX-License-Identifier: Apache-2.0
// All that is open in the window: one trace, or two below each other; what is being recorded, compared and
// saved. It knows no window either.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viewer/logic/comparing.h"
#include "viewer/logic/demo_recording.h"
#include "viewer/logic/exercises.h"
#include "viewer/logic/export.h"
#include "viewer/logic/recording.h"
#include "viewer/logic/server_list.h"
#include "viewer/logic/session.h"
#include "viewer/logic/settings.h"

namespace loopscope::viewer {

// What the lower right of the window shows. Other parts of the program may add to it: panels/panel_list.h.
enum class Panel : uint8_t {
  Listeners,
  Watched,
  Loops,
  Findings,
  Events,
  Range,
  Notes,
  Record,
  Compare,
  Lab
};

class Workspace {
 public:
  // Without a path nothing is open.
  Workspace(const std::vector<std::string>& paths, std::function<void()> wake,
            const SessionOptions& options = {});

  bool take_loaded(Ns budget_ns);  // of everything that works on the side; true when something changed
  void handle(const Request& request, size_t trace);
  void perform(Action action);

  [[nodiscard]] bool empty() const { return traces_.empty(); }
  [[nodiscard]] size_t count() const { return traces_.size(); }
  [[nodiscard]] Session& trace(size_t i) { return *traces_[i]; }
  [[nodiscard]] const Session& trace(size_t i) const { return *traces_[i]; }
  [[nodiscard]] Session& active() { return *traces_[active_]; }
  [[nodiscard]] const Session& active() const { return *traces_[active_]; }
  [[nodiscard]] size_t active_number() const { return active_; }
  [[nodiscard]] bool linked() const { return linked_ && count() == 2; }
  [[nodiscard]] bool live() const;
  [[nodiscard]] bool waiting() const;  // there is something to take

  void open(const std::string& path, bool beside);
  void close(size_t i);

  ServerList servers;
  Comparing comparing;
  Exercises exercises;
  Settings settings;
  std::optional<Panel> wanted_panel;  // to be shown, for the panels to take
  bool drawer_open = true, help_open = false, palette_open = false, open_dialog = false, next_theme = false,
       quit = false;
  bool picture_wanted = false;  // for whoever can make one
  std::string picture_path;

  [[nodiscard]] bool recording() const;
  [[nodiscard]] const std::string& status() const { return status_; }  // one sentence on what was done last
  void say(std::string sentence) { status_ = std::move(sentence); }

 private:
  void link_views(const ViewRange& before);
  void show_all_of_both();
  void align();
  void take_recording();
  void start_recording(int pid);
  void save_table();
  void save_range();
  void toggle_link(bool on);
  void compare_both();

  std::function<void()> wake_;
  SessionOptions options_;
  std::vector<std::unique_ptr<Session>> traces_;
  size_t active_ = 0;
  bool linked_ = true, aligned_ = false;
  std::string status_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<DemoRecording> demo_;
  bool recording_shown_ = false, demo_shown_ = false;
  Exporting exporting_;
};

}  // namespace loopscope::viewer
