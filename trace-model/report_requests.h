// SPDX-License-Identifier: Apache-2.0
// Requests in a report: of each process that served connections, and of each listener they came from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trace-model/analysis/requests.h"

namespace loopscope::trace_model {

struct Report;

struct RequestQuantiles {
  Ns p50 = 0, p90 = 0, p99 = 0, max = 0;
};
[[nodiscard]] std::optional<RequestQuantiles> request_quantiles(const DurationHistogram& durations);

// Averages, from what the process did between the first connection it touched and its last answer; of CPU
// time only what the whole trace took is known. Calls are those that were recorded.
struct PerRequest {
  double calls = 0, wakeups = 0;
  std::optional<double> switches;  // absent: the scheduler was not recorded
  double operations = 0;           // of rings
  double own_calls = 0;            // of the threads that served it, while they did
  std::optional<double> cpu_ns;    // threads of the kernel that work for its rings included
};

struct ReportListenerRequests {
  FileId listener = 0;  // 0: not known
  int fd = -1;          // of the process; -1: it has none
  std::string address;
  uint64_t requests = 0, exchanges = 0, unanswered = 0, in_progress = 0, overlap_loss = 0, several_writes = 0;
  uint64_t connections = 0, only_read = 0, only_written = 0;
  uint64_t bytes_in = 0, bytes_out = 0;
  std::optional<RequestQuantiles> latency, queue, service;
};

struct ReportRequests {
  Pid pid = 0;
  uint64_t requests = 0, exchanges = 0;
  Ns first = 0, last = 0;  // ready of the first, end of the last
  std::optional<PerRequest> per_request;
  std::optional<RequestQuantiles> latency, queue, service;
  std::string not_delimitable;  // why no request, or not all, can be told; empty: nothing speaks against it
  std::vector<ReportListenerRequests> listeners;
  std::vector<Request> slowest;

  [[nodiscard]] std::optional<double> per_second() const;
};

// Puts Report::requests into a report of the same trace.
void add_requests(Report& report, const Requests& requests);

}  // namespace loopscope::trace_model
