// SPDX-License-Identifier: Apache-2.0
// Which calls in progress have been written as `pending` records and not yet completed.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "bpf/wire_events.h"
#include "trace-model/events.h"

namespace loopscope::tracer {

class PendingCalls {
 public:
  // True once for each call in progress.
  [[nodiscard]] bool is_new(const wire_task_row& row) const {
    const auto at = written_.find(row.tid);
    return at == written_.end() || at->second.start_ns != row.start_ns || at->second.nr != row.nr;
  }
  void note(const wire_task_row& row, const trace_model::Pending& pending) {
    written_[row.tid] = {row.start_ns, row.nr, pending};
  }

  // The record that announced this call, if one did. Whatever the thread was announced to be in is over.
  [[nodiscard]] std::optional<trace_model::Pending> complete(const wire_call& record) {
    if (written_.empty()) return std::nullopt;
    const auto at = written_.find(record.tid);
    if (at == written_.end()) return std::nullopt;
    const Written written = std::move(at->second);
    written_.erase(at);
    if (written.start_ns != record.start_ns || written.nr != record.nr) return std::nullopt;
    return written.pending;
  }
  void forget_thread(uint32_t tid) { written_.erase(tid); }

 private:
  struct Written {
    uint64_t start_ns = 0;
    uint32_t nr = 0;
    trace_model::Pending pending;
  };
  std::unordered_map<uint32_t, Written> written_;
};

}  // namespace loopscope::tracer
