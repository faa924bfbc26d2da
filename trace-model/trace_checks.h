// SPDX-License-Identifier: Apache-2.0
// What there is to say of a trace as its lines are taken, one after the other: whether they stand in order,
// what was wrong with which, whether this is a trace at all. The same for whoever parses them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/record_parser.h"

namespace loopscope::trace_model {

struct Problem {
  uint64_t line = 0;    // counted from 1
  uint64_t offset = 0;  // of the line's first byte in the text
  bool used = false;    // the record was used all the same
  std::string what;     // "member t is missing", without the line number
};
[[nodiscard]] std::string sentence_of(const Problem& problem);  // "line 12: member t is missing; skipped"

struct ReadingLimits {
  size_t max_line_bytes = 64 << 20;      // longer lines are skipped
  size_t max_problems_kept = 100;        // all are counted
  uint64_t lines_before_refusal = 1000;  // a file none of whose first lines is a record is no trace
};

// What was found wrong or odd in one line.
struct LineTrouble {
  std::string complaint;           // it is no record
  std::vector<std::string> notes;  // it is one all the same
  int64_t newer_format = 0;        // not 0: it is a header that refuses the file
};

// What became of one line.
struct LineRead {
  Event* event = nullptr;                // nullptr: it is blank, or there is trouble
  const LineTrouble* trouble = nullptr;  // nullptr: none
  RecordId id = 0;
  Ns completion = INT64_MIN;  // INT64_MIN: the record has none
};

// A file may begin with one, which is no part of its first line.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view line, uint64_t offset);

// Parses one line; bytes behind it as RecordParser says. `trouble` is filled where there is any.
[[nodiscard]] LineRead read_line(RecordParser& parser, std::string_view line, RecordPool& pool,
                                 LineTrouble& trouble);

class TraceChecks {
 public:
  explicit TraceChecks(const ReadingLimits& limits) : limits_(limits) {}

  // In the order of the file. Whether the line is a record to be used; false as well once it is refused.
  [[nodiscard]] bool take(const LineRead& line, uint64_t offset, size_t bytes, bool complete);
  void take_skipped_line() { ++line_number_; }
  void note_about_next_line(uint64_t offset, std::string what);
  void note_long_line(uint64_t offset);

  [[nodiscard]] const std::string& refusal() const { return refusal_; }  // "" or a sentence
  // Why a file that came to its end gave no record.
  [[nodiscard]] std::string why_empty(const std::string& path) const;

  // Called for each problem as it is met, before the record it is about.
  void on_problem(std::function<void(const Problem&)> call) { on_problem_ = std::move(call); }
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }  // the first ones
  [[nodiscard]] uint64_t problem_count() const { return problem_count_; }

  [[nodiscard]] uint64_t record_count() const { return record_count_; }
  [[nodiscard]] uint64_t line_count() const { return line_number_; }

 private:
  [[nodiscard]] std::string too_long() const;
  void check_first(bool header);
  void check_order(const LineRead& line);
  void report(bool used, std::string what);

  ReadingLimits limits_;
  std::string refusal_;
  std::vector<Problem> problems_;
  std::function<void(const Problem&)> on_problem_;
  uint64_t line_number_ = 0, record_count_ = 0, problem_count_ = 0;
  uint64_t line_offset_ = 0;
  RecordId last_id_ = 0;
  Ns last_completion_ = INT64_MIN;
  bool first_seen_ = false;
};

}  // namespace loopscope::trace_model
