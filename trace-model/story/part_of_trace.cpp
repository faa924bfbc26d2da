// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/part_of_trace.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 5> kUnits{
    {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}};

bool reached(const Bound& bound, const Event& event) {
  return bound.t ? completion_time(event) >= *bound.t : id_of(event) >= bound.id;
}

}  // namespace

std::expected<Bound, std::string> parse_bound(std::string_view text) {
  const std::string_view whole = text;
  const auto wrong = [&] {
    return std::unexpected(fmt::format(
        "'{}' is not a time of the trace (1.5s, 200ms, 3.2 for seconds) nor a record's id (id=812)", whole));
  };
  for (const std::string_view prefix : {"id=", "#"})
    if (text.starts_with(prefix)) {
      Bound bound;
      text.remove_prefix(prefix.size());
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound.id);
      if (error != std::errc() || end != text.data() + text.size() || bound.id == 0) return wrong();
      return bound;
    }
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0, unit = 1e9;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return wrong();
  if (const std::string_view rest = text.substr(size_t(end - text.data())); !rest.empty()) {
    const auto known = std::ranges::find(kUnits, rest, &std::pair<std::string_view, double>::first);
    if (known == kUnits.end()) return wrong();
    unit = known->second;
  }
  if (!(std::abs(value * unit) < 9e18)) return wrong();
  return Bound{Ns(std::llround(value * unit)), 0};
}

PartOfTrace::PartOfTrace(std::optional<Bound> from, std::optional<Bound> to) : from_(from), to_(to) {
  Window window;
  if (from_) window.from = from_->t.value_or(INT64_MAX);  // by an id: nothing counts until it is met
  if (to_ && to_->t) window.until = *to_->t;
  analysis_.set_window(window);
  begun_ = !from_;
}

void PartOfTrace::begin(Ns t) {
  begun_ = true;
  analysis_.set_window({t, window().until});
  analysis_.forget_counts();
}

void PartOfTrace::end(Ns t) {
  ended_ = true;
  analysis_.set_window({window().from, t});
  at_end_ = make_report(analysis_.model(), window());
}

void PartOfTrace::take(Event& event) {
  if (from_ && !begun_ && reached(*from_, event)) begin(from_->t.value_or(completion_time(event)));
  if (to_ && !ended_ && to_->t && reached(*to_, event)) end(*to_->t);
  const Ns t = completion_time(event);
  const bool last = to_ && !ended_ && !to_->t && reached(*to_, event);
  analysis_.apply(event);
  if (last) end(time_after(t, 1));  // this record is still of it
}

// Figures of bursts are those of Window, which many outlive; the state is that of when the part ended.
Report PartOfTrace::finish() {
  analysis_.finish();
  Report whole = make_report(analysis_.model(), window());
  if (!at_end_) return whole;
  Report part = std::move(*at_end_);
  for (ReportLoop& row : part.loops) {
    const auto same = std::ranges::find_if(whole.loops, [&](const ReportLoop& other) {
      return other.tid == row.tid && other.wait == row.wait && other.instance == row.instance &&
             other.first == row.first;
    });
    if (same == whole.loops.end()) continue;
    row.figures = std::move(same->figures);
    row.load = same->load;
    row.rate_per_s = same->rate_per_s;
    row.observed = same->observed;
    row.cpu_ns = same->cpu_ns;
  }
  part.end = whole.end;
  part.lost = whole.lost;
  part.gaps = whole.gaps;
  part.gap_count = whole.gap_count;
  part.complete = whole.complete;
  part.window = window();
  return part;
}

}  // namespace loopscope::trace_model
