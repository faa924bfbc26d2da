// SPDX-License-Identifier: Apache-2.0
// One line of a trace to one record. For readers of whole traces see trace_reader.h.
//
// The record is the parser's own and is used again for the next line, with the capacity of its strings and
// lists.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::trace_model {

class RecordParser {
 public:
  // So many bytes behind a line must be readable, whatever they are: it is read in vectors.
  static constexpr size_t kPaddingBytes = 64;

  RecordParser();
  ~RecordParser();
  RecordParser(RecordParser&&) noexcept;
  RecordParser& operator=(RecordParser&&) noexcept;

  // The record, valid until the next call; nullptr when the line is not one, and complaint() says why.
  [[nodiscard]] Event* parse(std::string_view line);
  [[nodiscard]] const std::string& complaint() const;

  // What was odd about the line just parsed but did no harm.
  [[nodiscard]] const std::vector<std::string>& notes() const;

  // Not 0: the line just parsed was a header of this format, which is newer than kFormat.
  [[nodiscard]] int64_t newer_format() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loopscope::trace_model
