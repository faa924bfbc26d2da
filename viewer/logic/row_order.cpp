// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/row_order.h"

#include <algorithm>
#include <utility>

namespace loopscope::viewer {
namespace {

constexpr uint64_t kLast = UINT64_MAX, kSign = uint64_t(1) << 63;

// Times may be negative: as numbers without a sign they have the same order.
uint64_t ordered(Ns t) {
  return uint64_t(t) ^ kSign;
}

uint64_t key_of(const Timeline& timeline, uint32_t row, RowOrder order) {
  const RecordTable& records = timeline.records;
  if (order == RowOrder::Call) return records.what(row);
  if (order == RowOrder::Failed) return records.error(row) ? 0 : 1;
  const uint32_t number = records.lane(row), index = records.index(row);
  if (!timeline.has(number, index)) return kLast;
  const Lane& lane = timeline.lanes[number].lane;
  if (order == RowOrder::Thread) return timeline.lanes[number].track;
  if (order == RowOrder::Time) return ordered(lane.start(index));
  if (lane.record(index) != row) return kLast;  // it only belongs to what is drawn there
  return kLast - 1 -
         uint64_t(
             std::max<Ns>(trace_model::time_between(lane.start(index), lane.end(index, timeline.end())), 0));
}

}  // namespace

std::vector<uint32_t> rows_in_order(const Timeline& timeline, const std::vector<uint32_t>* hits,
                                    RowOrder order, size_t most) {
  std::vector<std::pair<uint64_t, uint32_t>> keys;
  const uint32_t first = timeline.records.first(), end = timeline.records.size();
  const auto take = [&](uint32_t row) {
    if (timeline.records.has(row)) keys.emplace_back(key_of(timeline, row, order), row);
  };
  keys.reserve(hits ? hits->size() : end - first);
  if (hits)
    for (const uint32_t row : *hits) take(row);
  else
    for (uint32_t row = first; row < end; ++row) take(row);
  if (keys.size() > most) {
    std::ranges::nth_element(keys, keys.begin() + ptrdiff_t(most));
    keys.resize(most);
  }
  std::ranges::sort(keys);
  std::vector<uint32_t> rows;
  rows.reserve(keys.size());
  for (const auto& [key, row] : keys) rows.push_back(row);
  return rows;
}

}  // namespace loopscope::viewer
