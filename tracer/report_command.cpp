// SPDX-License-Identifier: Apache-2.0
#include "tracer/report_command.h"

#include <fmt/format.h>

#include <expected>

#include "trace-model/parallel_reader.h"
#include "trace-model/report_json.h"
#include "trace-model/report_text.h"
#include "trace-model/terminal_text.h"
#include "tracer/print.h"
#include "tracer/proc/snapshot.h"
#include "tracer/trace_choice.h"

namespace loopscope::tracer {

using trace_model::Model;
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

std::expected<Model, std::string> model_of_file(const std::string& path) {
  auto file = trace_model::ParallelReader::open(path);
  if (!file) return std::unexpected(file.error());
  Model model;
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    model.apply(*(*record)->event);
  }
  tell_problems(file->checks(), path);
  return model;
}

std::expected<Model, std::string> model_of_processes(const ReportOptions& options,
                                                     const std::vector<std::string>& command_line) {
  SnapshotOptions snapshot;
  snapshot.pids = options.pids;
  snapshot.command = command_line;
  const auto events = proc_snapshot(snapshot);
  if (!events) return std::unexpected(events.error());
  Model model;
  for (const trace_model::Event& event : *events) model.apply(event);
  return model;
}

std::expected<Model, std::string> read_model(const ReportOptions& options,
                                             const std::vector<std::string>& command_line) {
  if (!options.pids.empty()) return model_of_processes(options, command_line);
  const auto path = choose_trace(options.file);
  if (!path) return std::unexpected(path.error());
  return model_of_file(*path);
}

}  // namespace

int report_command(const ReportOptions& options, const std::vector<std::string>& command_line) {
  const auto model = read_model(options, command_line);
  if (!model) return fail(terminal_text(model.error()));
  const trace_model::Report report = make_report(*model);
  if (!report.end)
    fmt::print(stderr, "loopscope: the trace was cut short: it has no end record; what is there was used\n");
  if (options.json) return print(report_json(report));
  return print(report_text(report, {.color = stdout_has_color(), .columns = stdout_columns()}));
}

}  // namespace loopscope::tracer
