// SPDX-License-Identifier: Apache-2.0
// A piece of a trace on its way through ParallelReader: lines, and what was read of each.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "trace-model/line_source.h"
#include "trace-model/trace_checks.h"

namespace loopscope::trace_model {

struct LineBatch {
  struct Line {
    std::string_view text;  // without its newline
    LineRead read;
  };

  LineStep step;      // its text lies in `bytes`
  std::string error;  // not empty: the file could not be read here
  std::vector<Line> lines;

  // Keeps the step just taken from `source`.
  void keep(LineStep taken, LineSource& source);
  void parse(RecordParser& parser, size_t max_line_bytes);
  [[nodiscard]] uint64_t offset_of(const Line& line) const {
    return step.offset + uint64_t(line.text.data() - step.text.data());
  }

 private:
  void parse_line(RecordParser& parser, std::string_view line, size_t max_line_bytes);

  std::vector<char> bytes_;
  std::deque<LineTrouble> troubles_;
  RecordPool pool_;
  size_t large_bytes_ = 0;  // of lines that left their records large
};

}  // namespace loopscope::trace_model
