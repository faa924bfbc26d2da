// SPDX-License-Identifier: Apache-2.0
#include "tracer/trace_report.h"

#include <fmt/format.h>

#include "trace-model/analysis/analysis.h"
#include "trace-model/analysis/requests.h"
#include "trace-model/findings/findings.h"
#include "trace-model/parallel_reader.h"
#include "trace-model/terminal_text.h"

namespace loopscope::tracer {

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

}  // namespace

std::expected<void, std::string> read_trace(const std::string& path, bool tell,
                                            const std::function<void(trace_model::Event&)>& take) {
  auto file = trace_model::ParallelReader::open(path);
  if (!file) return std::unexpected(file.error());
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    take(*(*record)->event);
  }
  if (tell) tell_problems(file->checks(), path);
  return {};
}

std::expected<trace_model::Report, std::string> report_of_trace(const std::string& path) {
  trace_model::Analysis analysis;
  trace_model::Requests requests(analysis);
  analysis.add(requests);
  const trace_model::Findings findings(analysis, {});
  const auto read = read_trace(path, false, [&](trace_model::Event& event) { analysis.apply(event); });
  if (!read) return std::unexpected(read.error());
  analysis.finish();
  requests.finish();
  trace_model::Report report = make_report(analysis.model());
  add_requests(report, requests);
  add_findings(report, findings, path);
  return report;
}

}  // namespace loopscope::tracer
