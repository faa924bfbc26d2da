// SPDX-License-Identifier: Apache-2.0
// Which reads begin a request, as far as can be told without knowing the protocol: on a connection that was
// accepted, the first, and the first after something was written to it. Fed with all records in order, it
// takes away the bytes of all other reads.
#pragma once

#include <set>
#include <string>

#include "trace-model/events.h"
#include "trace-model/flat_map.h"

namespace loopscope::tracer {

class RequestStarts {
 public:
  void take(const trace_model::FdRow& row);
  void take(trace_model::Call& call);  // `peek` is left where the call begins a request

 private:
  struct Connection {
    std::string end;  // found open: its own end; accepted where a listener has the same
    bool accepted = false, answered = true;
  };
  [[nodiscard]] bool begins(trace_model::FileId file);

  trace_model::FlatMap<Connection> connections_;
  std::set<std::string, std::less<>> listening_;
};

}  // namespace loopscope::tracer
