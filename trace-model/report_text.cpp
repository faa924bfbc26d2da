// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/duration_text.h"
#include "trace-model/report_ring_words.h"
#include "trace-model/report_words.h"
#include "trace-model/terminal_text.h"
#include "trace-model/text_table.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kMaxIdleProcesses = 8;
constexpr size_t kMaxClosedListeners = 10;
constexpr size_t kMaxLoops = 64;  // of a process, in the text

// Appends lines of at most so many columns; what is longer goes on below, indented a little more.
class Page {
 public:
  explicit Page(const TextOptions& options)
      : options_(options), columns_(size_t(std::max(options.columns, 40))) {}

  void heading(const std::string& text) {
    const std::string cut = cut_to_columns(text, columns_);
    text_ += options_.color ? fmt::format("\033[1m{}\033[0m\n", cut) : cut + '\n';
  }
  void line(size_t indent, std::string_view text) {
    std::string current(indent, ' ');
    bool empty = true;
    while (!text.empty()) {
      const size_t end = std::min(text.find(' '), text.size());
      const std::string_view word = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (!empty && column_count(current) + 1 + column_count(word) > columns_) {
        text_ += current + '\n';
        current.assign(indent + 2, ' ');
        empty = true;
      }
      if (!empty) current += ' ';
      current += word;
      empty = false;
    }
    text_ += current + '\n';
  }
  void verbatim(const std::string& text) { text_ += text + '\n'; }
  void blank() { text_ += '\n'; }
  [[nodiscard]] size_t columns() const { return columns_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  TextOptions options_;
  size_t columns_;
  std::string text_;
};

std::string command_of(const ReportProcess& process) {
  if (!process.cmdline.empty()) return terminal_text(fmt::format("{}", fmt::join(process.cmdline, " ")));
  return terminal_text(process.comm.empty() ? process.exe : process.comm);
}

std::string end_of(const ReportProcess& process) {
  if (!process.exit_t) return {};
  const std::string how = process.exit_signal ? fmt::format("killed by signal {}", process.exit_signal)
                                              : fmt::format("exited with {}", process.exit_code);
  return fmt::format(", {} at {}", how, time_text(*process.exit_t));
}

std::string quantile_words(const std::optional<Quantiles>& q, bool with_max) {
  if (!q) return "-";
  const std::string text = fmt::format("{} / {}", duration_text(q->p50), duration_text(q->p99));
  return with_max ? fmt::format("{} / {}", text, duration_text(q->max)) : text;
}

TableRow loop_row(const ReportLoop& loop, bool with_max) {
  const std::string thread = loop.comm.empty() ? "" : " " + terminal_text(loop.comm);
  return {fmt::format("{}{}", loop.tid, thread), wait_words(loop),
          loop.iterations ? count_text(*loop.iterations) : "-", quantile_words(loop.slept, with_max),
          quantile_words(loop.busy, with_max)};
}

std::vector<std::string> loop_lines(const std::vector<const ReportLoop*>& loops, bool with_max) {
  const std::string quantiles = with_max ? "p50 / p99 / max" : "p50 / p99";
  std::vector<TableRow> rows{{"THREAD", "WAITS IN", "WAITS", "WAIT " + quantiles, "ITERATION " + quantiles}};
  for (const ReportLoop* loop : loops) rows.push_back(loop_row(*loop, with_max));
  return table_lines(rows, {2});
}

void loop_table(Page& page, const std::vector<const ReportLoop*>& loops) {
  constexpr size_t kIndent = 4;
  const auto fits = [&](const std::string& line) { return column_count(line) + kIndent <= page.columns(); };
  std::vector<std::string> lines = loop_lines(loops, true);
  if (!std::ranges::all_of(lines, fits)) lines = loop_lines(loops, false);
  for (size_t i = 0; i < lines.size(); ++i) {
    page.verbatim(std::string(kIndent, ' ') + cut_to_columns(lines[i], page.columns() - kIndent));
    const std::string causes = i ? cause_words(*loops[i - 1]) : "";
    if (!causes.empty()) page.line(kIndent + 2, "woken by: " + causes);
  }
}

void loops_of(Page& page, const Report& report, Pid pid) {
  std::vector<const ReportLoop*> ran;
  size_t left_out = 0;
  for (const ReportLoop& loop : report.loops) {
    if (loop.pid != pid || loop.iterations.value_or(0) == 0) continue;
    ran.size() < kMaxLoops ? ran.push_back(&loop) : void(++left_out);
  }
  if (!ran.empty()) loop_table(page, ran);
  if (left_out) page.line(4, fmt::format("and {} more, in `--json`", counted(left_out, "loop")));
  for (const ReportLoop& loop : report.loops) {
    if (loop.pid != pid) continue;
    if (const std::string asleep = asleep_words(loop, report); !asleep.empty()) {
      const bool named = asleep.find("accept") == std::string::npos && loop.wait == WaitKind::Epoll;
      page.line(4, fmt::format("thread {}{}{} is {}", loop.tid, loop.comm.empty() ? "" : " ",
                               terminal_text(loop.comm),
                               named ? asleep + fmt::format(" (epoll {})", loop.fd) : asleep));
    }
  }
}

void rings_of(Page& page, const Report& report, Pid pid) {
  for (const ReportRing& ring : report.rings) {
    if (ring.pid != pid) continue;
    const RingWords words = ring_words(ring, report);
    page.line(2, words.heading);
    for (const std::string& line : words.above) page.line(4, line);
    for (const std::string& line : words.table)
      page.verbatim("    " + cut_to_columns(line, page.columns() - 4));
    for (const std::string& line : words.below) page.line(4, line);
  }
}

void listeners_of(Page& page, const Report& report, Pid pid) {
  size_t closed = 0;
  for (const ReportListener& listener : report.listeners) {
    if (listener.pid != pid) continue;
    if (listener.closed_t && ++closed > kMaxClosedListeners) continue;
    const std::vector<std::string> lines = listener_words(listener, report);
    page.line(2, lines.front());
    for (size_t i = 1; i < lines.size(); ++i) page.line(4, lines[i]);
  }
  if (closed > kMaxClosedListeners)
    page.line(2, fmt::format("and {} more that it closed, in `--json`",
                             counted(closed - kMaxClosedListeners, "listening socket")));
}

bool says_something(const Report& report, Pid pid) {
  const auto of = [pid](const auto& row) { return row.pid == pid; };
  return std::ranges::any_of(report.listeners, of) || std::ranges::any_of(report.loops, of) ||
         std::ranges::any_of(report.rings, of);
}

void processes_of(Page& page, const Report& report) {
  std::vector<const ReportProcess*> idle;
  for (const ReportProcess& process : report.processes) {
    if (!says_something(report, process.pid)) {
      idle.push_back(&process);
      continue;
    }
    page.blank();
    page.heading(fmt::format("pid {}{}  {}", process.pid, end_of(process), command_of(process)));
    listeners_of(page, report, process.pid);
    loops_of(page, report, process.pid);
    rings_of(page, report, process.pid);
    if (const std::string cpu = cpu_words(process); !cpu.empty()) page.line(2, cpu);
  }
  if (idle.empty()) return;
  page.blank();
  page.line(0, fmt::format("{} neither listened nor waited:",
                           idle.size() == 1 ? "1 process" : count_text(idle.size()) + " processes"));
  for (size_t i = 0; i < std::min(idle.size(), kMaxIdleProcesses); ++i)
    page.verbatim(cut_to_columns(
        fmt::format("  pid {}{}  {}", idle[i]->pid, end_of(*idle[i]), command_of(*idle[i])), page.columns()));
  if (idle.size() > kMaxIdleProcesses)
    page.line(2, fmt::format("and {} more", idle.size() - kMaxIdleProcesses));
}

std::string title_of(const Report& report) {
  if (!report.recorded.anything) return "What /proc shows now; nothing was recorded";
  std::string text = fmt::format("{} in {}", counted(report.calls, "call"), duration_text(report.last_t));
  if (!report.header) return text;
  text += fmt::format(", recorded on {} from {}", terminal_text(report.header->kernel),
                      terminal_text(report.header->started));
  return text;
}

// Answers that this trace cannot give, and why.
std::vector<std::string> missing_answers(const Report& report) {
  std::vector<std::string> missing;
  const Recorded& recorded = report.recorded;
  if (!recorded.anything) return missing;
  if (!recorded.io)
    missing.push_back("Reads and writes were left out: what was done with connections is not known.");
  std::vector<std::string_view> families;
  if (!recorded.epoll) families.push_back("epoll");
  if (!recorded.poll) families.push_back("poll");
  if (!recorded.select) families.push_back("select");
  if (!families.empty())
    missing.push_back(
        fmt::format("Waits in {} were left out: loops that wait that way, and what woke them, are missing.",
                    fmt::join(families, ", ")));
  if (!recorded.accepts) missing.push_back("Calls of accept were left out: connections are not counted.");
  if (report.header && report.header->last_s)
    missing.push_back(fmt::format("Only the newest {:g} s were kept.", *report.header->last_s));
  return missing;
}

std::vector<std::string> what_went_wrong(const Report& report) {
  std::vector<std::string> lines;
  lines.reserve(report.findings.size());
  for (const Finding& finding : report.findings)
    lines.push_back(fmt::format("{}: {}.", finding.severity == "warning" ? "Warning" : "Note", finding.text));
  if (!report.end)
    lines.emplace_back("The trace was cut short: it has no `end`. What it holds until then is used.");
  if (report.end && !report.end->error.empty())
    lines.push_back(fmt::format("The recording ended early: {}.", terminal_text(report.end->error)));
  for (const std::string& what : report.incomplete)
    lines.push_back(fmt::format("Not read: {}.", terminal_text(what)));
  if (report.end)
    for (const auto& [what, count] : report.end->skipped)
      lines.push_back(fmt::format("Seen but not recorded: {} {}.", count_text(count), terminal_text(what)));
  if (report.listeners_left_out)
    lines.push_back(fmt::format("{} closed earlier are not listed.",
                                counted(report.listeners_left_out, "listening socket")));
  if (report.threads_left_out)
    lines.push_back(fmt::format("{} that ended are not listed.", counted(report.threads_left_out, "thread")));
  return lines;
}

}  // namespace

std::string report_text(const Report& report, const TextOptions& options) {
  Page page(options);
  page.heading(title_of(report));
  processes_of(page, report);
  std::vector<std::string> notes = what_went_wrong(report);
  for (std::string& missing : missing_answers(report)) notes.push_back(std::move(missing));
  if (report.recorded.anything && report.complete) notes.insert(notes.begin(), "Nothing was lost.");
  if (!notes.empty()) page.blank();
  for (const std::string& note : notes) page.line(0, note);
  return page.take();
}

}  // namespace loopscope::trace_model
