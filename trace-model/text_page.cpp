// SPDX-License-Identifier: Apache-2.0
#include "trace-model/text_page.h"

#include <algorithm>

#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {

TextPage::TextPage(const PageOptions& options)
    : color_(options.color), columns_(size_t(std::max(options.columns, 40))) {}

void TextPage::put(std::string_view text, Tone tone) {
  constexpr std::string_view kStrong = "\033[1m", kWarning = "\033[33m", kFaint = "\033[2m";
  const bool colored = color_ && tone != Tone::Plain;
  if (colored) text_ += tone == Tone::Strong ? kStrong : tone == Tone::Warning ? kWarning : kFaint;
  text_ += text;
  if (colored) text_ += "\033[0m";
  text_ += '\n';
}

void TextPage::heading(std::string_view text) {
  put(cut_to_columns(text, columns_), Tone::Strong);
}

void TextPage::line(size_t indent, std::string_view text, Tone tone) {
  std::string current(indent, ' ');
  bool empty = true;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!empty && column_count(current) + 1 + column_count(word) > columns_) {
      put(current, tone);
      current.assign(indent + 2, ' ');
      empty = true;
    }
    if (!empty) current += ' ';
    current += word;
    empty = false;
  }
  put(current, tone);
}

void TextPage::verbatim(size_t indent, std::string_view text, Tone tone) {
  put(std::string(indent, ' ') + cut_to_columns(text, columns_ - indent), tone);
}

void TextPage::table(size_t indent, const std::vector<std::string>& lines) {
  for (size_t i = 0; i < lines.size(); ++i) verbatim(indent, lines[i], i == 0 ? Tone::Faint : Tone::Plain);
}

}  // namespace loopscope::trace_model
