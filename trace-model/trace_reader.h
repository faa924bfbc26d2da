// SPDX-License-Identifier: Apache-2.0
// Reads a trace: bytes in, records out, plain or Zstandard by content. Splits lines before it parses, so a
// line that is damaged harms no other; what was wrong with it is told as a Problem and reading goes on. Works
// as well on a file that is still being written: feed what there is, take records until there are none, feed
// again.
//
//   TraceReader reader;
//   while (read more bytes) {
//     reader.feed(bytes);
//     while (const Record* record = reader.next()) …
//   }
//   reader.end();
//   while (const Record* record = reader.next()) …      // a last line that has no newline
//
// Only one thing makes it refuse: refusal() is then one sentence, and next() returns no more. TraceFile,
// below, does all this for a file.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/line_buffer.h"
#include "trace-model/record_parser.h"
#include "trace-model/stream_decoder.h"

namespace loopscope::trace_model {

struct Problem {
  uint64_t line = 0;    // counted from 1
  uint64_t offset = 0;  // of the line's first byte in the text
  bool used = false;    // the record was used all the same
  std::string what;     // "member t is missing", without the line number
};
[[nodiscard]] std::string sentence_of(const Problem& problem);  // "line 12: member t is missing; skipped"

struct Record {
  Event* event;           // the reader's; may be changed and moved from
  std::string_view line;  // as it stands in the file, without the newline
  uint64_t line_number;
  uint64_t offset;
};

class TraceReader {
 public:
  struct Limits {
    size_t max_line_bytes = 64 << 20;      // longer lines are skipped
    size_t max_problems_kept = 100;        // all are counted
    uint64_t lines_before_refusal = 1000;  // a file none of whose first lines is a record is no trace
  };

  TraceReader() : TraceReader(Limits()) {}
  explicit TraceReader(const Limits& limits) : limits_(limits) {}

  void feed(std::string_view bytes) { decoder_.feed(bytes); }
  void end() { decoder_.end(), ended_ = true; }

  // The next record, valid until the next call of any member; nullptr when more must be fed, the end has been
  // reached or the file is refused.
  [[nodiscard]] const Record* next();

  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  // Called for each problem as it is met, before the record it is about.
  void on_problem(std::function<void(const Problem&)> call) { on_problem_ = std::move(call); }
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }  // the first ones
  [[nodiscard]] uint64_t problem_count() const { return problem_count_; }

  [[nodiscard]] uint64_t record_count() const { return record_count_; }
  [[nodiscard]] uint64_t line_count() const { return line_number_; }

 private:
  const Record* take(std::string_view line, uint64_t offset, bool complete);
  const Record* take_last();
  bool refill();
  bool report_damage();
  void skip_long_line();
  void check_first(const Event& event);
  void check_order(const Event& event);
  void report_next_line(std::string what);
  void report(uint64_t offset, bool used, std::string what);

  Limits limits_;
  StreamDecoder decoder_;
  LineBuffer lines_;
  RecordParser parser_;
  Record record_{};
  std::string refusal_;
  std::vector<Problem> problems_;
  std::function<void(const Problem&)> on_problem_;
  uint64_t line_number_ = 0, record_count_ = 0, problem_count_ = 0;
  uint64_t line_offset_ = 0;
  RecordId last_id_ = 0;
  Ns last_completion_ = INT64_MIN;
  bool ended_ = false, skipping_ = false, first_seen_ = false;
};

// A trace in a file, to be read from its beginning to its present end.
class TraceFile {
 public:
  // "-" is standard input. The error is a sentence that names the file.
  [[nodiscard]] static std::expected<TraceFile, std::string> open(const std::string& path,
                                                                  const TraceReader::Limits& limits = {});
  ~TraceFile();
  TraceFile(TraceFile&&) noexcept;
  TraceFile& operator=(TraceFile&&) noexcept;

  // The next record; nullptr at the end. The error, a sentence that names the file, is final: it cannot be
  // read, is refused, or held no record at all.
  [[nodiscard]] std::expected<const Record*, std::string> next();

  [[nodiscard]] TraceReader& reader() { return reader_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  TraceFile(std::string path, int fd, const TraceReader::Limits& limits);

  std::expected<bool, std::string> read_more();

  std::string path_;
  int fd_;
  TraceReader reader_;
  std::vector<char> block_;
  bool ended_ = false;
};

}  // namespace loopscope::trace_model
