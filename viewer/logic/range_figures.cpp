// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/range_figures.h"

#include <algorithm>
#include <array>
#include <map>

namespace loopscope::viewer {

using trace_model::time_between;

namespace {

constexpr uint64_t kMostEvents = 20'000'000;
constexpr size_t kMostLengths = 100'000;  // kept of one sort of call, for its quantiles

struct Gathered {
  CallFigures figures;
  std::vector<Ns> lengths;  // every n-th, when there are too many
  uint64_t every = 1;

  void add(Ns length) {
    if (figures.count % every == 0) lengths.push_back(length);
    if (lengths.size() < kMostLengths) return;
    size_t kept = 0;
    for (size_t i = 0; i < lengths.size(); i += 2) lengths[kept++] = lengths[i];
    lengths.resize(kept);
    every *= 2;
  }
};

Ns quantile(std::vector<Ns>& lengths, double q) {
  if (lengths.empty()) return 0;
  const auto at = lengths.begin() + ptrdiff_t(q * double(lengths.size() - 1));
  std::ranges::nth_element(lengths, at);
  return *at;
}

class Figures {
 public:
  Figures(const Timeline& timeline, Ns from, Ns until) : timeline_(timeline) {
    made_.from = from, made_.until = until;
  }

  RangeFigures count() {
    for (uint32_t track = 0; track < timeline_.tracks.size(); ++track) count_track(track);
    for (const GapRow& gap : timeline_.gaps)
      if (gap.t < made_.until && gap.until > made_.from) made_.lost += gap.count;
    for (auto& [what, each] : by_call_) {
      each.figures.median = quantile(each.lengths, 0.5);
      each.figures.p99 = quantile(each.lengths, 0.99);
      made_.by_call.push_back(each.figures);
    }
    std::ranges::stable_sort(made_.by_call, std::ranges::greater(), &CallFigures::total);
    std::ranges::stable_sort(made_.loops, std::ranges::greater(), &LoopFigures::busy);
    return std::move(made_);
  }

 private:
  void count_track(uint32_t track) {
    LoopFigures loop;
    loop.track = track;
    bool waits = false;
    std::array<uint64_t, kLooks> causes{};
    for (const uint32_t number : timeline_.tracks[track].lanes) {
      const Lane& lane = timeline_.lanes[number].lane;
      switch (timeline_.lanes[number].role) {
        case LaneRole::Calls:
          each_in(lane, [&](uint32_t i) { loop.calls += add_call(number, lane, i); });
          break;
        case LaneRole::Waits:
          waits = !lane.empty();
          each_in(lane, [&](uint32_t i) {
            add_wait(lane, i, loop, causes);
            if (lane.look(i) == Look::Wait && lane.dur(i) != kOpen) loop.calls += add_call(number, lane, i);
          });
          break;
        case LaneRole::Off:
          each_in(lane, [&](uint32_t i) {
            if (lane.look(i) == Look::Runnable) loop.ready += overlap(lane, i);
          });
          break;
        case LaneRole::Completions:
          each_in(lane, [&](uint32_t) { ++made_.completions; });
          break;
        case LaneRole::Marks:
          each_in(lane, [&](uint32_t i) { made_.accepted += lane.look(i) == Look::MarkAccept; });
          break;
        default:
          break;
      }
    }
    made_.calls += loop.calls;
    made_.wakeups += loop.wakeups;
    if (!waits) return;
    for (size_t look = 0; look < kLooks; ++look)
      if (causes[look]) loop.causes.emplace_back(Look(look), causes[look]);
    std::ranges::stable_sort(loop.causes, std::ranges::greater(), &std::pair<Look, uint64_t>::second);
    made_.loops.push_back(std::move(loop));
  }

  // Those that lie in the stretch at least in part.
  template <typename Visit>
  void each_in(const Lane& lane, Visit&& visit) {
    uint32_t i = lane.first_from(made_.from);
    if (i > lane.first() && lane.end(i - 1, timeline_.end()) > made_.from) --i;
    for (; i < lane.size() && lane.start(i) < made_.until; ++i) {
      if (++looked_ > kMostEvents) {
        made_.partial = true;
        return;
      }
      visit(i);
    }
  }

  [[nodiscard]] Ns overlap(const Lane& lane, uint32_t i) const {
    const Ns begin = std::max(lane.start(i), made_.from);
    const Ns end = std::min(lane.end(i, timeline_.end()), made_.until);
    return end > begin ? time_between(begin, end) : 0;
  }

  bool add_call(uint32_t number, const Lane& lane, uint32_t i) {
    const uint32_t row = lane.record(i);
    if (lane.start(i) < made_.from || !timeline_.records.has(row)) return false;
    const uint16_t what = timeline_.records.what(row);
    Gathered& each = by_call_[what];
    const Ns length = overlap(lane, i);
    each.figures.what = what;
    each.add(length);
    ++each.figures.count;
    each.figures.failed += lane.priority(i) > 0;
    each.figures.total = trace_model::time_after(each.figures.total, length);
    if (length >= each.figures.longest || each.figures.lane == kNone)
      each.figures.longest = length, each.figures.lane = number, each.figures.longest_at = i;
    return true;
  }

  void add_wait(const Lane& lane, uint32_t i, LoopFigures& loop, std::array<uint64_t, kLooks>& causes) {
    const Look look = lane.look(i);
    Ns& spent = is_burst(look) ? loop.busy : loop.asleep;
    spent = trace_model::time_after(spent, overlap(lane, i));
    if (!is_burst(look) || lane.start(i) < made_.from) return;
    ++loop.wakeups;
    ++causes[size_t(look)];
  }

  const Timeline& timeline_;
  RangeFigures made_;
  std::map<uint16_t, Gathered> by_call_;
  uint64_t looked_ = 0;
};

}  // namespace

RangeFigures figures_of(const Timeline& timeline, Ns from, Ns until) {
  return Figures(timeline, from, until).count();
}

}  // namespace loopscope::viewer
