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
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/input_file.h"
#include "trace-model/line_source.h"
#include "trace-model/record_parser.h"
#include "trace-model/trace_checks.h"

namespace loopscope::trace_model {

struct Record {
  Event* event;           // the reader's; may be changed and moved from
  std::string_view line;  // as it stands in the file, without the newline
  uint64_t line_number;
  uint64_t offset;
};

class TraceReader {
 public:
  using Limits = ReadingLimits;

  TraceReader() : TraceReader(Limits()) {}
  explicit TraceReader(const Limits& limits) : source_(limits.max_line_bytes), checks_(limits) {}

  void feed(std::string_view bytes);
  void end() { source_.end(); }
  // Both, for a file: LineSource::read_from. To be called when there is no record.
  [[nodiscard]] std::expected<bool, std::string> read_from(InputFile& file);

  // The next record, valid until the next call of any member; nullptr when more must be fed, the end has been
  // reached or the file is refused.
  [[nodiscard]] const Record* next();

  [[nodiscard]] const std::string& refusal() const { return checks_.refusal(); }

  // Called for each problem as it is met, before the record it is about.
  void on_problem(std::function<void(const Problem&)> call) { checks_.on_problem(std::move(call)); }
  [[nodiscard]] const std::vector<Problem>& problems() const { return checks_.problems(); }  // the first ones
  [[nodiscard]] uint64_t problem_count() const { return checks_.problem_count(); }

  [[nodiscard]] uint64_t record_count() const { return checks_.record_count(); }
  [[nodiscard]] uint64_t line_count() const { return checks_.line_count(); }
  [[nodiscard]] const TraceChecks& checks() const { return checks_; }

 private:
  const Record* next_line();
  const Record* take(std::string_view line, uint64_t offset, bool complete);

  LineSource source_;
  TraceChecks checks_;
  RecordParser parser_;
  RecordPool pool_;
  LineTrouble trouble_;
  std::string_view lines_;  // complete, not taken yet
  uint64_t lines_offset_ = 0;
  Record record_{};
};

// A trace in a file, to be read from its beginning to its present end.
class TraceFile {
 public:
  // "-" is standard input. The error is a sentence that names the file.
  [[nodiscard]] static std::expected<TraceFile, std::string> open(const std::string& path,
                                                                  const TraceReader::Limits& limits = {});
  // The next record; nullptr at the end. The error, a sentence that names the file, is final: it cannot be
  // read, is refused, or held no record at all.
  [[nodiscard]] std::expected<const Record*, std::string> next();

  [[nodiscard]] TraceReader& reader() { return reader_; }
  [[nodiscard]] const std::string& path() const { return file_.name(); }

 private:
  TraceFile(InputFile file, const TraceReader::Limits& limits);

  InputFile file_;
  TraceReader reader_;
  bool ended_ = false;
};

}  // namespace loopscope::trace_model
