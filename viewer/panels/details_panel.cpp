// SPDX-License-Identifier: Apache-2.0
// What is selected: the record as `loopscope show` prints it, what it belongs to, and for a wakeup what it
// ran.
#include <fmt/format.h>

#include <algorithm>

#include "trace-model/duration_text.h"
#include "viewer/panels/frame.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {
namespace {

using trace_model::duration_text;
using trace_model::time_between;
using trace_model::time_text;

constexpr uint32_t kMostCalls = 200, kMostScanned = 2'000'000;

void dim_text(const Frame& frame, const std::string& text) {
  wrapped_text(frame.theme.dim, text);
}

void mono_text(const Frame& frame, const std::string& text) {
  ImGui::PushFont(frame.mono);
  wrapped_text(text);
  ImGui::PopFont();
}

// Without the columns in which show aligns its lines.
std::string close_up(const std::string& line) {
  std::string text;
  for (const char c : line)
    if (c != ' ' || (!text.empty() && text.back() != ' ')) text += c;
  return text;
}

std::string track_text(const Timeline& timeline, uint32_t lane) {
  return timeline.tracks[timeline.lanes[lane].track].name;
}

// The record before or behind it that is about the same file.
std::optional<uint32_t> same_file(const Timeline& timeline, uint32_t row, int by) {
  const FileId file = timeline.records.file(row);
  int64_t at = int64_t(row) + by;
  for (uint32_t steps = 0;
       at >= timeline.records.first() && at < timeline.records.size() && steps < kMostScanned;
       at += by, ++steps)
    if (timeline.records.file(uint32_t(at)) == file) return uint32_t(at);
  return std::nullopt;
}

void same_descriptor(const Frame& frame, uint32_t row) {
  const Timeline& timeline = frame.session.timeline;
  const FileId file = timeline.records.has(row) ? timeline.records.file(row) : 0;
  if (file == 0) return;
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("Same descriptor:");
  for (const int by : {-1, 1}) {
    ImGui::SameLine();
    if (!ImGui::SmallButton(by < 0 ? "before" : "after")) continue;
    if (const auto found = same_file(timeline, row, by)) frame.go_to_row(*found);
  }
}

void title(const Frame& frame, const Selection& selection) {
  const Timeline& timeline = frame.session.timeline;
  if (!timeline.records.has(selection.row)) return dim_text(frame, "Its record was let go of.");
  const uint16_t what = timeline.records.what(selection.row);
  std::string text = manual_name(what);
  if (selection.drawn()) {
    const Look look = frame.look_of(selection.lane, selection.index);
    const std::string_view word = look_word(look);
    if (is_burst(look) || look == Look::Runnable || look == Look::Blocked || (is_mark(look) && !word.empty()))
      text = fmt::format("{}: {}", word, manual_name(what));
  }
  ImGui::TextUnformatted(text.c_str());
  ImGui::SameLine();
  ImGui::TextDisabled("id %llu", static_cast<unsigned long long>(timeline.records.id(selection.row)));
  if (!selection.drawn()) return dim_text(frame, "It has no place on the timeline.");
  const Lane& lane = timeline.lanes[selection.lane].lane;
  std::string when =
      fmt::format("{}  at {}", track_text(timeline, selection.lane), time_text(lane.start(selection.index)));
  const Ns dur = lane.dur(selection.index);
  if (dur == kOpen)
    when += fmt::format(", still so when the trace ends, {} later",
                        duration_text(time_between(lane.start(selection.index), timeline.end())));
  else if (dur > 0)
    when += fmt::format(", for {}", duration_text(dur));
  dim_text(frame, when);
}

void related(const Frame& frame) {
  const auto& arrows = frame.session.arrows();
  const Timeline& timeline = frame.session.timeline;
  const Selection& selection = frame.session.selection();
  int number = 0;
  for (const Arrow& arrow : arrows) {
    const bool outward = arrow.from.lane == selection.lane && arrow.from.index + 1 >= selection.index &&
                         arrow.from.index <= selection.index + 1;
    const End& far = outward ? arrow.to : arrow.from;
    const uint32_t row = timeline.lanes[far.lane].lane.record(far.index);
    const std::string text =
        fmt::format("{} {}{}  {}   {}##{}", outward ? "→" : "←", arrow.what, arrow.certain ? "" : " (likely)",
                    frame.texts.label(row), track_text(timeline, far.lane), number++);
    if (ImGui::Selectable(text.c_str())) frame.go_to(far.lane, far.index);
  }
}

// The calls of a burst, one line each, with the time since it began.
void burst_calls(const Frame& frame, const Selection& selection) {
  const Timeline& timeline = frame.session.timeline;
  const LaneOfTrack& waits = timeline.lanes[selection.lane];
  uint32_t burst = selection.index;
  if (!is_burst(waits.lane.look(burst))) ++burst;  // of a wait: what it woke to
  if (burst >= waits.lane.size() || !is_burst(waits.lane.look(burst))) return;
  const Ns begin = waits.lane.start(burst), end = waits.lane.end(burst, timeline.end());
  const uint32_t number = timeline.lane_of(waits.track, LaneRole::Calls);
  if (number == kNone) return;
  const Lane& calls = timeline.lanes[number].lane;
  const uint32_t first = calls.first_from(begin), behind = std::max(first, calls.first_from(end, first));
  uint32_t looked = 0;
  for (uint32_t i = first; i < behind && i - first < kMostScanned; ++i)
    looked += calls.look(i) == Look::Looked;
  ImGui::Separator();
  std::string text = fmt::format("{} in {}", trace_model::counted(behind - first - looked, "call"),
                                 duration_text(time_between(begin, end)));
  if (looked > 0) text += fmt::format(", looked again without sleeping ×{}", looked);
  ImGui::TextUnformatted(text.c_str());
  for (uint32_t i = first; i < behind && i - first < kMostCalls; ++i) {
    const std::string line = fmt::format(
        "+{:<9} {}   {}##{}", duration_text(time_between(begin, calls.start(i))),
        frame.texts.label(calls.record(i)), duration_text(calls.dur(i) == kOpen ? 0 : calls.dur(i)), i);
    if (ImGui::Selectable(line.c_str())) frame.go_to(number, i);
  }
  if (behind - first > kMostCalls) ImGui::TextDisabled("and %u more", behind - first - kMostCalls);
}

}  // namespace

void draw_details(const Frame& frame) {
  const Selection& selection = frame.session.selection();
  if (!selection.any()) {
    dim_text(
        frame,
        "Nothing is selected. Click on something in the lanes, or step through the wakeups with Ctrl+Right.");
    ImGui::Spacing();
    dim_text(frame,
             "Hatched: asleep. Coloured: what woke the loop (C connection, D data, N notification, T time, Q "
             "completion), "
             "and below it the calls it made. ▲ registered, ◆ accepted, B bind, L listen.");
    return;
  }
  title(frame, selection);
  ImGui::Spacing();
  mono_text(frame, close_up(frame.texts.line(selection.row)));
  ImGui::Spacing();
  related(frame);
  same_descriptor(frame, selection.row);
  if (selection.drawn() && frame.session.timeline.lanes[selection.lane].role == LaneRole::Waits)
    burst_calls(frame, selection);
}

}  // namespace loopscope::viewer
