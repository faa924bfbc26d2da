// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "trace-model/compare.h"

namespace loopscope::trace_model {
namespace {

struct Totals {
  RequestCounters counters;
  std::optional<Ns> cpu_ns;
  DurationHistogram latency;
  uint64_t requests = 0;
  Ns first = 0, last = 0;
};

Totals totals_of(const Report& report, const Requests& requests) {
  Totals totals;
  bool any = false;
  for (const auto& figures : requests.figures()) totals.latency.add(figures->latency);
  for (const ReportRequests& row : report.requests) {
    if (row.exchanges == 0) continue;
    totals.first = any ? std::min(totals.first, row.first) : row.first;
    totals.last = any ? std::max(totals.last, row.last) : row.last;
    any = true;
    totals.requests += row.requests;
    if (const ServedProcess* served = requests.served(row.pid)) {
      totals.counters.calls += served->at_last_write.calls;
      totals.counters.wakeups += served->at_last_write.wakeups;
      totals.counters.switches += served->at_last_write.switches;
      totals.counters.operations += served->at_last_write.operations;
    }
    const auto process = std::ranges::find(report.processes, row.pid, &ReportProcess::pid);
    const std::optional<Ns> cpu_ns = process != report.processes.end() ? process->cpu_ns : std::nullopt;
    if (cpu_ns) totals.cpu_ns = time_after(totals.cpu_ns.value_or(0), *cpu_ns);
  }
  return totals;
}

using Values = std::array<std::optional<double>, kMetrics>;

void set(Values& values, Metric metric, double value) {
  values[size_t(metric)] = value;
}

Values values_of(const DurationHistogram& latency, const RequestCounters& counters, uint64_t requests,
                 Ns served_ns, bool scheduled) {
  Values values;
  if (const auto q = request_quantiles(latency)) {
    set(values, Metric::P50, double(q->p50));
    set(values, Metric::P90, double(q->p90));
    set(values, Metric::P99, double(q->p99));
    set(values, Metric::Max, double(q->max));
  }
  if (requests == 0) return values;
  const double count = double(requests);
  set(values, Metric::Calls, double(counters.calls) / count);
  set(values, Metric::Wakeups, double(counters.wakeups) / count);
  if (scheduled) set(values, Metric::Switches, double(counters.switches) / count);
  set(values, Metric::RingOperations, double(counters.operations) / count);
  if (served_ns > 0) set(values, Metric::Rps, count * 1e9 / double(served_ns));
  return values;
}

void widen(std::optional<Range>& range, double value) {
  if (!range) range = Range{value, value};
  range->least = std::min(range->least, value);
  range->greatest = std::max(range->greatest, value);
}

void set_ranges(TraceFigures& figures, const Totals& totals, const RequestParts& parts) {
  std::vector<const RequestPart*> whole;
  Ns running = 0;
  uint64_t requests = 0;
  const Ns over = std::max<Ns>(0, time_between(parts.begin(), totals.last)) / parts.width();
  for (size_t i = 0; i < parts.parts().size(); ++i) {
    const RequestPart& part = parts.parts()[i];
    if (Ns(i) >= over || part.requests < kRequestsInPart) continue;
    whole.push_back(&part);
    running = time_after(running, part.running);
    requests += part.requests;
  }
  figures.parts = whole.size();
  figures.part_ns = parts.width();
  if (whole.size() < kPartsForRange) return;
  for (const RequestPart* part : whole) {
    Values values =
        values_of(part->latency, part->counters, part->requests, parts.width(), figures.scheduled);
    const std::optional<double> cpu = figures.values[size_t(Metric::Cpu)];
    if (cpu && running > 0)
      set(values, Metric::Cpu,
          *cpu * (double(part->running) / double(part->requests)) / (double(running) / double(requests)));
    for (size_t i = 0; i < kMetrics; ++i)
      if (const std::optional<double> value = values[i]) widen(figures.ranges[i], *value);
  }
}

}  // namespace

TraceFigures trace_figures(const Report& report, const Requests& requests, std::string name) {
  const Totals totals = totals_of(report, requests);
  TraceFigures figures;
  figures.name = std::move(name);
  figures.header = report.header;
  figures.complete = report.complete;
  figures.cut_short = !report.end;
  figures.scheduled = requests.scheduled();
  figures.lost = std::max(report.lost, report.end ? report.end->lost : 0);
  figures.requests = totals.requests;
  figures.served_ns = std::max<Ns>(0, time_between(totals.first, totals.last));
  for (const ReportRequests& row : report.requests) {
    figures.exchanges += row.exchanges;
    for (const ReportListenerRequests& listener : row.listeners) {
      figures.unanswered += listener.unanswered;
      figures.connections += listener.connections;
      figures.overlap_loss += listener.overlap_loss;
    }
    if (figures.not_delimitable.empty()) figures.not_delimitable = row.not_delimitable;
  }
  figures.values =
      values_of(totals.latency, totals.counters, totals.requests, figures.served_ns, figures.scheduled);
  if (totals.cpu_ns && totals.requests)
    set(figures.values, Metric::Cpu, double(*totals.cpu_ns) / double(totals.requests));
  set_ranges(figures, totals, requests.parts());
  return figures;
}

}  // namespace loopscope::trace_model
