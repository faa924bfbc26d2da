// SPDX-License-Identifier: Apache-2.0
// Which calls in progress have been written as `pending` records and not yet completed.
#pragma once

#include <cstdint>
#include <unordered_map>

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
  void note(const wire_task_row& row, trace_model::RecordId id) { written_[row.tid] = {row.start_ns, row.nr, id}; }

  // The record that announced this call, 0 where none did. Whatever the thread was announced to be in is over.
  [[nodiscard]] trace_model::RecordId complete(const wire_call& record) {
    if (written_.empty()) return 0;
    const auto at = written_.find(record.tid);
    if (at == written_.end()) return 0;
    const Written written = at->second;
    written_.erase(at);
    return written.start_ns == record.start_ns && written.nr == record.nr ? written.id : 0;
  }
  void forget_thread(uint32_t tid) { written_.erase(tid); }

 private:
  struct Written {
    uint64_t start_ns;
    uint32_t nr;
    trace_model::RecordId id;
  };
  std::unordered_map<uint32_t, Written> written_;
};

}  // namespace loopscope::tracer
