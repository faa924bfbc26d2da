// SPDX-License-Identifier: Apache-2.0
#include "tracer/compare_command.h"

#include <expected>
#include <future>

#include <fmt/format.h>

#include "trace-model/fail_condition.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_reader.h"
#include "tracer/print.h"

namespace loopscope::tracer {
namespace {

using trace_model::FailCondition;
using trace_model::terminal_text;
using trace_model::TraceFigures;

struct Read {
  TraceFigures figures;
  std::string problem;  // with lines that could not be used, a sentence
};

std::expected<Read, std::string> read_trace(const std::string& path, uint64_t request_bytes) {
  auto file = trace_model::TraceFile::open(path);
  if (!file) return std::unexpected(file.error());
  trace_model::Analysis analysis;
  trace_model::Requests requests(analysis, {.request_bytes = request_bytes, .wanted = 0, .parts = true});
  analysis.add(requests);
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    analysis.apply(*(*record)->event);
  }
  analysis.finish();
  requests.finish();
  trace_model::Report report = make_report(analysis.model());
  add_requests(report, requests);
  Read read{trace_figures(report, requests, path), {}};
  if (const uint64_t count = file->reader().problem_count())
    read.problem = fmt::format("{}: {} with problems, the first: {}", path,
                               count == 1 ? "1 line" : fmt::format("{} lines", count),
                               sentence_of(file->reader().problems().front()));
  return read;
}

}  // namespace

int compare_command(const CompareOptions& options) {
  std::vector<FailCondition> conditions;
  for (const std::string& text : options.fail_if) {
    auto condition = trace_model::parse_fail_condition(text);
    if (!condition) {
      fail(condition.error());
      return 2;
    }
    conditions.push_back(std::move(*condition));
  }
  if (options.a == "-" && options.b == "-") {
    fail("only one of the two traces can come from standard input");
    return 2;
  }
  auto other = std::async(std::launch::async, read_trace, std::cref(options.b), options.request_bytes);
  auto a = read_trace(options.a, options.request_bytes);
  auto b = other.get();
  for (const auto* read : {&a, &b}) {
    if (!*read) return fail(terminal_text(read->error()));
    if (!(*read)->problem.empty()) fail(terminal_text((*read)->problem));
  }
  const trace_model::Comparison comparison = compare(std::move(a->figures), std::move(b->figures));
  std::vector<std::string> failures;
  for (const FailCondition& condition : conditions)
    if (auto sentence = failure_of(condition, comparison)) failures.push_back(std::move(*sentence));
  const int printed =
      print(options.json ? comparison_json(comparison, failures) : comparison_text(comparison, failures));
  for (const std::string& failure : failures) fail(failure);
  return printed != 0 || !failures.empty() ? 1 : 0;
}

}  // namespace loopscope::tracer
