// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/watch_lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/model_state.h"
#include "trace-model/show_line_files.h"
#include "trace-model/story/burst_words.h"
#include "trace-model/terminal_text.h"
#include "trace-model/text_table.h"

namespace loopscope::trace_model {
namespace {

std::string split_words(const Burst& burst) {
  if (!burst.scheduled || (burst.runnable == 0 && burst.blocked == 0)) return {};
  std::string text = fmt::format(" (ran {}", duration_text(burst.running()));
  if (burst.runnable) text += fmt::format(", no CPU {}", duration_text(burst.runnable));
  if (burst.blocked) text += fmt::format(", asleep {}", duration_text(burst.blocked));
  return text + ")";
}

std::string opened_words(const Burst& burst) {
  std::string text;
  for (const OpenedPath& opened : burst.opened)
    if (opened.error == 0)
      text += fmt::format("{}{}", text.empty() ? ", opened " : ", ", terminal_text(opened.path));
  if (burst.opened_total > burst.opened.size()) text += ", …";
  return text;
}

std::string wait_name(const Burst& burst) {
  const std::string_view kind = wait_kind_name(burst.kind);
  return burst.fd >= 0 ? fmt::format("{} {}", kind, burst.fd) : std::string(kind);
}

}  // namespace

void WatchLines::on_burst_begun(const Burst& burst, const Thread& /*thread*/) {
  std::string& name = ready_[burst.tid];
  name.clear();
  if (burst.ready.empty() || burst.ready.front().fd < 0) return;
  append_descriptor(name, analysis_.model().state(), burst.ready.front().file, burst.pid,
                    burst.ready.front().fd);
}

void WatchLines::on_burst(const Burst& burst, const Thread& /*thread*/) {
  if (burst.length() < slower_) return;
  std::string text =
      fmt::format("{:>12}  {:>7}  {}", offset_text(burst.start), burst.tid, wake_cause_name(burst.cause));
  if (const auto ready = ready_.find(burst.tid); ready != ready_.end() && !ready->second.empty())
    text += " on fd " + ready->second;
  if (burst.ready_total > 1) text += fmt::format(" and {} more", burst.ready_total - 1);
  text += fmt::format(": {}{}, {}", duration_text(burst.length()), split_words(burst),
                      counted(burst.calls, "call"));
  if (burst.woken.t && burst.woken.delay >= 1'000'000)
    text += fmt::format(", ran {} after it was woken", duration_text(burst.woken.delay));
  if (burst.looks) text += fmt::format(", looked again {}×", burst.looks);
  text += opened_words(burst);
  if (slower_ > 0)
    if (const std::string story = burst_story(burst); !story.empty()) text += "; " + story;
  put_(text);
}

void WatchLines::on_event(const Event& event) {
  if (const Exit* exit = std::get_if<Exit>(&event)) ready_.erase(exit->tid);
  if (const Lost* lost = std::get_if<Lost>(&event))
    put_(fmt::format("{:>12}  {} lost until {}: what follows may lack bursts", offset_text(lost->t),
                     counted(lost->count, "record"), offset_text(lost->until)));
}

void WatchTop::on_burst(const Burst& burst, const Thread& thread) {
  const std::pair key{burst.tid, burst.instance};
  if (!rows_.contains(key) && rows_.size() >= kMaxRows) return;
  Row& row = rows_[key];
  row.comm = thread.comm;
  row.wait = wait_name(burst);
  row.busy = time_after(row.busy, std::max<Ns>(burst.length(), 0));
  ++row.bursts;
  row.length.add(burst.length());
  ++row.causes[size_t(burst.cause)];
}

void WatchTop::on_event(const Event& event) {
  if (const Lost* lost = std::get_if<Lost>(&event)) lost_ += lost->count;
  if (const Exit* exit = std::get_if<Exit>(&event))
    std::erase_if(rows_, [&](const auto& row) { return row.first.first == exit->tid; });
}

std::vector<std::string> WatchTop::rows(Ns interval) {
  std::vector<std::pair<Ns, TableRow>> sorted;
  const double seconds = std::max(double(interval) / 1e9, 1e-6);
  for (auto& [key, row] : rows_) {
    const auto main = std::ranges::max_element(row.causes);
    sorted.push_back({row.busy,
                      {fmt::format("{} {}", key.first, terminal_text(row.comm)), row.wait,
                       fmt::format("{:.0f} %", std::min(100.0, double(row.busy) / 1e7 / seconds)),
                       fmt::format("{:.0f}", double(row.bursts) / seconds),
                       row.bursts ? duration_text(row.length.quantile(0.99)) : "-",
                       *main ? std::string(wake_cause_name(WakeCause(main - row.causes.begin()))) : "-"}});
    row.busy = 0;
    row.bursts = 0;
    row.length = {};
    row.causes = {};
  }
  std::ranges::stable_sort(sorted, std::greater(), &std::pair<Ns, TableRow>::first);
  std::vector<TableRow> table{{"THREAD", "WAITS IN", "BUSY", "WAKEUPS/S", "P99 BURST", "MOSTLY WOKEN BY"}};
  for (auto& [busy, row] : sorted) table.push_back(std::move(row));
  std::vector<std::string> lines = table_lines(table, {2, 3, 4});
  if (lost_) lines.push_back(fmt::format("{} lost so far", counted(lost_, "record")));
  return lines;
}

}  // namespace loopscope::trace_model
