// SPDX-License-Identifier: Apache-2.0
#include "trace-model/trace_checks.h"

#include <utility>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == line.npos;
}

}  // namespace

std::string sentence_of(const Problem& problem) {
  return fmt::format("line {}: {}{}", problem.line, problem.what, problem.used ? "" : "; skipped");
}

std::string_view without_byte_order_mark(std::string_view line, uint64_t offset) {
  return offset == 0 && line.starts_with(kByteOrderMark) ? line.substr(kByteOrderMark.size()) : line;
}

LineRead read_line(RecordParser& parser, std::string_view line, RecordPool& pool, LineTrouble& trouble) {
  LineRead read;
  if (blank(line)) return read;
  read.event = parser.parse(line, pool);
  if (read.event) {
    read.id = id_of(*read.event);
    read.completion = completion_time(*read.event);
    if (parser.notes().empty()) return read;
  }
  trouble = {parser.complaint(), parser.notes(), parser.newer_format()};
  read.trouble = &trouble;
  return read;
}

bool TraceChecks::take(const LineRead& line, uint64_t offset, size_t bytes, bool complete) {
  if (!refusal_.empty()) return false;
  ++line_number_;
  line_offset_ = offset;
  if (bytes > limits_.max_line_bytes) {
    report(false, too_long());
    return false;
  }
  if (!line.event && !line.trouble) return false;
  if (line.trouble && line.trouble->newer_format) {
    refusal_ = fmt::format(
        "this trace is of format {}, and this loopscope reads formats up to {}: read it with a newer one",
        line.trouble->newer_format, kFormat);
    return false;
  }
  if (!line.event) {
    report(false, complete ? line.trouble->complaint
                           : "the file is cut within this line: " + line.trouble->complaint);
    if (!record_count_ && line_number_ >= limits_.lines_before_refusal)
      refusal_ =
          fmt::format("this is not a loopscope trace: none of its first {} lines is a record", line_number_);
    return false;
  }
  if (line.trouble)
    for (const std::string& note : line.trouble->notes) report(true, note);
  check_first(std::holds_alternative<TraceHeader>(*line.event));
  check_order(line);
  ++record_count_;
  return true;
}

void TraceChecks::check_first(bool header) {
  if (!std::exchange(first_seen_, true)) {
    if (!header || line_number_ != 1) report(true, "the file does not begin with a trace record");
  } else if (header) {
    report(true, "a trace record stands within the file: a second trace may begin here");
  }
}

void TraceChecks::check_order(const LineRead& line) {
  if (line.id <= last_id_)
    report(true, fmt::format("id {} follows id {}: ids must increase", line.id, last_id_));
  last_id_ = line.id;
  if (line.completion == INT64_MIN) return;  // has no time
  if (line.completion < last_completion_)
    report(true, fmt::format("the record completes at {} ns, before the one before it at {} ns",
                             line.completion, last_completion_));
  last_completion_ = line.completion;
}

void TraceChecks::note_about_next_line(uint64_t offset, std::string what) {
  ++line_number_;
  line_offset_ = offset;
  report(false, std::move(what));
  --line_number_;
}

void TraceChecks::note_long_line(uint64_t offset) {
  note_about_next_line(offset, too_long());
}

std::string TraceChecks::too_long() const {
  return fmt::format("the line is longer than {} bytes", limits_.max_line_bytes);
}

std::string TraceChecks::why_empty(const std::string& path) const {
  if (!problem_count_) return fmt::format("{} is empty: it holds no trace", path);
  const Problem& first = problems_.front();
  return fmt::format("{} is not a loopscope trace: line {}: {}", path, first.line, first.what);
}

void TraceChecks::report(bool used, std::string what) {
  Problem problem{line_number_, line_offset_, used, std::move(what)};
  ++problem_count_;
  if (on_problem_) on_problem_(problem);
  if (problems_.size() < limits_.max_problems_kept) problems_.push_back(std::move(problem));
}

}  // namespace loopscope::trace_model
