// SPDX-License-Identifier: Apache-2.0
#include "tracer/report_command.h"

#include <fmt/format.h>

#include <expected>

#include "trace-model/report_json.h"
#include "trace-model/report_text.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_reader.h"
#include "tracer/print.h"
#include "tracer/proc/snapshot.h"
#include "tracer/trace_choice.h"

namespace loopscope::tracer {

using trace_model::Model;
using trace_model::terminal_text;

namespace {

constexpr uint64_t kProblemsTold = 5;

std::expected<Model, std::string> model_of_file(const std::string& path) {
  std::vector<std::string> problems;  // the first few; told once the file has proved to be a trace
  auto file = trace_model::TraceFile::open(path);
  if (!file) return std::unexpected(file.error());
  file->reader().on_problem([&problems](const trace_model::Problem& problem) {
    if (problems.size() < kProblemsTold) problems.push_back(sentence_of(problem));
  });
  Model model;
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    model.apply(*(*record)->event);
  }
  for (const std::string& problem : problems)
    fmt::print(stderr, "loopscope: {}: {}\n", terminal_text(path), terminal_text(problem));
  if (const uint64_t count = file->reader().problem_count(); count > kProblemsTold)
    fmt::print(stderr, "loopscope: {}: {} more lines with problems\n", terminal_text(path), count - kProblemsTold);
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

std::expected<Model, std::string> read_model(const ReportOptions& options, const std::vector<std::string>& command_line) {
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
