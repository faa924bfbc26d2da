// SPDX-License-Identifier: Apache-2.0
// One row for each record of the trace, in file order: where its line stands, and where it is drawn. Columns
// of 24 bytes a row; everything else about a record is read from its line when somebody looks at it.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::viewer {

using trace_model::FileId;
using trace_model::Pid;
using trace_model::RecordId;

inline constexpr uint32_t kNone = UINT32_MAX;

// What sort of record it is, in one number: a call by its place in all_calls(), then the other types by their
// place in Event, then operations and their completions by IORING_OP_.
inline constexpr uint16_t kFirstType = 0x100, kFirstSqe = 0x200, kFirstCqe = 0x300, kUnknownCall = 0x3ff + 1;
[[nodiscard]] std::string_view what_name(uint16_t what);  // "epoll_ctl", "fork", "ACCEPT"

struct RecordRow {
  uint64_t offset = 0;  // of its line in the text of the trace
  RecordId id = 0;
  uint32_t lane = kNone, index = kNone;  // of the event that it is, or belongs to; kNone: it is not drawn
  uint16_t what = 0, error = 0;
  FileId file = 0;  // that it is about in the first place
};

// Numbers that mostly grow, and slowly, in four bytes each.
class SlowColumn {
 public:
  void push(uint64_t value);
  [[nodiscard]] uint64_t at(uint32_t i) const;
  void drop_before(uint32_t first);

 private:
  uint32_t first_ = 0;
  std::vector<uint32_t> above_;
  std::vector<std::pair<uint32_t, uint64_t>> bases_;  // from which row on, and what is added to it
};

// A row keeps its number when those before it are dropped.
class RecordTable {
 public:
  void append(const RecordRow& row);
  void drop_before(uint32_t row);
  [[nodiscard]] uint32_t first() const { return first_; }  // rows [first(), size()) are there
  [[nodiscard]] uint32_t size() const { return first_ + uint32_t(lane_.size()); }
  [[nodiscard]] bool has(uint32_t i) const { return i >= first_ && i < size(); }
  [[nodiscard]] uint64_t offset(uint32_t i) const { return offset_.at(i); }
  [[nodiscard]] RecordId id(uint32_t i) const { return id_.at(i); }
  [[nodiscard]] uint32_t lane(uint32_t i) const { return lane_[i - first_]; }
  [[nodiscard]] uint32_t index(uint32_t i) const { return index_[i - first_]; }
  [[nodiscard]] uint16_t what(uint32_t i) const { return what_[i - first_]; }
  [[nodiscard]] uint16_t error(uint32_t i) const { return error_[i - first_]; }
  [[nodiscard]] FileId file(uint32_t i) const { return file_[i - first_]; }
  [[nodiscard]] std::optional<uint32_t> row_of(RecordId id) const;

 private:
  uint32_t first_ = 0;
  SlowColumn offset_, id_;
  std::vector<uint32_t> lane_, index_;
  std::vector<uint16_t> what_, error_;
  std::vector<FileId> file_;
};

}  // namespace loopscope::viewer
