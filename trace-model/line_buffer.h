// SPDX-License-Identifier: Apache-2.0
// Bytes in, lines out. Holds at most one incomplete line and what was put in last, so memory follows the
// longest line and not the file. Behind every line some bytes of padding are readable
// (RecordParser::kPaddingBytes).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace loopscope::trace_model {

class LineBuffer {
 public:
  // Room for at least `bytes` more. Invalidates lines handed out.
  [[nodiscard]] std::span<char> room(size_t bytes);
  void filled(size_t bytes);  // so many bytes of that room now hold content

  // All lines that are complete, each with its newline; valid until room() is called. Empty: none is.
  [[nodiscard]] std::string_view take_lines();
  // The first of them only.
  [[nodiscard]] std::string_view take_line();
  // Makes what take_lines() gave last `mine`, with its padding, valid as long as that is not changed. What
  // `mine` held is used in its place.
  void give_away(std::vector<char>& mine);

  [[nodiscard]] std::string_view rest() const;  // the incomplete line at the end
  // The same as if a newline followed: what a parser says of a line that is cut must not depend on what the
  // memory behind it held.
  [[nodiscard]] std::string_view closed_rest();
  void drop_rest();

  [[nodiscard]] uint64_t offset() const { return offset_; }  // of the first byte not yet handed out as a line

 private:
  std::string_view take(size_t bytes);

  std::vector<char> bytes_;
  size_t begin_ = 0, searched_ = 0, end_ = 0;  // begin_ ≤ searched_ ≤ end_; no newline before searched_
  uint64_t offset_ = 0;
};

}  // namespace loopscope::trace_model
