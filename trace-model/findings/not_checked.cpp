// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/not_checked.h"

#include <algorithm>

namespace loopscope::trace_model {

std::vector<NotChecked> not_checked(const Report& report, bool scheduled) {
  std::vector<NotChecked> list;
  const Recorded& recorded = report.recorded;
  if (!recorded.anything) return list;
  const auto add = [&](std::initializer_list<std::string_view> kinds, std::string_view why) {
    for (const std::string_view kind : kinds) list.push_back({std::string(kind), std::string(why)});
  };
  if (!recorded.epoll)
    add({"ready fd ignored", "EPOLLOUT left armed", "closed fd still registered",
         "edge-triggered fd not drained", "EPOLLONESHOT not re-armed"},
        "waits in epoll were not recorded");
  else if (!recorded.io)
    add({"ready fd ignored", "EPOLLOUT left armed", "edge-triggered fd not drained"},
        "reads and writes were not recorded");
  if (!recorded.accepts)
    add({"thundering herd", "EMFILE storm", "accept queue full", "uneven workers"},
        "accepts were not recorded");
  if (!scheduled)
    add({"blocking call", "accept on a blocking listener", "no CPU for the loop"},
        "when threads did not run was not recorded");
  const bool rings = std::ranges::any_of(report.processes, &ReportProcess::io_uring);
  if (rings && !recorded.ring_operations)
    add({"multishot ended", "completion queue overflow", "socket work on worker threads"},
        "operations of io_uring were not recorded");
  return list;
}

}  // namespace loopscope::trace_model
