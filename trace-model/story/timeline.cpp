// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/timeline.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trace-model/duration_text.h"
#include "trace-model/model_state.h"
#include "trace-model/story/loop_words.h"
#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {
namespace {

constexpr int64_t kAdd = 1;        // EPOLL_CTL_ADD
constexpr uint8_t kAcceptOp = 13;  // IORING_OP_ACCEPT
constexpr size_t kLabel = 22;      // columns of a lane's name
constexpr Ns kWidestBin = INT64_MAX / Ns(Timeline::kBins) / 4;

std::string label(const std::string& text) {
  std::string cut = cut_to_columns(text, kLabel - 1);
  return cut + std::string(kLabel - column_count(cut), ' ');
}

std::string thread_label(Pid tid, const std::string& comm) {
  return label(fmt::format("{}{}{}", tid, comm.empty() ? "" : " ", terminal_text(comm)));
}

// Of small counts: 1 is the lowest bar that can be seen, the most frequent the highest.
std::string bars(const std::vector<uint64_t>& counts, uint64_t full, bool utf8) {
  std::string text;
  for (const uint64_t count : counts)
    text += count == 0 ? (utf8 ? "·" : ".")
                       : bar(std::max(1u, unsigned(std::lround(double(count) / double(full) * 8))), utf8);
  return text;
}

uint64_t most_of(const std::vector<uint64_t>& counts) {
  return counts.empty() ? 1 : std::max<uint64_t>(1, *std::ranges::max_element(counts));
}

}  // namespace

void Timeline::count(Counts& counts, size_t bin, uint64_t by) {
  if (counts.size() <= bin) counts.resize(bin + 1);
  counts[bin] += by;
}

void Timeline::widen() {
  bin_ns_ *= 2;
  const auto halve = [](Counts& counts) {
    for (size_t i = 0; i < counts.size(); i += 2)
      counts[i / 2] = counts[i] + (i + 1 < counts.size() ? counts[i + 1] : 0);
    counts.resize((counts.size() + 1) / 2);
  };
  for (auto& [tid, lane] : lanes_) halve(lane.busy);
  for (auto& [key, lane] : listeners_) halve(lane.accepts), halve(lane.adds);
  halve(wakeups_);
}

bool Timeline::place(Ns t, size_t& bin) {
  const Window& window = analysis_->window();
  if (!window.has(t)) return false;
  if (!started_) {
    started_ = true;
    origin_ = window.from == INT64_MIN ? 0 : window.from;
  }
  const Ns after = std::max<Ns>(time_between(origin_, t), 0);
  while (after / bin_ns_ >= Ns(kBins) && bin_ns_ < kWidestBin) widen();
  bin = size_t(std::min<Ns>(after / bin_ns_, Ns(kBins) - 1));
  return true;
}

void Timeline::listener(FileId file, Pid pid, int fd, Ns t, bool added) {
  const OpenFile* known = analysis_->model().state().files.find(file);
  size_t bin = 0;
  if (!known || (!known->listening && added) || !place(t, bin)) return;
  if (!listeners_.contains({file, pid}) && listeners_.size() >= kMaxLanes) return;
  ListenerLane& lane = listeners_[{file, pid}];
  lane.pid = pid;
  lane.fd = fd;
  lane.address = known->local;
  count(added ? lane.adds : lane.accepts, bin, 1);
}

void Timeline::on_call(const Call& call, const Thread& thread) {
  if (!call.spec) return;
  if (call.spec->family == CallFamily::Accept && call.error == 0)
    listener(call.files[0], thread.pid, int(call.args[0]), call.returned(), false);
  if (call.spec->name == "epoll_ctl" && call.error == 0 && call.arg("op") == kAdd)
    if (const int fd = int(call.arg("fd").value_or(-1));
        const OpenFile* file = thread.table ? thread.table->at(fd) : nullptr)
      listener(file->id, thread.pid, fd, call.returned(), true);
  size_t bin = 0;
  if (thread.activity.in_burst || call.spec->wait != WaitKind::None || !place(call.t, bin)) return;
  const auto known = lanes_.find(thread.tid);
  if (known != lanes_.end() && known->second.loop) return;
  if (known == lanes_.end() && lanes_.size() >= kMaxLanes) return void(++lanes_left_out_);
  Lane& lane = known == lanes_.end() ? lanes_[thread.tid] : known->second;
  lane.pid = thread.pid;
  ++lane.total;
  count(lane.busy, bin, 1);
}

void Timeline::on_cqe(const Cqe& cqe) {
  if (cqe.op == kAcceptOp && cqe.res >= 0) listener(cqe.of, cqe.pid, cqe.fd, cqe.t, false);
}

void Timeline::on_event(const Event& event) {
  size_t bin = 0;
  (void)place(completion_time(event), bin);
}

void Timeline::on_burst_begun(const Burst& burst, const Thread& /*thread*/) {
  size_t bin = 0;
  if (burst.slept != Slept::No && place(burst.start, bin)) count(wakeups_, bin, 1);
}

// Its time, in the bins that it covers.
void Timeline::on_burst(const Burst& burst, const Thread& thread) {
  size_t first = 0, last = 0;
  if (!place(burst.start, first)) return;
  const auto known = lanes_.find(thread.tid);
  if (known == lanes_.end() && lanes_.size() >= kMaxLanes) return void(++lanes_left_out_);
  Lane& lane = lanes_[thread.tid];
  if (!lane.loop) lane.busy.clear(), lane.total = 0;
  lane.loop = true;
  lane.pid = thread.pid;
  const Ns end = std::min(burst.end, analysis_->window().until);
  if (!place(end > burst.start ? end - 1 : burst.start, last) || !place(burst.start, first)) return;
  lane.total += uint64_t(std::max<Ns>(burst.length(), 0));
  for (size_t bin = first; bin <= last; ++bin) {
    const Ns begins = time_after(origin_, Ns(bin) * bin_ns_), ends = time_after(begins, bin_ns_);
    count(lane.busy, bin,
          uint64_t(std::max<Ns>(time_between(std::max(begins, burst.start), std::min(ends, end)), 0)));
  }
}

Timeline::Column Timeline::columns(const Report& report, size_t most) const {
  const Ns until = std::min(analysis_->window().until, std::max(report.last_t, origin_));
  const Ns span = std::max<Ns>(time_between(origin_, until), 1);
  const Ns bins = std::clamp<Ns>((span - 1) / bin_ns_ + 1, 1, Ns(kBins));
  const Ns each = (bins - 1) / Ns(most) + 1;
  return {size_t((bins - 1) / each + 1), origin_, each * bin_ns_};
}

Timeline::Counts Timeline::in_columns(const Counts& counts, const Column& column) const {
  Counts sums(column.count);
  const size_t each = size_t(column.width / bin_ns_);
  for (size_t i = 0; i < counts.size(); ++i) sums[std::min(i / each, column.count - 1)] += counts[i];
  return sums;
}

std::string Timeline::text(const Report& report, const PageOptions& options, bool utf8) const {
  TextPage page(options);
  const Column column = columns(report, page.columns() > kLabel + 20 ? page.columns() - kLabel : 20);
  const auto comm_of = [&](Pid tid) {
    for (const ReportLoop& loop : report.loops)
      if (loop.tid == tid) return loop.comm;
    for (const ReportProcess& process : report.processes)
      for (const ThreadName& thread : process.threads)
        if (thread.tid == tid) return thread.comm;
    return std::string();
  };
  std::string axis = time_text(column.from).substr(0, time_text(column.from).find(' ')) + " s";
  const std::string end =
      fmt::format("{:.3f} s", double(time_after(column.from, column.width * Ns(column.count))) / 1e9);
  if (axis.size() + end.size() + 1 < column.count)
    axis += std::string(column.count - axis.size() - end.size(), ' ') + end;
  page.heading(label("one column: " + duration_text(column.width)) + axis);
  for (const auto& [key, lane] : listeners_) {
    const Counts accepts = in_columns(lane.accepts, column), adds = in_columns(lane.adds, column);
    std::string row = label(fmt::format("fd {} {}", lane.fd, terminal_text(lane.address)));
    for (size_t i = 0; i < column.count; ++i) row += adds[i] ? "+" : accepts[i] ? "A" : utf8 ? "─" : "-";
    page.verbatim(0, row);
  }
  for (const bool loops : {true, false})
    for (const auto& [tid, lane] : lanes_) {
      if (lane.loop != loops) continue;
      const Counts counts = in_columns(lane.busy, column);
      page.verbatim(0, thread_label(tid, comm_of(tid)) +
                           bars(counts, loops ? uint64_t(column.width) : most_of(counts), utf8));
    }
  const Counts wakeups = in_columns(wakeups_, column);
  page.verbatim(
      0, label(fmt::format("wakeups, {} most", most_of(wakeups))) + bars(wakeups, most_of(wakeups), utf8));
  page.line(
      0,
      fmt::format("A accepted, + registered with epoll; a loop's bar: the share of the column that it was "
                  "busy ({}: asleep); another thread's: its calls.",
                  utf8 ? "·" : "."),
      Tone::Faint);
  if (lanes_left_out_) page.line(0, "More threads are left out.", Tone::Faint);
  return page.take();
}

std::string Timeline::json(const Report& report) const {
  using nlohmann::ordered_json;
  const Column column = columns(report, kBins);
  ordered_json json{{"from", column.from}, {"column_ns", column.width}, {"columns", column.count}};
  json["listeners"] = ordered_json::array();
  for (const auto& [key, lane] : listeners_)
    json["listeners"].push_back({{"pid", lane.pid},
                                 {"fd", lane.fd},
                                 {"address", lane.address},
                                 {"accepts", in_columns(lane.accepts, column)},
                                 {"adds", in_columns(lane.adds, column)}});
  json["loops"] = ordered_json::array();
  json["threads"] = ordered_json::array();
  for (const auto& [tid, lane] : lanes_)
    json[lane.loop ? "loops" : "threads"].push_back(
        {{"pid", lane.pid}, {"tid", tid}, {lane.loop ? "busy_ns" : "calls", in_columns(lane.busy, column)}});
  json["wakeups"] = in_columns(wakeups_, column);
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace loopscope::trace_model
