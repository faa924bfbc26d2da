// SPDX-License-Identifier: Apache-2.0
// Bytes in, lines out. Holds at most one incomplete line and what was put in last, so memory follows the
// longest line and not the file. Behind every line some bytes of padding are readable
// (RecordParser::kPaddingBytes).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace loopscope::trace_model {

class LineBuffer {
 public:
  // Room for at least `bytes` more. Invalidates lines handed out.
  [[nodiscard]] std::span<char> room(size_t bytes);
  void filled(size_t bytes);  // so many bytes of that room now hold content

  // The next line that is complete, without its newline; valid until room() is called.
  [[nodiscard]] std::optional<std::string_view> next_line();

  [[nodiscard]] std::string_view rest() const;  // the incomplete line at the end
  void drop_rest();

  [[nodiscard]] uint64_t offset() const { return offset_; }  // of the first byte not yet handed out as a line

 private:
  std::vector<char> bytes_;
  size_t begin_ = 0, searched_ = 0, end_ = 0;  // begin_ ≤ searched_ ≤ end_; no newline before searched_
  uint64_t offset_ = 0;
};

}  // namespace loopscope::trace_model
