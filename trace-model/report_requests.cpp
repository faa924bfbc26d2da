// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_requests.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/report.h"

namespace loopscope::trace_model {
namespace {

ReportListenerRequests listener_row(const RequestFigures& figures, const Report& report) {
  ReportListenerRequests row;
  row.listener = figures.listener;
  row.address = figures.address;
  row.requests = figures.requests;
  row.exchanges = figures.exchanges;
  row.unanswered = figures.unanswered;
  row.in_progress = figures.in_progress;
  row.overlap_loss = figures.overlap_loss;
  row.several_writes = figures.several_writes;
  row.connections = figures.connections;
  row.only_read = figures.only_read;
  row.only_written = figures.only_written;
  row.bytes_in = figures.bytes_in;
  row.bytes_out = figures.bytes_out;
  row.latency = request_quantiles(figures.latency);
  row.queue = request_quantiles(figures.queue);
  row.service = request_quantiles(figures.service);
  for (const ReportListener& listener : report.listeners)
    if (figures.listener && listener.file == figures.listener && listener.pid == figures.pid) {
      row.fd = listener.fd;
      break;
    }
  return row;
}

std::string why_not(const ReportRequests& row) {
  uint64_t only_read = 0, only_written = 0;
  for (const ReportListenerRequests& listener : row.listeners) {
    only_read += listener.only_read;
    only_written += listener.only_written;
  }
  std::string why;
  if (only_written)
    why =
        fmt::format("{} only written to: the server speaks and never listens",
                    only_written == 1 ? "1 connection was" : count_text(only_written) + " connections were");
  if (only_read)
    why += fmt::format("{}{} only read from: nothing was answered there", why.empty() ? "" : "; ",
                       only_read == 1 ? "1 connection was" : count_text(only_read) + " connections were");
  return why;
}

std::optional<PerRequest> per_request(const ReportRequests& row, uint64_t own_calls, const Requests& requests,
                                      const Report& report) {
  const ServedProcess* served = requests.served(row.pid);
  if (row.requests == 0 || !served) return std::nullopt;
  const double count = double(row.requests);
  PerRequest per;
  per.calls = double(served->at_last_write.calls) / count;
  per.wakeups = double(served->at_last_write.wakeups) / count;
  if (requests.scheduled()) per.switches = double(served->at_last_write.switches) / count;
  per.operations = double(served->at_last_write.operations) / count;
  per.own_calls = double(own_calls) / count;
  const auto process = std::ranges::find(report.processes, row.pid, &ReportProcess::pid);
  const std::optional<Ns> cpu_ns = process != report.processes.end() ? process->cpu_ns : std::nullopt;
  if (cpu_ns) per.cpu_ns = double(*cpu_ns) / count;
  return per;
}

ReportRequests process_row(Pid pid, const std::vector<const RequestFigures*>& all, const Requests& requests,
                           const Report& report) {
  ReportRequests row;
  row.pid = pid;
  DurationHistogram latency, queue, service;
  uint64_t own_calls = 0;
  for (const RequestFigures* figures : all) {
    if (figures->exchanges) {
      row.first = row.exchanges ? std::min(row.first, figures->first) : figures->first;
      row.last = row.exchanges ? std::max(row.last, figures->last) : figures->last;
    }
    row.requests += figures->requests;
    row.exchanges += figures->exchanges;
    own_calls += figures->own_calls;
    latency.add(figures->latency);
    queue.add(figures->queue);
    service.add(figures->service);
    row.listeners.push_back(listener_row(*figures, report));
    row.slowest.insert(row.slowest.end(), figures->slowest.begin(), figures->slowest.end());
  }
  row.latency = request_quantiles(latency);
  row.queue = request_quantiles(queue);
  row.service = request_quantiles(service);
  row.not_delimitable = why_not(row);
  row.per_request = per_request(row, own_calls, requests, report);
  std::ranges::sort(row.listeners, {},
                    [](const auto& each) { return std::tuple(~each.requests, each.listener); });
  std::ranges::stable_sort(row.slowest, std::greater(), &Request::latency);
  if (row.slowest.size() > kSlowestRequests) row.slowest.resize(kSlowestRequests);
  return row;
}

}  // namespace

std::optional<RequestQuantiles> request_quantiles(const DurationHistogram& durations) {
  if (durations.count() == 0) return std::nullopt;
  return RequestQuantiles{durations.quantile(0.5), durations.quantile(0.9), durations.quantile(0.99),
                          durations.max()};
}

std::optional<double> ReportRequests::per_second() const {
  const Ns time = time_between(first, last);
  if (exchanges < 2 || time <= 0) return std::nullopt;
  return double(requests) * 1e9 / double(time);
}

void add_requests(Report& report, const Requests& requests) {
  std::vector<const RequestFigures*> all;
  for (const auto& figures : requests.figures()) all.push_back(figures.get());
  std::ranges::stable_sort(all, {}, [](const RequestFigures* each) { return each->pid; });
  report.requests.clear();
  for (auto from = all.begin(); from != all.end();) {
    const Pid pid = (*from)->pid;
    const auto to =
        std::find_if(from, all.end(), [pid](const RequestFigures* each) { return each->pid != pid; });
    report.requests.push_back(process_row(pid, {from, to}, requests, report));
    from = to;
  }
  if (requests.io_recorded()) return;
  // Without reads and writes there is nothing to tell of those that accepted.
  for (const ReportListener& listener : report.listeners) {
    if (listener.accepts.value_or(0) == 0) continue;
    if (std::ranges::find(report.requests, listener.pid, &ReportRequests::pid) != report.requests.end())
      continue;
    ReportRequests& row = report.requests.emplace_back();
    row.pid = listener.pid;
    row.not_delimitable = "reads and writes were not recorded";
  }
}

}  // namespace loopscope::trace_model
