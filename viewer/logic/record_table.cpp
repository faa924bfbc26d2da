// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/record_table.h"

#include <algorithm>

#include "trace-model/call_table.h"
#include "trace-model/query_term.h"
#include "trace-model/uring_ops.h"

namespace loopscope::viewer {

std::string_view what_name(uint16_t what) {
  const auto calls = trace_model::all_calls();
  if (what < calls.size()) return calls[what].name;
  if (what >= kUnknownCall) return "call";
  if (what >= kFirstSqe) {
    const trace_model::UringOp* op = trace_model::uring_op(uint8_t(what & 0xff));
    return op ? op->name : "operation";
  }
  return trace_model::record_type_name(what - kFirstType);
}

void SlowColumn::push(uint64_t value) {
  if (bases_.empty() || value < bases_.back().second || value - bases_.back().second > UINT32_MAX)
    bases_.emplace_back(first_ + uint32_t(above_.size()), value);
  above_.push_back(uint32_t(value - bases_.back().second));
}

uint64_t SlowColumn::at(uint32_t i) const {
  const auto after = std::ranges::upper_bound(bases_, i, {}, &std::pair<uint32_t, uint64_t>::first);
  return (after - 1)->second + above_[i - first_];
}

void SlowColumn::drop_before(uint32_t first) {
  above_.erase(above_.begin(), above_.begin() + (first - first_));
  first_ = first;
  const auto after = std::ranges::upper_bound(bases_, first, {}, &std::pair<uint32_t, uint64_t>::first);
  if (after != bases_.begin()) bases_.erase(bases_.begin(), after - 1);
}

void RecordTable::append(const RecordRow& row) {
  offset_.push(row.offset);
  id_.push(row.id);
  lane_.push_back(row.lane);
  index_.push_back(row.index);
  what_.push_back(row.what);
  error_.push_back(row.error);
  file_.push_back(row.file);
}

void RecordTable::drop_before(uint32_t row) {
  row = std::min(row, size());
  if (row <= first_) return;
  const auto cut = [count = row - first_](auto& column) {
    column.erase(column.begin(), column.begin() + count);
  };
  cut(lane_), cut(index_), cut(what_), cut(error_), cut(file_);
  offset_.drop_before(row), id_.drop_before(row);
  first_ = row;
}

std::optional<uint32_t> RecordTable::row_of(RecordId wanted) const {
  uint32_t low = first_, high = size();
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (id(middle) < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < size() && id(low) == wanted) return low;
  return std::nullopt;
}

}  // namespace loopscope::viewer
