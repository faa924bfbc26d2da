// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/duration_text.h"
#include "trace-model/report_request_words.h"
#include "trace-model/report_ring_words.h"
#include "trace-model/report_words.h"
#include "trace-model/story/loop_words.h"
#include "trace-model/story/opened_words.h"
#include "trace-model/terminal_text.h"
#include "trace-model/text_page.h"
#include "trace-model/text_table.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kMaxIdleProcesses = 8;
constexpr size_t kMaxClosedListeners = 10;
constexpr size_t kMaxLoops = 64;  // of a process, in the text
constexpr size_t kLoopsInFull = 6;
constexpr size_t kSlowestTold = 6;
constexpr size_t kFilesTold = 10;

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

void loop_table(TextPage& page, const std::vector<const ReportLoop*>& loops) {
  constexpr size_t kIndent = 4;
  const auto fits = [&](const std::string& line) { return column_count(line) + kIndent <= page.columns(); };
  std::vector<std::string> lines = loop_lines(loops, true);
  if (!std::ranges::all_of(lines, fits)) lines = loop_lines(loops, false);
  for (size_t i = 0; i < lines.size(); ++i) {
    page.verbatim(kIndent, lines[i], i == 0 ? Tone::Faint : Tone::Plain);
    const std::string causes = i ? cause_words(loops[i - 1]->wakeups) : "";
    if (!causes.empty()) page.line(kIndent + 2, "woken by: " + causes);
  }
}

// The busiest are told in full, the others as rows of a table.
std::vector<const ReportLoop*> told_in_full(std::vector<const ReportLoop*>& loops,
                                            const TextOptions& options) {
  std::vector<const ReportLoop*> full;
  for (const ReportLoop* loop : loops)
    if (loop->figures.bursts) full.push_back(loop);
  std::ranges::stable_sort(full, [](const auto* a, const auto* b) { return a->load > b->load; });
  const size_t most = options.verbose ? kMaxLoops : kLoopsInFull;
  if (full.size() > most) full.resize(most);
  std::erase_if(loops, [&](const ReportLoop* loop) { return std::ranges::find(full, loop) != full.end(); });
  return full;
}

void asleep_of(TextPage& page, const Report& report, Pid pid) {
  for (const ReportLoop& loop : report.loops) {
    if (loop.pid != pid) continue;
    if (const std::string asleep = asleep_words(loop, report); !asleep.empty()) {
      const bool named = asleep.find("accept") == std::string::npos && loop.wait == WaitKind::Epoll;
      page.line(2, fmt::format("thread {}{}{} is {}", loop.tid, loop.comm.empty() ? "" : " ",
                               terminal_text(loop.comm),
                               named ? asleep + fmt::format(" (epoll {})", loop.fd) : asleep));
    }
  }
}

void loops_of(TextPage& page, const Report& report, Pid pid, const TextOptions& options) {
  std::vector<const ReportLoop*> ran;
  size_t left_out = 0;
  for (const ReportLoop& loop : report.loops) {
    if (loop.pid != pid || loop.iterations.value_or(0) == 0) continue;
    ran.size() < kMaxLoops ? ran.push_back(&loop) : void(++left_out);
  }
  for (const ReportLoop* loop : told_in_full(ran, options))
    add_loop(page, 2, *loop, {options.histogram || options.verbose, options.utf8, report.recorded.io});
  if (!ran.empty()) loop_table(page, ran);
  if (left_out) page.line(4, fmt::format("and {} more, in `--json`", counted(left_out, "loop")));
  asleep_of(page, report, pid);
}

void rings_of(TextPage& page, const Report& report, Pid pid) {
  for (const ReportRing& ring : report.rings) {
    if (ring.pid != pid) continue;
    const RingWords words = ring_words(ring, report);
    page.line(2, words.heading);
    for (const std::string& line : words.above) page.line(4, line);
    page.table(4, words.table);
    for (const std::string& line : words.below) page.line(4, line);
  }
}

void listeners_of(TextPage& page, const Report& report, Pid pid) {
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

void idle_processes(TextPage& page, const std::vector<const ReportProcess*>& idle) {
  if (idle.empty()) return;
  page.blank();
  page.line(0, fmt::format("{} neither listened nor waited:",
                           idle.size() == 1 ? "1 process" : count_text(idle.size()) + " processes"));
  for (size_t i = 0; i < std::min(idle.size(), kMaxIdleProcesses); ++i)
    page.verbatim(2, fmt::format("pid {}{}  {}", idle[i]->pid, end_of(*idle[i]), command_of(*idle[i])));
  if (idle.size() > kMaxIdleProcesses)
    page.line(2, fmt::format("and {} more", idle.size() - kMaxIdleProcesses));
}

void processes_of(TextPage& page, const Report& report, const TextOptions& options) {
  std::vector<const ReportProcess*> idle;
  for (const ReportProcess& process : report.processes) {
    if (!says_something(report, process.pid)) {
      idle.push_back(&process);
      continue;
    }
    page.blank();
    page.heading(fmt::format("pid {}{}  {}", process.pid, end_of(process), command_of(process)));
    if (options.wants("listeners")) listeners_of(page, report, process.pid);
    if (options.wants("loops")) loops_of(page, report, process.pid, options);
    if (options.wants("requests"))
      for (const RequestLine& line : request_words(report, process.pid))
        page.line(2 + line.indent, line.text);
    if (options.wants("rings")) rings_of(page, report, process.pid);
    if (!options.wants("loops") || !report.window.all()) continue;
    if (const std::string cpu = cpu_words(process); !cpu.empty()) page.line(2, cpu);
  }
  if (options.sections.empty()) idle_processes(page, idle);
}

void slow_bursts(TextPage& page, const Report& report, const TextOptions& options) {
  const std::vector<const Burst*> slowest = slowest_of(report, options.verbose ? kSlowestKept : kSlowestTold);
  if (slowest.empty()) return;
  page.blank();
  page.heading("The slowest bursts, each from a wakeup until the loop slept again");
  page.table(2, slow_lines(slowest));
  page.line(2, fmt::format("what one did, call by call: loopscope report --explain {}", slowest.front()->id),
            Tone::Faint);
}

void other_sections(TextPage& page, const Report& report, const TextOptions& options) {
  for (const ReportSection& section : report.sections) {
    if (!options.wants(section.name)) continue;
    page.blank();
    page.heading(section.heading);
    for (const std::string& line : section.lines) page.line(2, line);
    page.table(2, section.table);
  }
}

void opened_files(TextPage& page, const Report& report) {
  if (report.opened.empty()) return;
  page.blank();
  page.heading("Files opened by wakeups");
  const size_t first = report.opened.size() > kFilesTold ? report.opened.size() - kFilesTold : 0;
  if (first) page.line(2, fmt::format("the last {} of them; `--opened TEXT` finds any", kFilesTold));
  for (size_t i = first; i < report.opened.size(); ++i) {
    const std::vector<std::string> lines = opened_lines(report.opened[i]);
    page.line(2, lines.front());
    for (size_t j = 1; j < lines.size(); ++j) page.line(4, lines[j]);
  }
}

// What the header of an imported trace says of itself by that name; empty where it says nothing, or was
// recorded.
std::string import_probe(const Report& report, const std::string& name) {
  if (!report.header) return {};
  const auto& probes = report.header->probes;
  const auto calls = probes.find("calls"), found = probes.find(name);
  if (calls == probes.end() || !calls->second.starts_with("strace") || found == probes.end()) return {};
  return found->second;
}

std::string title_of(const Report& report) {
  if (!report.recorded.anything) return "What /proc shows now; nothing was recorded";
  std::string text = fmt::format("{} in {}", counted(report.calls, "call"), duration_text(report.last_t));
  if (!report.header) return text;
  const TraceHeader& header = *report.header;
  if (!import_probe(report, "calls").empty())
    text += ", imported from a log of strace";  // which knows no kernel, and often no date
  else
    text += fmt::format(", recorded on {}", terminal_text(header.kernel));
  if (!header.started.empty()) text += fmt::format(" from {}", terminal_text(header.started));
  return text;
}

// Said first: every duration below is made up.
std::string no_times_words(const Report& report) {
  const std::string times = import_probe(report, "times");
  if (!times.starts_with("off: ")) return {};
  return fmt::format("Times are not known: {}.", terminal_text(times.substr(5)));
}

std::string window_words(const Window& window) {
  std::string part = window.from == INT64_MIN ? "Until" : "From " + time_text(window.from);
  if (window.until != INT64_MAX)
    part += (window.from == INT64_MIN ? " " : " until ") + time_text(window.until);
  return part +
         ": bursts that begin there, and calls, accepts and wakeups counted there; descriptors as they "
         "were at its end. Rings and losses are of the whole trace.";
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
  if (const std::string known = import_probe(report, "descriptors"); !known.empty())
    missing.push_back(fmt::format("Descriptors are known {}.", terminal_text(known)));
  if (!recorded.accepts) missing.push_back("Calls of accept were left out: connections are not counted.");
  if (report.header && report.header->last_s)
    missing.push_back(fmt::format("Only the newest {:g} s were kept.", *report.header->last_s));
  return missing;
}

void findings_in(TextPage& page, const Report& report) {
  if (report.findings.empty()) return;
  page.blank();
  page.heading("What is wrong, or worth knowing");
  for (const Finding& finding : report.findings) {
    bool first = true;
    for (const std::string& line : finding_words(finding)) {
      const bool warns = first && finding.severity == "warning";
      page.line(first ? 2 : 4, line, warns ? Tone::Warning : Tone::Plain);
      first = false;
    }
  }
}

std::vector<std::string> what_went_wrong(const Report& report) {
  std::vector<std::string> lines;
  for (std::string& line : not_checked_words(report)) lines.push_back(std::move(line));
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

bool TextOptions::wants(std::string_view section) const {
  return sections.empty() || std::ranges::find(sections, section) != sections.end();
}

std::string report_text(const Report& report, const TextOptions& options) {
  TextPage page({options.color, options.columns});
  page.heading(title_of(report));
  if (const std::string times = no_times_words(report); !times.empty()) page.line(0, times, Tone::Warning);
  if (!report.window.all()) page.line(0, window_words(report.window));
  if (options.wants("listeners") || options.wants("loops") || options.wants("rings"))
    processes_of(page, report, options);
  if (options.wants("slow")) slow_bursts(page, report, options);
  other_sections(page, report, options);
  if (options.wants("files")) opened_files(page, report);
  if (options.wants("findings")) findings_in(page, report);
  if (!options.wants("coverage")) return page.take();
  std::vector<std::string> notes = what_went_wrong(report);
  for (std::string& line : coverage_lines(report)) notes.push_back(std::move(line));
  for (std::string& missing : missing_answers(report)) notes.push_back(std::move(missing));
  if (const std::string rule = request_rule_words(report); !rule.empty()) notes.push_back(rule);
  if (report.recorded.anything && report.complete) notes.insert(notes.begin(), "Nothing was lost.");
  if (!notes.empty()) page.blank();
  for (const std::string& note : notes) page.line(0, note);
  return page.take();
}

}  // namespace loopscope::trace_model
