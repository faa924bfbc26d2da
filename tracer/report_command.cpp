// SPDX-License-Identifier: Apache-2.0
#include "tracer/report_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <expected>

#include "lab/exercise.h"
#include "lab/progress.h"
#include "trace-model/analysis/analysis.h"
#include "trace-model/analysis/requests.h"
#include "trace-model/findings/findings.h"
#include "trace-model/report_json.h"
#include "trace-model/report_text.h"
#include "trace-model/story/explanation_words.h"
#include "trace-model/story/opened_words.h"
#include "trace-model/story/timeline.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_report.h"
#include "tracer/print.h"
#include "tracer/proc/snapshot.h"
#include "tracer/trace_choice.h"

namespace loopscope::tracer {

using trace_model::Model;
using trace_model::OpenedFiles;
using trace_model::PartOfTrace;
using trace_model::Report;
using trace_model::terminal_text;

namespace {

constexpr uint64_t kProblemsTold = 5;

// Lines that could not be used. A file that is refused has its one sentence and does without.
void tell_problems(const trace_model::TraceChecks& checks, const std::string& file) {
  const std::string name = terminal_text(file);
  uint64_t told = 0;
  for (const trace_model::Problem& problem : checks.problems()) {
    if (++told > kProblemsTold) break;
    fmt::print(stderr, "loopscope: {}: {}\n", name, terminal_text(sentence_of(problem)));
  }
  if (checks.problem_count() > kProblemsTold)
    fmt::print(stderr, "loopscope: {}: {} more lines with problems\n", name,
               checks.problem_count() - kProblemsTold);
}

using Result = std::expected<Report, std::string>;

// What --opened asks for, or the files of the program's own that wakeups opened.
OpenedFiles::Options opened_options(const ReportOptions& options) {
  OpenedFiles::Options opened;
  opened.contains = options.opened;
  if (options.opened.empty()) opened.max_kept = 10;
  return opened;
}

Result report_of_file(const ReportOptions& options, const std::string& path, PartOfTrace& part,
                      OpenedFiles& opened, trace_model::Timeline& timeline) {
  if (options.timeline) part.analysis().add(timeline);
  timeline.confine_to(part.analysis());
  part.analysis().add(opened);
  opened.confine_to(part.analysis());
  trace_model::Requests requests(part.analysis(), options.requests);
  part.analysis().add(requests);
  const trace_model::Findings findings(part.analysis(), options.thresholds);
  const auto read = trace_model::read_trace(
      path, [&](trace_model::Event& event) { part.take(event); },
      [&](const trace_model::TraceChecks& checks) { tell_problems(checks, path); });
  if (!read) return std::unexpected(read.error());
  Report report = part.finish();
  requests.finish();
  add_requests(report, requests);
  add_findings(report, findings, path);
  if (options.opened.empty()) report.opened = opened.found();
  return report;
}

Result report_of_processes(const ReportOptions& options, const std::vector<std::string>& command_line) {
  SnapshotOptions snapshot;
  snapshot.pids = options.pids;
  snapshot.command = command_line;
  const auto events = proc_snapshot(snapshot);
  if (!events) return std::unexpected(events.error());
  Model model;
  for (const trace_model::Event& event : *events) model.apply(event);
  return make_report(model);
}

trace_model::PageOptions page_options() {
  return {.color = stdout_has_color(), .columns = stdout_columns()};
}

std::string wrong_section(const ReportOptions& options, const Report& report) {
  for (const std::string& name : options.sections) {
    if (std::ranges::find(trace_model::kReportSections, name) != trace_model::kReportSections.end()) continue;
    if (std::ranges::find(report.sections, name, &trace_model::ReportSection::name) != report.sections.end())
      continue;
    return fmt::format("there is no section '{}'; there are {}", terminal_text(name),
                       fmt::join(trace_model::kReportSections, ", "));
  }
  return {};
}

// In a folder in which an exercise of the lab is open, people are not told its answer. Takes such sections
// from those that are wanted, and gives their names.
std::vector<std::string> hide_answers(const Report& report, std::vector<std::string>& sections) {
  const auto progress = lab::Progress::load();
  if (!progress || progress->open.empty()) return {};
  const auto& all = lab::bundled_exercises();
  const auto open = std::ranges::find(all, progress->open, &lab::Exercise::id);
  if (open == all.end() || open->hides.empty()) return {};
  if (sections.empty()) {
    sections.assign(trace_model::kReportSections.begin(), trace_model::kReportSections.end());
    for (const trace_model::ReportSection& section : report.sections) sections.push_back(section.name);
  }
  std::vector<std::string> hidden;
  std::erase_if(sections, [&](const std::string& name) {
    const bool hides = std::ranges::find(open->hides, name) != open->hides.end();
    if (hides) hidden.push_back(name);
    return hides;
  });
  return hidden;
}

int print_report(const Report& report, const ReportOptions& options) {
  if (!report.end)
    fmt::print(stderr, "loopscope: the trace was cut short: it has no end record; what is there was used\n");
  if (options.json) return print(report_json(report));
  if (const std::string why = wrong_section(options, report); !why.empty()) {
    (void)fail(why);
    return 2;
  }
  trace_model::TextOptions text;
  text.color = stdout_has_color();
  text.columns = stdout_columns();
  text.utf8 = locale_is_utf8();
  text.histogram = options.histogram;
  text.verbose = options.verbose;
  text.sections = options.sections;
  const std::vector<std::string> hidden = hide_answers(report, text.sections);
  if (!hidden.empty() && text.sections.empty())
    return fail(
        fmt::format("{} would give away the exercise that is open here; `loopscope lab` says which, and "
                    "--close lays it aside",
                    fmt::join(hidden, ", ")));
  const int printed = print(report_text(report, text));
  if (!hidden.empty())
    fmt::print(stderr, "loopscope: left out, as they would give away the exercise that is open here: {}\n",
               fmt::join(hidden, ", "));
  return printed;
}

// The file is read twice, so it cannot be a pipe.
int explain(const ReportOptions& options, const std::string& path) {
  if (path == "-") return fail("--explain reads the trace twice: name a file instead of standard input");
  trace_model::FindBurst find(options.explain);
  trace_model::Analysis first;
  first.add(find);
  const auto found = trace_model::read_trace(
      path, [&](trace_model::Event& event) { first.apply(event); },
      [&](const trace_model::TraceChecks& checks) { tell_problems(checks, path); });
  if (!found) return fail(terminal_text(found.error()));
  if (!find.met()) return fail(fmt::format("there is no record {} in this trace", options.explain));
  if (find.burst() == 0)
    return fail(fmt::format("record {} lies in no wakeup that is known, nor in work that one started",
                            options.explain));
  trace_model::Analysis second;
  trace_model::ExplainBurst explained(find.burst(), second);
  second.add(explained);
  const auto read = trace_model::read_trace(path, [&](trace_model::Event& event) {
    explained.before(event);
    second.apply(event);
  });
  if (!read) return fail(terminal_text(read.error()));
  second.finish();
  if (!explained.found()) return fail(fmt::format("the wakeup {} is not in this trace", find.burst()));
  const Report report = make_report(second.model());
  if (options.json) return print(explanation_json(explained.explanation(), options.explain, report));
  return print(explanation_text(explained.explanation(), options.explain, report, page_options()));
}

int print_opened(const OpenedFiles& opened, const Report& report, const ReportOptions& options) {
  if (options.json) return print(opened_report_json(opened, options.opened, report));
  return print(opened_text(opened, options.opened, report));
}

}  // namespace

int report_command(const ReportOptions& options, const std::vector<std::string>& command_line) {
  if (!options.pids.empty()) {
    const auto report = report_of_processes(options, command_line);
    return report ? print_report(*report, options) : fail(terminal_text(report.error()));
  }
  const auto path = choose_trace(options.file);
  if (!path) return fail(terminal_text(path.error()));
  if (options.explain) return explain(options, *path);
  OpenedFiles opened(opened_options(options));
  PartOfTrace part(options.from, options.to);
  trace_model::Timeline timeline;
  const auto report = report_of_file(options, *path, part, opened, timeline);
  if (!report) return fail(terminal_text(report.error()));
  if (options.timeline)
    return print(options.json ? timeline.json(*report)
                              : timeline.text(*report, page_options(), locale_is_utf8()));
  return options.opened.empty() ? print_report(*report, options) : print_opened(opened, *report, options);
}

}  // namespace loopscope::tracer
