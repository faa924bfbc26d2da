// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/log_reader.h"

#include <utility>

#include <fmt/format.h>

#include "exchange/strace/text.h"
#include "trace-model/terminal_text.h"

namespace loopscope::exchange::strace {
namespace {

constexpr std::string_view kUnfinished = "<unfinished ...>", kDetached = "<detached ...>";
constexpr std::string_view kOwnWord = "strace: ";

std::string_view take_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return line;
}

// name( as a call begins.
bool begins_call(std::string_view text) {
  const size_t open = text.find('(');
  return open != text.npos && open > 0 &&
         text.substr(0, open).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == text.npos;
}

std::string_view name_of(std::string_view text) {
  return text.substr(0, text.find('('));
}

}  // namespace

void LogReader::problem(std::string sentence) {
  if (on_problem_) on_problem_({line_, std::move(sentence)});
}

Ns LogReader::time_of_next_line() const {
  LogClock ahead = clock_;
  std::string_view rest = rest_;
  return rest.empty() ? ahead.at({}) : ahead.at(read_log_line(take_line(rest)));
}

const LogEvent* LogReader::next() {
  while (!rest_.empty()) {
    const std::string_view raw = take_line(rest_);
    ++line_;
    if (take(read_log_line(raw))) return &event_;
  }
  return nullptr;
}

void LogReader::note_attached(std::string_view text) {
  constexpr std::string_view kBefore = "strace: Process ", kAfter = " attached";
  if (!text.starts_with(kBefore)) return;
  const size_t end = text.find(' ', kBefore.size());
  const auto pid = read_number(text.substr(kBefore.size(), end - kBefore.size()));
  if (!pid || *pid <= 0 || *pid > INT32_MAX || text.find(kAfter) == text.npos) return;
  announced_.push_back(Pid(*pid));
  if (!met_call_ && attached_first_ == 0) attached_first_ = Pid(*pid);
}

bool LogReader::take(const LogLine& line) {
  const std::string_view text = trimmed(line.text);
  // "clone(…strace: Process 12 attached", and the rest of the call on a line of its own.
  if (const size_t own = text.find(kOwnWord); own != text.npos && text.ends_with("tached")) {
    note_attached(text.substr(own));
    if (own > 0 && begins_call(text)) {
      event_.tid = line.tid;
      event_.comm = line.comm;
      event_.start = clock_.at(line);
      cut_short_ = text.substr(0, own);
    }
    return false;
  }
  if (!cut_short_.empty()) {
    LogLine whole = line;
    const std::string joined = std::exchange(cut_short_, {}) + std::string(line.text);
    whole.tid = event_.tid;
    whole.text = joined;
    return take(whole);
  }
  if (text.empty() || text.starts_with("> ")) return false;  // -k: a stack
  if (text.starts_with(kOwnWord)) return ++foreign_, false;
  if (text.starts_with("<... ")) return take_resumed(line);
  for (const std::string_view ending : {kUnfinished, kDetached})
    if (text.ends_with(ending)) return take_begun(line, text.substr(0, text.size() - ending.size()));
  return take_whole(line);
}

bool LogReader::take_begun(const LogLine& line, std::string_view text) {
  if (!begins_call(text)) return ++foreign_, false;
  met_call_ = true;
  LogEvent begun;
  begun.what = LogEvent::What::Begun;
  begun.line = line_;
  begun.tid = line.tid;
  begun.comm = line.comm;
  begun.start = begun.end = clock_.at(line);
  begun.text = text;
  event_ = begun;
  if (!open_.insert_or_assign(line.tid, std::move(begun)).second)
    problem(fmt::format("thread {} begins a call while another of its calls has not returned", line.tid));
  return true;
}

bool LogReader::take_resumed(const LogLine& line) {
  const Ns now = clock_.at(line);
  const std::string_view text = trimmed(line.text);
  const size_t end = text.find(" resumed>");
  if (end == text.npos) return problem("the name of the call that is resumed does not end"), false;
  const std::string_view name = text.substr(5, end - 5);
  auto open = open_.find(line.tid);
  // From a terminal the only process left has no number, and the first had none at its beginning.
  if (open == open_.end() && open_.size() == 1) open = open_.begin();
  if (open == open_.end()) return ++without_beginning_, false;
  if (name_of(open->second.text) != name) {
    problem(fmt::format("{} is resumed, but {} was begun", trace_model::terminal_text(name),
                        trace_model::terminal_text(name_of(open->second.text))));
    open_.erase(open);
    return false;
  }
  event_ = std::move(open->second);
  open_.erase(open);
  event_.what = LogEvent::What::Call;
  event_.line = line_;
  event_.end = now;
  event_.split = true;
  event_.text += text.substr(end + std::string_view(" resumed>").size());
  return true;
}

bool LogReader::take_whole(const LogLine& line) {
  const std::string_view text = trimmed(line.text);
  const bool exit = text.starts_with("+++ "), signal = text.starts_with("--- ");
  if (!exit && !signal && !begins_call(text)) return ++foreign_, false;
  met_call_ = true;
  event_.what = exit ? LogEvent::What::Exit : signal ? LogEvent::What::Signal : LogEvent::What::Call;
  event_.line = line_;
  event_.tid = line.tid;
  event_.comm = line.comm;
  event_.start = clock_.at(line);
  event_.end = event_.what == LogEvent::What::Call ? time_of_next_line() : event_.start;
  event_.split = false;
  event_.text = text;
  return true;
}

}  // namespace loopscope::exchange::strace
