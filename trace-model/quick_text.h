// SPDX-License-Identifier: Apache-2.0
// A line of a trace, taken from left to right in the one form our own writer gives it: no white space,
// members in the writer's order, plain numbers, no escapes. For the reader only.
//
// Every function that returns false may leave the place anywhere: the line has another form, and is to be
// read as the JSON it may be. What is taken here means the same when read as JSON.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "trace-model/record_parser.h"

namespace loopscope::trace_model {

static_assert(std::endian::native == std::endian::little, "numbers and keys are compared in words");

// `"name":` with what is needed to find it without a loop.
struct QuickKey {
  uint64_t text[2]{}, mask[2]{};
  size_t length = 0;  // 0: too long, never found

  constexpr QuickKey() = default;
  constexpr explicit QuickKey(std::string_view name) {
    if (name.size() + 3 > sizeof text) return;
    put('"');
    for (const char c : name) put(c);
    put('"');
    put(':');
  }

 private:
  constexpr void put(char c) {
    const size_t shift = length % 8 * 8;
    text[length / 8] |= uint64_t(uint8_t(c)) << shift;
    mask[length / 8] |= uint64_t(0xFF) << shift;
    ++length;
  }
};

class QuickText {
 public:
  // RecordParser::kPaddingBytes behind it are readable.
  explicit QuickText(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }

  // False, and nothing taken, when something else stands here. So for the other kinds of `take`.
  template <size_t size>
  bool take(const char (&text)[size]) {
    static_assert(size - 1 <= RecordParser::kPaddingBytes);
    return std::memcmp(at_, text, size - 1) == 0 && skip(size - 1);
  }
  // `separator`, then `"name":`.
  bool take(char separator, const QuickKey& key) {
    if (*at_ != separator || key.length == 0) return false;
    const uint64_t differs =
        ((word(1) ^ key.text[0]) & key.mask[0]) | ((word(9) ^ key.text[1]) & key.mask[1]);
    return differs == 0 && skip(key.length + 1);
  }

  // As far as 18 digits.
  template <std::integral Number>
  bool number(Number& out) {
    const bool negative = *at_ == '-';
    at_ += negative;
    const bool zero = *at_ == '0';
    const char* first = at_;
    uint64_t value = 0;
    size_t digits = 8;
    for (int words = 0; digits == 8; ++words) {
      if (words == 3) return false;
      const uint64_t digits_here = word(0) ^ 0x3030303030303030;
      const uint64_t no_digit = ((digits_here + 0x7676767676767676) | digits_here) & 0x8080808080808080;
      digits = size_t(std::countr_zero(no_digit)) / 8;
      if (digits != 0) value = value * kPowers[digits] + value_of(digits_here << (64 - 8 * digits));
      at_ += digits;
    }
    const auto length = size_t(at_ - first);
    if (length == 0 || length > 18 || (zero && (length > 1 || negative)) || at_ > end_) return false;
    if (negative && std::unsigned_integral<Number>) return false;
    const int64_t wide = negative ? -int64_t(value) : int64_t(value);
    out = Number(wide);
    return std::in_range<Number>(wide);
  }

  bool truth(bool& out) {
    out = *at_ == 't';
    return out ? take("true") : take("false");
  }

  // "0x1f", with its quotes.
  bool hex(uint64_t& out) {
    if (!take("\"0x")) return false;
    out = 0;
    const char* first = at_;
    for (;; ++at_) {
      const auto digit = uint8_t(*at_ - '0'), letter = uint8_t(*at_ - 'a');
      if (digit <= 9)
        out = out << 4 | digit;
      else if (letter <= 5)
        out = out << 4 | uint8_t(letter + 10);
      else
        break;
      if (at_ - first == 16) return false;
    }
    return at_ != first && take("\"");
  }

  // A string without its quotes, of characters that stand for themselves.
  bool string(std::string_view& out) {
    if (*at_ != '"') return false;
    const char* first = ++at_;
    while (at_ < end_ && *at_ != '"' && *at_ != '\\' && uint8_t(*at_ - ' ') < 0x60) ++at_;  // ASCII
    out = {first, size_t(at_ - first)};
    return at_ < end_ && take("\"");
  }
  bool string(std::string& out) {
    std::string_view text;
    if (!string(text)) return false;
    out.assign(text);
    return true;
  }

 private:
  static constexpr uint64_t kPowers[]{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

  [[nodiscard]] uint64_t word(size_t offset) const {
    uint64_t bytes = 0;
    std::memcpy(&bytes, at_ + offset, sizeof bytes);
    return bytes;
  }
  bool skip(size_t bytes) {
    if (ptrdiff_t(bytes) > end_ - at_) return false;
    at_ += bytes;
    return true;
  }
  // Eight digits of which the first stands in the lowest byte.
  static uint64_t value_of(uint64_t digits) {
    digits = digits * 10 + (digits >> 8);
    constexpr uint64_t kPairs = 0x000000FF000000FF;
    return ((digits & kPairs) * (100 + (uint64_t{1000000} << 32)) +
            (digits >> 16 & kPairs) * (1 + (uint64_t{10000} << 32))) >>
           32;
  }

  const char* at_;
  const char* end_;
};

}  // namespace loopscope::trace_model
