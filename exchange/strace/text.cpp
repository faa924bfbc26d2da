// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/text.h"

#include <array>
#include <charconv>

namespace loopscope::exchange::strace {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kDeepest = 64;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

size_t end_of_string(std::string_view text, size_t at) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return kNone;
}

// The arrow between the two ends of a connection, and no end of an annotation whose path ends in "-".
bool is_arrow(std::string_view text, size_t at) {
  if (at == 0 || text[at - 1] != '-' || at + 1 >= text.size()) return false;
  const char next = text[at + 1];
  return (next >= '0' && next <= '9') || next == '[' || next == '"' || next == '@';
}

size_t end_of_annotation(std::string_view text, size_t at) {
  size_t depth = 0;
  for (size_t i = at; i < text.size(); ++i) {
    if (text[i] == '<')
      ++depth;
    else if (text[i] == '>' && !is_arrow(text, i) && --depth == 0)
      return i + 1;
  }
  return kNone;
}

char closing_of(char open) {
  return open == '(' ? ')' : open == '[' ? ']' : '}';
}

size_t end_of_bracket(std::string_view text, size_t at) {
  std::array<char, kDeepest> wanted{};
  size_t depth = 0;
  for (size_t i = at; i < text.size();) {
    const char c = text[i];
    if (c == '(' || c == '[' || c == '{') {
      if (depth == kDeepest) return kNone;
      wanted[depth++] = closing_of(c);
      ++i;
    } else if (c == ')' || c == ']' || c == '}') {
      if (wanted[depth - 1] != c) return kNone;
      if (--depth == 0) return i + 1;
      ++i;
    } else {
      i = end_of_piece(text, i);
      if (i == kNone) return kNone;
    }
  }
  return kNone;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

// The byte that an escape stands for; `at` is behind the backslash, and behind the escape afterwards.
char escaped(std::string_view text, size_t& at) {
  const char c = text[at++];
  constexpr std::string_view kLetters = "ntrvfabe", kBytes = "\n\t\r\v\f\a\b\x1b";
  if (const size_t letter = kLetters.find(c); letter != kNone) return kBytes[letter];
  if (c == 'x') {
    int value = 0;
    for (int digits = 0; digits < 2 && at < text.size() && hex_digit(text[at]) >= 0; ++digits)
      value = value * 16 + hex_digit(text[at++]);
    return char(value);
  }
  if (!is_octal(c)) return c;
  int value = c - '0';
  for (int digits = 1; digits < 3 && at < text.size() && is_octal(text[at]); ++digits)
    value = value * 8 + (text[at++] - '0');
  return char(value);
}

std::string_view without_comment(std::string_view text) {
  const size_t comment = text.find("/*");
  return trimmed(comment == kNone ? text : text.substr(0, comment));
}

}  // namespace

size_t end_of_piece(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == '"') return end_of_string(text, at);
  if (c == '(' || c == '[' || c == '{') return end_of_bracket(text, at);
  if (c == '<' && at > 0 && is_word(text[at - 1])) return end_of_annotation(text, at);
  if (text.substr(at).starts_with("/*")) {
    const size_t end = text.find("*/", at + 2);
    return end == kNone ? kNone : end + 2;
  }
  return at + 1;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::vector<std::string_view>> split_arguments(std::string_view text) {
  std::vector<std::string_view> parts;
  if (trimmed(text).empty()) return parts;
  size_t begin = 0;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ',') {
      parts.push_back(trimmed(text.substr(begin, i - begin)));
      begin = ++i;
      continue;
    }
    if (text[i] == ')' || text[i] == ']' || text[i] == '}') return std::nullopt;
    i = end_of_piece(text, i);
    if (i == kNone) return std::nullopt;
  }
  parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

std::optional<Quoted> read_quoted(std::string_view text) {
  if (text.empty() || text[0] != '"') return std::nullopt;
  const size_t end = end_of_string(text, 0);
  if (end == kNone) return std::nullopt;
  Quoted quoted;
  quoted.cut = text.substr(end).starts_with("...");
  const std::string_view inside = text.substr(1, end - 2);
  for (size_t i = 0; i < inside.size();) {
    if (inside[i] == '\\' && i + 1 < inside.size())
      quoted.bytes += escaped(inside, ++i);
    else
      quoted.bytes += inside[i++];
  }
  return quoted;
}

std::optional<int64_t> read_number(std::string_view text) {
  text = without_comment(text);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x"))
    text.remove_prefix(2), base = 16;
  else if (text.size() > 1 && text[0] == '0')
    base = 8;
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || at != end || text.empty()) return std::nullopt;
  return int64_t(negative ? 0 - value : value);
}

std::optional<Described> read_fd(std::string_view text) {
  text = trimmed(text);
  const size_t open = text.find('<');
  const auto number = read_number(text.substr(0, open));
  if (!number || *number < INT32_MIN || *number > INT32_MAX) return std::nullopt;
  Described read{int(*number), {}};
  if (open == kNone) return read;
  const size_t end = open == 0 ? kNone : end_of_annotation(text, open);
  if (end == kNone) return std::nullopt;
  read.what = text.substr(open + 1, end - open - 2);
  return read;
}

std::optional<uint64_t> read_flags(const trace_model::SymbolTable& table, std::string_view text) {
  text = without_comment(text);
  uint64_t bits = 0;
  while (!text.empty()) {
    const size_t bar = text.find('|');
    const std::string_view word = trimmed(text.substr(0, bar));
    text = bar == kNone ? std::string_view() : text.substr(bar + 1);
    if (const auto named = trace_model::bits_of(table, word))
      bits |= *named;
    else if (const auto number = read_number(word))
      bits |= uint64_t(*number);
    else
      return std::nullopt;
  }
  return bits;
}

std::optional<std::string_view> member(std::string_view braces, std::string_view name, size_t place) {
  if (braces.size() < 2 || braces.front() != '{' || braces.back() != '}') return std::nullopt;
  const auto parts = split_arguments(braces.substr(1, braces.size() - 2));
  if (!parts) return std::nullopt;
  for (const std::string_view part : *parts)
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
      return part.substr(name.size() + 1);
  if (place >= parts->size()) return std::nullopt;
  const std::string_view by_place = (*parts)[place];
  size_t word = 0;
  while (word < by_place.size() && is_word(by_place[word])) ++word;
  if (word < by_place.size() && by_place[word] == '=') return std::nullopt;  // it has another name
  return by_place;
}

std::optional<int64_t> read_time_ns(std::string_view text) {
  constexpr int64_t kSecond = 1'000'000'000, kMost = 9'000'000'000;
  if (text == "NULL") return -1;
  const auto seconds = member(text, "tv_sec", 0);
  const auto whole = seconds ? read_number(*seconds) : std::nullopt;
  if (!whole || *whole < 0) return std::nullopt;
  if (*whole > kMost) return kMost * kSecond;
  int64_t unit = 1;
  auto rest = member(text, "tv_nsec", SIZE_MAX);
  if (!rest) rest = member(text, "tv_usec", 1), unit = 1000;
  const auto part = rest ? read_number(*rest) : std::nullopt;
  if (!part || *part < 0 || *part >= kSecond) return std::nullopt;
  return *whole * kSecond + *part * unit;
}

}  // namespace loopscope::exchange::strace
