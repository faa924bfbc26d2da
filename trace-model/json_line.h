// SPDX-License-Identifier: Apache-2.0
// Puts one JSON line together, piece by piece, at the end of a string. Pieces gather in a small buffer on the
// stack and reach the string in few copies; nothing is allocated beyond the string's own growth. It knows
// JSON's spelling and nothing of records; commas are the caller's, through `Members` for objects that may
// turn out empty.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace loopscope::trace_model {

class JsonLine {
 public:
  // buffer_ stays as it is: zeroing it would cost more than writing a line.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  explicit JsonLine(std::string& out) : out_(out) {}
  ~JsonLine() { spill(); }
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;

  void raw(char c) {
    if (at_ == end()) spill();
    *at_++ = c;
  }
  void raw(std::string_view piece) {
    if (size_t(end() - at_) < piece.size()) return raw_slowly(piece);
    std::memcpy(at_, piece.data(), piece.size());
    at_ += piece.size();
  }
  template <std::integral Number>
  void number(Number value) {
    if (end() - at_ < kNumberRoom) spill();
    at_ = std::to_chars(at_, end(), value).ptr;
  }
  void number(double value) {
    if (end() - at_ < kNumberRoom) spill();
    at_ = std::to_chars(at_, end(), value).ptr;
  }
  void hex(uint64_t value) {  // "0x1f", with its quotes
    raw("\"0x");
    if (end() - at_ < kNumberRoom) spill();
    at_ = std::to_chars(at_, end(), value, 16).ptr;
    raw('"');
  }
  void octal(uint64_t value) {  // "0644", with its quotes
    raw(value ? std::string_view("\"0") : std::string_view("\""));
    if (end() - at_ < kNumberRoom) spill();
    at_ = std::to_chars(at_, end(), value, 8).ptr;
    raw('"');
  }

  // A string with its quotes; bytes that are not UTF-8 become U+FFFD each. Returns whether there were none.
  bool string(std::string_view text);
  void hex_string(std::string_view bytes);  // "2f73", with its quotes

 private:
  static constexpr ptrdiff_t kNumberRoom = 32;

  char* end() { return buffer_ + sizeof buffer_; }
  void spill() {
    out_.append(buffer_, size_t(at_ - buffer_));
    at_ = buffer_;
  }
  void raw_slowly(std::string_view piece);

  std::string& out_;
  char buffer_[1024];
  char* at_ = buffer_;
};

// Members of an object that is written only when it has any: opens it with `opening` before the first.
class Members {
 public:
  Members(JsonLine& line, std::string_view opening) : line_(line), opening_(opening) {}
  void key(std::string_view name, std::string_view suffix = {}) {
    line_.raw(open_ ? std::string_view(",\"") : opening_);
    if (!open_) line_.raw('"');
    open_ = true;
    line_.raw(name);
    if (!suffix.empty()) line_.raw(suffix);
    line_.raw("\":");
  }
  [[nodiscard]] bool any() const { return open_; }
  void close() {
    if (open_) line_.raw('}');
  }

 private:
  JsonLine& line_;
  std::string_view opening_;
  bool open_ = false;
};

}  // namespace loopscope::trace_model
