// SPDX-License-Identifier: Apache-2.0
// One line of a trace to one record. For readers of whole traces see trace_reader.h.
//
// A line in the form our own writer gives the frequent kinds is read as such (quick_records.h), any other as
// the JSON it may be. Both come to the same.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/record_pool.h"

namespace loopscope::trace_model {

class RecordParser {
 public:
  // So many bytes behind a line must be readable, whatever they are: it is read in vectors.
  static constexpr size_t kPaddingBytes = 64;

  RecordParser();
  ~RecordParser();
  RecordParser(RecordParser&&) noexcept;
  RecordParser& operator=(RecordParser&&) noexcept;

  // The record; nullptr when the line is not one, and complaint() says why. It is the parser's own, valid
  // until the next call, or one of `pool`, valid until that is cleared.
  [[nodiscard]] Event* parse(std::string_view line);
  [[nodiscard]] Event* parse(std::string_view line, RecordPool& pool);

  // The same, but never quickly: for tests.
  [[nodiscard]] Event* parse_as_json(std::string_view line);
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
