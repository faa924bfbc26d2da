// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/log_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "exchange/epoch.h"
#include "exchange/strace/call_words.h"
#include "exchange/strace/value_text.h"
#include "trace-model/times.h"

namespace loopscope::exchange::strace {
namespace {

using trace_model::Call;
using trace_model::Ns;
using trace_model::Pid;

constexpr size_t kResultColumn = 40;  // strace -a
constexpr Ns kMicrosecond = 1000, kSecond = 1'000'000'000;

// -T rounds down to microseconds, as a difference of the times it has.
std::string took(Ns dur) {
  return fmt::format(" <{}.{:06}>", dur / kSecond, dur % kSecond / kMicrosecond);
}

}  // namespace

void LogWriter::take(const trace_model::Event& event, const trace_model::Model& /*model*/, bool inside,
                     std::string& out) {
  if (const auto* header = std::get_if<trace_model::TraceHeader>(&event)) epoch_ = epoch_of(header->started);
  if (!inside) return;
  if (const auto* call = std::get_if<Call>(&event)) take(*call);
  if (const auto* pending = std::get_if<trace_model::Pending>(&event)) take(*pending);
  if (const auto* exit = std::get_if<trace_model::Exit>(&event)) take(*exit);
  flush(trace_model::time_between(kPatience, completion_time(event)), out);
}

// Strace attached to a process shows a call in progress from when it came, too.
void LogWriter::take(const trace_model::Pending& pending) {
  uint64_t& begun = begun_[pending.tid];
  if (begun != 0) return;
  begun = ++calls_;
  waiting_.emplace(pending.t,
                   Piece{pending.tid, begun, true, words_of_begun(pending), "", std::string(pending.name())});
}

void LogWriter::take(const Call& call) {
  CallWords words = words_of(call);
  uint64_t& begun = begun_[call.tid];
  const bool known = begun != 0 && call.pending != 0;
  const uint64_t number = known ? begun : ++calls_;
  begun = 0;
  const std::string name(call.name());
  if (!known)
    waiting_.emplace(std::max(call.t, written_),
                     Piece{call.tid, number, true, std::move(words.begun), "", name});
  const Ns returned = std::max(call.returned(), call.t);
  std::string result = call.killed ? "?" : words.result;
  if (!call.killed) result += took(trace_model::time_between(call.t, returned));
  waiting_.emplace(std::max(returned, written_),
                   Piece{call.tid, number, false, words.rest + ")", std::move(result), name});
}

void LogWriter::take(const trace_model::Exit& exit) {
  std::string text = exit.signal
                         ? fmt::format("+++ killed by {} +++",
                                       flag_words(trace_model::symbols::kSignal, uint64_t(exit.signal)))
                         : fmt::format("+++ exited with {} +++", exit.code);
  waiting_.emplace(std::max(exit.t, written_), Piece{exit.tid, 0, true, std::move(text), "", ""});
}

void LogWriter::line(std::string& out, Ns t, Pid tid, std::string_view text, std::string_view result) const {
  const Ns at = std::max<Ns>(trace_model::time_after(epoch_, t), 0);
  const size_t begin = out.size();
  fmt::format_to(std::back_inserter(out), "{:<5} {}.{:06} {}", tid, at / kSecond, at % kSecond / kMicrosecond,
                 text);
  if (!result.empty()) {
    out += ' ';
    if (const size_t column = out.size() - begin; column < kResultColumn)
      out.append(kResultColumn - column, ' ');
    out += "= ";
    out += result;
  }
  out += '\n';
}

void LogWriter::flush(Ns until, std::string& out) {
  while (!waiting_.empty() && waiting_.begin()->first <= until) {
    const auto first = waiting_.begin();
    auto second = std::next(first);
    Piece& piece = first->second;
    // What comes next decides whether this call is one line; before that is known, nothing can be written.
    const bool next_is_known = until == INT64_MAX || (second != waiting_.end() && second->first <= until);
    if (piece.call != 0 && piece.begins && !next_is_known) return;
    written_ = std::max(written_, first->first);
    if (piece.call != 0 && piece.begins) {
      const bool whole = second != waiting_.end() && second->second.call == piece.call;
      if (whole) {
        line(out, first->first, piece.tid, piece.text + second->second.text, second->second.result);
        written_ = std::max(written_, second->first);
        waiting_.erase(second);
      } else {
        line(out, first->first, piece.tid, piece.text + " <unfinished ...>", {});
      }
    } else if (piece.call != 0) {
      line(out, first->first, piece.tid, fmt::format("<... {} resumed>{}", piece.name, piece.text),
           piece.result);
    } else {
      line(out, first->first, piece.tid, piece.text, {});
    }
    waiting_.erase(first);
  }
}

void LogWriter::finish(const trace_model::Report& /*report*/, std::string& out) {
  flush(INT64_MAX, out);
}

}  // namespace loopscope::exchange::strace
