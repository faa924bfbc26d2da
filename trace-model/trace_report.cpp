// SPDX-License-Identifier: Apache-2.0
#include "trace-model/trace_report.h"

#include "trace-model/analysis/analysis.h"
#include "trace-model/analysis/requests.h"
#include "trace-model/findings/findings.h"
#include "trace-model/parallel_reader.h"

namespace loopscope::trace_model {

std::expected<void, std::string> read_trace(const std::string& path, const std::function<void(Event&)>& take,
                                            const std::function<void(const TraceChecks&)>& checked) {
  auto file = ParallelReader::open(path);
  if (!file) return std::unexpected(file.error());
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    take(*(*record)->event);
  }
  if (checked) checked(file->checks());
  return {};
}

std::expected<Report, std::string> report_of_trace(const std::string& path) {
  Analysis analysis;
  Requests requests(analysis);
  analysis.add(requests);
  const Findings findings(analysis, {});
  const auto read = read_trace(path, [&](Event& event) { analysis.apply(event); });
  if (!read) return std::unexpected(read.error());
  analysis.finish();
  requests.finish();
  Report report = make_report(analysis.model());
  add_requests(report, requests);
  add_findings(report, findings, path);
  return report;
}

}  // namespace loopscope::trace_model
