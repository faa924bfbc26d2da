// SPDX-License-Identifier: Apache-2.0
// A page of text for a terminal of so many columns: lines that are too long go on below, indented a little
// more. What it is given must be harmless for a terminal already (terminal_text).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::trace_model {

struct PageOptions {
  bool color = false;
  int columns = 100;  // at least 40 are used
};

enum class Tone : uint8_t { Plain, Strong, Warning, Faint };

class TextPage {
 public:
  explicit TextPage(const PageOptions& options);

  void heading(std::string_view text);  // cut to the columns
  void line(size_t indent, std::string_view text, Tone tone = Tone::Plain);
  void verbatim(size_t indent, std::string_view text, Tone tone = Tone::Plain);  // cut, never wrapped
  // The first is the heading of the others.
  void table(size_t indent, const std::vector<std::string>& lines);
  void blank() { text_ += '\n'; }

  [[nodiscard]] size_t columns() const { return columns_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void put(std::string_view text, Tone tone);

  bool color_;
  size_t columns_;
  std::string text_;
};

}  // namespace loopscope::trace_model
