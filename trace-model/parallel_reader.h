// SPDX-License-Identifier: Apache-2.0
// Reads a trace in a file as TraceFile does, record for record and problem for problem, but parses on threads
// of its own: whoever takes the records has its core to itself.
//
// The threads take turns at reading the file, one piece of whole lines after the other, and each parses what
// it has read. Pieces wait until those before them have been taken; there are a fixed number, so memory does
// not follow the length of the file.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "trace-model/trace_checks.h"
#include "trace-model/trace_reader.h"

namespace loopscope::trace_model {

class ParallelReader {
 public:
  // "-" is standard input. `threads` 0: one for each core; 1: none is started, and next() does the work. The
  // error is a sentence that names the file.
  [[nodiscard]] static std::expected<ParallelReader, std::string> open(const std::string& path,
                                                                       unsigned threads = 0,
                                                                       const ReadingLimits& limits = {});
  ~ParallelReader();  // does not wait for a file that gives nothing
  ParallelReader(ParallelReader&&) noexcept;
  ParallelReader& operator=(ParallelReader&&) noexcept;

  // The next record, valid until the next call; nullptr at the end. The error, a sentence that names the
  // file, is final: it cannot be read, is refused, or held no record at all.
  [[nodiscard]] std::expected<const Record*, std::string> next();

  [[nodiscard]] TraceChecks& checks();
  [[nodiscard]] uint64_t position() const;  // bytes of the file that were read; of others 0
  [[nodiscard]] const std::string& path() const;

 private:
  struct Impl;
  explicit ParallelReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace loopscope::trace_model
