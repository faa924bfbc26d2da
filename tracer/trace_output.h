// SPDX-License-Identifier: Apache-2.0
// Where lines go: straight to the file, or, with `--last SECONDS`, to segments of which only the newest are
// kept.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "trace-model/trace_sink.h"
#include "tracer/proc/files.h"

namespace loopscope::tracer {

// A segment begins with lines that state everything known at its start (Head), so that a trace may begin with
// any of them: the head of the oldest segment kept, then the records of all.
class TraceOutput {
 public:
  using Result = std::expected<void, std::string>;
  using Head = std::function<std::string()>;

  TraceOutput(int fd, std::string_view file_name, std::optional<double> last_s, Head head);
  ~TraceOutput();

  [[nodiscard]] Result begin(std::string_view header_line);  // the first line
  // Before lines are made: a new segment may be due, and its head comes before them.
  [[nodiscard]] Result prepare(uint64_t now_ns);
  [[nodiscard]] Result write(std::string_view lines, uint64_t calls);  // how many of the lines are calls
  [[nodiscard]] Result finish();

  [[nodiscard]] uint64_t bytes() const;  // the file has, or would have
  [[nodiscard]] uint64_t calls() const;  // likewise

 private:
  struct Segment {
    uint64_t since_ns;
    std::string head;
    UniqueFd file;  // without a name: nothing stays behind
    uint64_t bytes = 0, calls = 0;
  };
  Result copy_segment(const Segment& segment);

  trace_model::TraceSink sink_;
  std::optional<double> last_s_;
  Head head_;
  std::deque<Segment> segments_;
  uint64_t calls_ = 0;  // not in segments
};

}  // namespace loopscope::tracer
