// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/workspace.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "trace-model/terminal_text.h"

namespace loopscope::viewer {

using trace_model::terminal_text;
using trace_model::time_after;
using trace_model::time_between;

namespace {

constexpr size_t kMostTraces = 2;

std::optional<Panel> panel_of(Action action) {
  switch (action) {
    case Action::ShowListeners:
      return Panel::Listeners;
    case Action::ShowLoops:
      return Panel::Loops;
    case Action::ShowFindings:
      return Panel::Findings;
    case Action::ShowEvents:
      return Panel::Events;
    case Action::ShowWatched:
      return Panel::Watched;
    case Action::ShowRangeFigures:
      return Panel::Range;
    case Action::ShowNotes:
      return Panel::Notes;
    case Action::ShowLab:
      return Panel::Lab;
    case Action::ShowRecord:
      return Panel::Record;
    case Action::ShowCompare:
      return Panel::Compare;
    default:
      return std::nullopt;
  }
}

std::string words_of(const trace_model::Comparison& comparison) {
  const auto clear =
      std::ranges::count(comparison.rows, trace_model::Verdict::Clear, &trace_model::ComparisonRow::verdict);
  return fmt::format("Compared per request: {} of {} figures differ clearly", clear, comparison.rows.size());
}

bool same_view(const ViewRange& a, const ViewRange& b) {
  return a.start == b.start && a.span == b.span;
}

}  // namespace

Workspace::Workspace(const std::vector<std::string>& paths, std::function<void()> wake,
                     const SessionOptions& options)
    : servers(wake),
      comparing(wake),
      exercises(wake),
      wake_(std::move(wake)),
      options_(options),
      exporting_(wake_) {
  for (const std::string& path : paths) open(path, true);
  active_ = 0;
}

void Workspace::open(const std::string& path, bool beside) {
  auto opened = std::make_unique<Session>(path, wake_, options_);
  if (!beside) traces_.clear();
  if (traces_.size() == kMostTraces) traces_.pop_back();
  traces_.push_back(std::move(opened));
  active_ = traces_.size() - 1;
  aligned_ = false;
  settings.note_file(path);
}

void Workspace::close(size_t i) {
  if (i >= traces_.size() || traces_.size() < 2) return;
  traces_.erase(traces_.begin() + ptrdiff_t(i));
  active_ = 0;
}

bool Workspace::live() const {
  return std::ranges::any_of(traces_, [](const auto& each) { return each->live(); });
}

bool Workspace::waiting() const {
  return std::ranges::any_of(traces_, [](const auto& each) { return each->loader.waiting(); });
}

bool Workspace::recording() const {
  return (recording_ && recording_->running()) || (demo_ && demo_->running());
}

bool Workspace::take_loaded(Ns budget_ns) {
  take_recording();
  bool changed = false;
  for (const auto& each : traces_)
    changed = each->take_loaded(budget_ns / Ns(std::max<size_t>(1, traces_.size()))) || changed;
  align();
  changed = servers.poll() || changed;
  changed = exercises.poll() || changed;
  if (comparing.poll()) {
    changed = true;
    const auto& comparison = comparing.comparison();
    status_ = comparison ? words_of(*comparison) : comparing.trouble();
  }
  if (std::string outcome = exporting_.take_outcome(); !outcome.empty()) {
    status_ = std::move(outcome);
    changed = true;
  }
  return changed;
}

// Two traces begin side by side at the same scale.
void Workspace::align() {
  if (aligned_ || count() != 2) return;
  for (const auto& each : traces_)
    if (!each->complete() || each->timeline.empty()) return;
  aligned_ = true;
  if (!linked_) return;
  const double span = std::max(traces_[0]->view.span, traces_[1]->view.span);
  for (const auto& each : traces_) {
    each->view.start = time_after(each->timeline.begin(), -Ns(span / 100));
    each->view.span = span;
  }
}

void Workspace::link_views(const ViewRange& before) {
  const ViewRange& after = active().view;
  if (!linked() || same_view(before, after)) return;
  Session& other = *traces_[1 - active_];
  if (other.following()) return;
  // Where it was, moved as far and stretched as much.
  const double factor = after.span / before.span;
  const Ns apart = time_between(before.start, other.view.start);
  other.view.start = time_after(after.start, apart);
  if (std::abs(factor - 1) > 1e-9 && std::abs(other.view.span - before.span) > 1) {
    other.view.span = std::max(kShortestSpan, other.view.span * factor);
  } else {
    other.view.span = after.span;
  }
}

// Both whole, and a second as wide in one as in the other.
void Workspace::show_all_of_both() {
  double span = 0;
  for (const auto& trace : traces_) {
    trace->perform(Action::ShowAll);
    span = std::max(span, trace->view.span);
  }
  for (const auto& trace : traces_) trace->view.span = span;
}

void Workspace::toggle_link(bool on) {
  linked_ = on;
  if (!linked()) return;
  traces_[1 - active_]->view.span = active().view.span;
}

void Workspace::perform(Action action) {
  if (const auto panel = panel_of(action)) {
    wanted_panel = panel;
    drawer_open = true;
    if (*panel == Panel::Record && !servers.asked()) servers.refresh();
    if (*panel == Panel::Compare && !comparing.comparison() && !comparing.busy()) compare_both();
    return;
  }
  switch (action) {
    case Action::OpenFile:
      open_dialog = true;
      return;
    case Action::Palette:
      palette_open = !palette_open;
      return;
    case Action::Help:
      help_open = !help_open;
      return;
    case Action::NextTrace:
      if (count() == 2) active_ = 1 - active_;
      return;
    case Action::LinkTraces:
      return toggle_link(!linked_);
    case Action::CloseTrace:
      return close(active_);
    case Action::SavePicture:
      picture_path = free_path(empty() ? "loopscope" : active().loader.path(), "", ".png");
      picture_wanted = true;
      return;
    case Action::SaveTable:
      return save_table();
    case Action::SaveRange:
      return save_range();
    case Action::ToggleDrawer:
      drawer_open = !drawer_open;
      return;
    case Action::Bigger:
      settings.text_scale = std::min(3.0, settings.text_scale * 1.1);
      return;
    case Action::Smaller:
      settings.text_scale = std::max(0.6, settings.text_scale / 1.1);
      return;
    case Action::Quit:
      quit = true;
      return;
    case Action::NextTheme:
      next_theme = true;
      return;
    case Action::Clear:
      if (palette_open || help_open || open_dialog) {
        palette_open = help_open = open_dialog = false;
        return;
      }
      break;
    case Action::AddNote:
      wanted_panel = Panel::Notes;
      drawer_open = true;
      break;
    default:
      break;
  }
  if (exercises.gives_away(action)) return say(std::string(exercises.refusal()));
  if (empty()) return;
  if (action == Action::ShowAll && linked()) return show_all_of_both();
  const ViewRange before = active().view;
  active().perform(action);
  link_views(before);
}

void Workspace::handle(const Request& request, size_t trace) {
  using enum Request::Kind;
  switch (request.kind) {
    case Perform:
      if (trace < count()) active_ = trace;
      return perform(request.action);
    case Activate:
      if (request.a < count()) active_ = request.a;
      return;
    case Close:
      return close(request.a);
    case Open:
    case OpenBeside:
      return open(request.text, request.kind == OpenBeside);
    case Link:
      return toggle_link(request.a != 0);
    case RefreshServers:
      return servers.refresh(request.a == 1);
    case Record:
      return start_recording(int(request.a));
    case RecordDemo:
      if (recording()) return;
      demo_ = std::make_unique<DemoRecording>(wake_);
      demo_shown_ = false;
      status_ = "Starting both demo servers, and recording them …";
      return;
    case StopRecording:
      if (recording_) recording_->stop();
      if (demo_) demo_->stop();
      return;
    case Compare:
      return compare_both();
    case SavePicture:
      return perform(Action::SavePicture);
    case SaveTable:
      return save_table();
    case SaveRange:
      return save_range();
    case StartExercise:
    case CloseExercise:
    case GiveHint:
    case Predict:
    case SetParameter:
    case SetLanguage:
      return exercises.handle(request);
    case AnswerExercise:
      if (trace < count()) exercises.answer(traces_[trace]->loader.path(), unpacked(request.text));
      return;
    default:
      break;
  }
  if (trace >= count()) return;
  if (request.kind != Scroll && request.kind != Pan && request.kind != Zoom) active_ = trace;
  const size_t active = std::exchange(active_, trace);
  const ViewRange before = traces_[trace]->view;
  traces_[trace]->handle(request);
  link_views(before);
  active_ = active;
  if (request.kind == AddNote) wanted_panel = Panel::Notes;
}

void Workspace::start_recording(int pid) {
  if (recording() || pid <= 0) return;
  std::string name = "server";
  for (const RunningServer& each : servers.answer().servers)
    if (each.pid == pid && !each.name.empty()) name = each.name;
  recording_ = std::make_unique<Recording>(std::vector{pid}, recording_path(name, pid), wake_);
  recording_shown_ = false;
  status_ = fmt::format("Attaching to {} {} …", name, pid);
}

// What is recorded is opened as soon as there is something of it.
void Workspace::take_recording() {
  if (recording_ && !recording_shown_ && recording_->readable()) {
    recording_shown_ = true;
    open(recording_->path(), false);
    status_ = "Recording into " + terminal_text(recording_->path());
  }
  if (recording_ && !recording_->running()) {
    const std::string trouble = recording_->trouble();
    status_ = trouble.empty() ? "Saved " + terminal_text(recording_->path()) : "Not recorded: " + trouble;
    recording_.reset();
  }
  if (demo_ && !demo_shown_)
    if (const auto paths = demo_->paths(); paths.size() == kMostTraces) {
      demo_shown_ = true;
      open(paths[0], false);
      open(paths[1], true);
      linked_ = true;
      active_ = 0;
      status_ = "Recording both demo servers for a few seconds";
    }
  if (demo_ && !demo_->running()) {
    const std::string trouble = demo_->trouble();
    status_ = !trouble.empty() ? "Not recorded: " + trouble
              : demo_shown_
                  ? "Saved " + terminal_text(demo_->paths()[0]) + " and " + terminal_text(demo_->paths()[1])
                  : "Stopped before there was a trace";
    demo_.reset();
  }
}

void Workspace::compare_both() {
  wanted_panel = Panel::Compare;
  if (count() == 2 && !comparing.busy())
    comparing.start(traces_[0]->loader.path(), traces_[1]->loader.path());
}

void Workspace::save_table() {
  if (empty() || exporting_.busy()) return;
  const Session& session = active();
  std::vector<uint32_t> rows = session.search.hits();
  if (!session.search.query().empty() && rows.empty())
    return say("The search found nothing, so there is nothing to save");
  status_ = "Saving the table …";
  exporting_.start([text = session.loader.text(), rows = std::move(rows),
                    path = free_path(session.loader.path(), "", ".csv")](const std::atomic<bool>& stopped) {
    return write_table(*text, rows, path, stopped);
  });
}

void Workspace::save_range() {
  if (empty() || exporting_.busy()) return;
  const Session& session = active();
  const auto& range = session.range();
  if (!range) return say("Drag over the lanes first: that is the range to save");
  status_ = "Saving the range …";
  exporting_.start([text = session.loader.text(), range = *range,
                    path = free_path(session.loader.path(), "-part", ".loopscope.jsonl")](
                       const std::atomic<bool>& stopped) {
    return write_range(*text, range.first, range.second, path, stopped);
  });
}

}  // namespace loopscope::viewer
