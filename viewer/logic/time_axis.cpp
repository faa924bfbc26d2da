// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/time_axis.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace loopscope::viewer {
namespace {

constexpr size_t kMostTicks = 400, kMostLanes = 256;
constexpr Ns kSecond = 1'000'000'000;

}  // namespace

std::string axis_label(Ns t, Ns step) {
  const bool negative = t < 0;
  const uint64_t ns = negative ? 0 - uint64_t(t) : uint64_t(t);
  int decimals = 9;
  for (Ns unit = step; decimals > 0 && unit >= 10 && unit % 10 == 0; unit /= 10) --decimals;
  // In groups of three, so that a microsecond is found without counting.
  decimals = (decimals + 2) / 3 * 3;
  std::string text = fmt::format("{}{}", negative ? "-" : "", ns / uint64_t(kSecond));
  const std::string fraction = fmt::format("{:09}", ns % uint64_t(kSecond));
  for (int i = 0; i < decimals; ++i) {
    if (i % 3 == 0) text += i == 0 ? "." : " ";
    text += fraction[size_t(i)];
  }
  return text + " s";
}

std::vector<Tick> ticks_of(const ViewRange& view, double distance_px) {
  std::vector<Tick> ticks;
  const Ns step = tick_step(view.ns_per_px(), distance_px);
  Ns t = view.start / step * step;
  while (t < view.start && t <= INT64_MAX - step) t += step;
  for (; t <= view.end() && ticks.size() < kMostTicks; t += step) {
    ticks.push_back({view.x_of(t), axis_label(t, step)});
    if (t > INT64_MAX - step) break;
  }
  return ticks;
}

std::vector<uint32_t> densities_of(const Timeline& timeline, const ViewRange& view) {
  std::vector<uint32_t> counts(size_t(std::max(1.0, view.width)), 0);
  size_t looked_at = 0;
  for (const LaneOfTrack& each : timeline.lanes) {
    if (each.role != LaneRole::Calls && each.role != LaneRole::Completions && each.role != LaneRole::Waits)
      continue;
    if (each.lane.empty() || ++looked_at > kMostLanes) continue;
    uint32_t at = each.lane.first_from(view.start);
    for (size_t x = 0; x < counts.size() && at < each.lane.size(); ++x) {
      const uint32_t next = each.lane.first_from(view.t_at(double(x + 1)), at);
      if (next > at) counts[x] += next - at, at = next;
    }
  }
  return counts;
}

}  // namespace loopscope::viewer
