// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/call_text.h"

#include "exchange/strace/text.h"
#include "trace-model/symbols.h"

namespace loopscope::exchange::strace {
namespace {

constexpr size_t kNone = std::string_view::npos;

// <0.000123> at the end.
std::optional<Ns> take_duration(std::string_view& text) {
  if (!text.ends_with('>')) return std::nullopt;
  const size_t open = text.rfind('<');
  if (open == kNone || (open > 0 && text[open - 1] != ' ')) return std::nullopt;
  const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  const size_t point = inside.find('.');
  const auto whole = read_number(inside.substr(0, point) == "0" ? "0" : inside.substr(0, point));
  if (inside.empty() || inside.find_first_not_of("0123456789.") != kNone || !whole || *whole > 9'000'000'000)
    return std::nullopt;
  Ns took = *whole * 1'000'000'000, unit = 100'000'000;
  for (size_t i = point == kNone ? inside.size() : point + 1; i < inside.size(); ++i, unit /= 10)
    took += unit * (inside[i] - '0');
  text = trimmed(text.substr(0, open));
  return took;
}

std::string_view word_of(std::string_view text) {
  return text.substr(0, text.find_first_of(" ("));
}

bool read_result(std::string_view text, CallText& call) {
  call.took = take_duration(text);
  if (text.empty()) return false;
  if (text.starts_with('?')) {
    text = trimmed(text.substr(1));
    if (const auto error = trace_model::error_number(word_of(text)); error && *error > 0) {
      call.error = *error;
      call.ret = -1;
      call.returned = true;
    }
    return true;
  }
  size_t end = 0;
  while (end < text.size() && text[end] != ' ') {
    end = end_of_piece(text, end);
    if (end == kNone) return false;
  }
  const std::string_view value = text.substr(0, end);
  const size_t what = value.find('<');
  const auto number = read_number(value.substr(0, what));
  if (!number) return false;
  call.returned = true;
  call.ret = *number;
  if (what != kNone && value.ends_with('>')) call.ret_what = value.substr(what + 1, value.size() - what - 2);
  text = trimmed(text.substr(end));
  if (*number == -1 && !text.empty() && text[0] == 'E') {
    const auto error = trace_model::error_number(word_of(text));
    if (!error || *error <= 0) return false;
    call.error = *error;
  } else if (text.starts_with('(') && text.ends_with(')')) {
    call.remark = text.substr(1, text.size() - 2);
  }
  return true;
}

}  // namespace

std::expected<CallText, std::string> read_call_text(std::string_view text) {
  CallText call;
  const size_t open = text.find('(');
  if (open == kNone || open == 0) return std::unexpected("this is not a call");
  call.name = text.substr(0, open);
  const size_t end = end_of_piece(text, open);
  if (end == kNone) return std::unexpected("the arguments of the call do not end");
  const auto args = split_arguments(text.substr(open + 1, end - open - 2));
  if (!args) return std::unexpected("the arguments of the call do not end");
  call.args = *args;
  call.complete = true;
  std::string_view rest = trimmed(text.substr(end));
  if (!rest.starts_with('=') || !read_result(trimmed(rest.substr(1)), call))
    return std::unexpected("the call has no result that can be read");
  return call;
}

CallText read_begun_text(std::string_view text) {
  CallText call;
  const size_t open = text.find('(');
  call.name = text.substr(0, open);
  std::string_view rest = trimmed(open == kNone ? std::string_view() : text.substr(open + 1));
  if (rest.ends_with(',')) rest.remove_suffix(1);
  if (auto args = split_arguments(rest)) call.args = std::move(*args);
  return call;
}

}  // namespace loopscope::exchange::strace
