// SPDX-License-Identifier: Apache-2.0
#include "trace-model/trace_reader.h"

#include <utility>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == line.npos;
}

}  // namespace

std::string sentence_of(const Problem& problem) {
  return fmt::format("line {}: {}{}", problem.line, problem.what, problem.used ? "" : "; skipped");
}

const Record* TraceReader::next() {
  while (refusal_.empty()) {
    const uint64_t offset = lines_.offset();
    if (const auto line = lines_.next_line()) {
      ++line_number_;
      if (std::exchange(skipping_, false)) continue;
      if (const Record* record = take(*line, offset, true)) return record;
      continue;
    }
    skip_long_line();
    if (refill()) continue;
    return ended_ ? take_last() : nullptr;
  }
  return nullptr;
}

// Whether there is reason to look again.
bool TraceReader::refill() {
  if (report_damage()) return true;
  const size_t decoded = decoder_.decode(lines_.room(kChunkBytes));
  lines_.filled(decoded);
  return decoded || report_damage();
}

bool TraceReader::report_damage() {
  std::string damage = decoder_.take_damage();
  if (damage.empty()) return false;
  report_next_line(std::move(damage));
  if (!decoder_.drained()) lines_.drop_rest();  // the text that follows does not continue this line
  return true;
}

void TraceReader::skip_long_line() {
  if (!skipping_) {
    if (lines_.rest().size() <= limits_.max_line_bytes) return;
    report_next_line(fmt::format("the line is longer than {} bytes", limits_.max_line_bytes));
    skipping_ = true;
  }
  lines_.drop_rest();
}

const Record* TraceReader::take_last() {
  const std::string_view line = lines_.rest();
  const uint64_t offset = lines_.offset();
  if (line.empty() || skipping_) return nullptr;
  ++line_number_;
  const Record* record = take(line, offset, false);
  lines_.drop_rest();  // the text stays where it is
  return record;
}

const Record* TraceReader::take(std::string_view line, uint64_t offset, bool complete) {
  if (offset == 0 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (blank(line)) return nullptr;
  Event* event = parser_.parse(line);
  if (const int64_t format = parser_.newer_format()) {
    refusal_ = fmt::format(
        "this trace is of format {}, and this loopscope reads formats up to {}: read it with a newer one",
        format, kFormat);
    return nullptr;
  }
  if (!event) {
    report(offset, false,
           complete ? parser_.complaint() : "the file is cut within this line: " + parser_.complaint());
    if (!record_count_ && line_number_ >= limits_.lines_before_refusal)
      refusal_ =
          fmt::format("this is not a loopscope trace: none of its first {} lines is a record", line_number_);
    return nullptr;
  }
  line_offset_ = offset;
  for (const std::string& note : parser_.notes()) report(offset, true, note);
  check_first(*event);
  check_order(*event);
  ++record_count_;
  record_ = {event, line, line_number_, offset};
  return &record_;
}

void TraceReader::check_first(const Event& event) {
  const bool header = std::holds_alternative<TraceHeader>(event);
  if (!std::exchange(first_seen_, true)) {
    if (!header || line_number_ != 1)
      report(line_offset_, true, "the file does not begin with a trace record");
  } else if (header) {
    report(line_offset_, true, "a trace record stands within the file: a second trace may begin here");
  }
}

void TraceReader::check_order(const Event& event) {
  const RecordId id = id_of(event);
  if (id <= last_id_)
    report(line_offset_, true, fmt::format("id {} follows id {}: ids must increase", id, last_id_));
  last_id_ = id;
  const Ns completion = completion_time(event);
  if (completion == INT64_MIN) return;  // has no time
  if (completion < last_completion_)
    report(line_offset_, true,
           fmt::format("the record completes at {} ns, before the one before it at {} ns", completion,
                       last_completion_));
  last_completion_ = completion;
}

// About the line that begins where the text not yet taken does.
void TraceReader::report_next_line(std::string what) {
  ++line_number_;
  report(lines_.offset(), false, std::move(what));
  --line_number_;
}

void TraceReader::report(uint64_t offset, bool used, std::string what) {
  Problem problem{line_number_, offset, used, std::move(what)};
  ++problem_count_;
  if (on_problem_) on_problem_(problem);
  if (problems_.size() < limits_.max_problems_kept) problems_.push_back(std::move(problem));
}

}  // namespace loopscope::trace_model
