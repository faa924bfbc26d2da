// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/log_line.h"

#include <charconv>

namespace loopscope::exchange::strace {
namespace {

constexpr Ns kSecond = 1'000'000'000;
// include/linux/threads.h, PID_MAX_LIMIT on 64 bits: a greater number without a fraction is a time.
constexpr int64_t kMostPid = 4 * 1024 * 1024;
constexpr int64_t kMostSeconds = 9'000'000'000;

class Head {
 public:
  explicit Head(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] std::string_view rest() const { return rest_; }
  void spaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  bool word(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  std::optional<int64_t> number() {
    int64_t value = 0;
    if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') return std::nullopt;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(size_t(end - rest_.data()));
    return value;
  }
  // ".123" in nanoseconds; 0 where there is none.
  Ns fraction() {
    if (!word(".")) return 0;
    Ns value = 0, unit = kSecond;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      unit /= 10;
      value += unit * (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  // <python3>
  std::string_view name() {
    if (!rest_.starts_with('<')) return {};
    const size_t end = rest_.find('>');
    if (end == rest_.npos) return {};
    const std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return inside;
  }

 private:
  std::string_view rest_;
};

bool take_pid(Head& head, LogLine& line) {
  Head tried = head;
  const bool bracket = tried.word("[pid ");
  tried.spaces();
  const auto number = tried.number();
  if (!number || *number <= 0 || *number > kMostPid) return false;
  const std::string_view comm = tried.name();
  if (!tried.word(bracket ? "] " : " ")) return false;
  line.tid = Pid(*number);
  line.comm = comm;
  head = tried;
  return true;
}

bool take_time(Head& head, LogLine& line) {
  Head tried = head;
  tried.spaces();
  const auto first = tried.number();
  if (!first) return false;
  if (tried.word(":")) {
    const auto minutes = tried.number();
    if (!minutes || !tried.word(":")) return false;
    const auto seconds = tried.number();
    if (!seconds || *first > 23 || *minutes > 59 || *seconds > 60) return false;
    line.time_kind = TimeKind::DayTime;
    line.time = ((*first * 60 + *minutes) * 60 + *seconds) * kSecond;
  } else {
    const bool has_fraction = tried.rest().starts_with('.');
    if ((!has_fraction && *first <= kMostPid) || *first >= kMostSeconds) return false;
    // Nobody's clock is in the first weeks of 1970, and no line comes weeks after the one before.
    line.time_kind = *first <= kMostPid ? TimeKind::Relative : TimeKind::Epoch;
    line.time = *first * kSecond;
  }
  line.time += tried.fraction();
  if (!tried.word(" ")) return false;
  head = tried;
  return true;
}

// (+     0.000123), beside a time of day.
void take_relative(Head& head) {
  Head tried = head;
  if (!tried.word("(+")) return;
  tried.spaces();
  if (!tried.number()) return;
  tried.fraction();
  if (tried.word(") ")) head = tried;
}

// [ 232] and [00007f1c2d3e4f50]: a call's number, an instruction's address.
void take_bracketed(Head& head) {
  while (head.rest().starts_with('[')) {
    const size_t end = head.rest().find("] ");
    if (end == std::string_view::npos) return;
    const std::string_view inside = head.rest().substr(1, end - 1);
    if (inside.find_first_not_of("0123456789abcdef ?") != std::string_view::npos) return;
    head = Head(head.rest().substr(end + 2));
  }
}

}  // namespace

LogLine read_log_line(std::string_view text) {
  LogLine line;
  if (text.ends_with('\r')) text.remove_suffix(1);
  Head head(text);
  take_pid(head, line);
  if (take_time(head, line)) take_relative(head);
  head.spaces();
  take_bracketed(head);
  line.text = head.rest();
  return line;
}

}  // namespace loopscope::exchange::strace
