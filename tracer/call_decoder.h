// SPDX-License-Identifier: Apache-2.0
// From the record of a returned call, or of one in progress, to its arguments by name.
//
// Stateless but for what one record owes to an earlier one of the same thread: the sets that a select was
// given, the file that an exec ran, the call that restart_syscall continues.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

#include "bpf/wire_events.h"
#include "trace-model/events.h"
#include "tracer/identities.h"

namespace loopscope::tracer {

class CallDecoder {
 public:
  // `start_ns` of the trace on CLOCK_MONOTONIC: its `t` 0. `files` outlives the decoder.
  CallDecoder(uint64_t start_ns, FileIds& files) : start_ns_(start_ns), files_(files) {}

  // False for a call number that is not in the table: nothing that asks for such a call was loaded.
  [[nodiscard]] bool decode(const wire_call& record, std::span<const std::byte> payload,
                            trace_model::Call& call);

  void note(const wire_select_sets& sets);
  void note(const wire_exec& exec);
  void forget_thread(uint32_t tid);

 private:
  struct Select {
    uint64_t start_ns;
    wire_select_sets sets;
  };
  void set_select(const wire_call& record, trace_model::Call& call);
  void set_text(const wire_call& record, std::span<const std::byte> payload, trace_model::Call& call);
  void set_result_file(const wire_call& record, trace_model::Call& call);
  void set_restart(const wire_call& record, trace_model::Call& call);

  uint64_t start_ns_;
  FileIds& files_;
  std::unordered_map<uint32_t, Select> selects_;
  std::unordered_map<uint32_t, std::string> executed_;
  std::unordered_map<uint32_t, const trace_model::CallSpec*> interrupted_;
};

// Arguments as a call's registers hold them, `raw`, into `body`, whose `spec` says what they are; `files` are
// those of its descriptors, in order.
void set_arguments(const std::array<uint64_t, 6>& raw, const std::array<trace_model::FileId, 2>& files,
                   trace_model::CallBody& body);
void drop_unused_mode(trace_model::CallBody& body);  // open(2): it counts only where a file may be created
void mark_unreadable(trace_model::CallBody& body);   // what stands behind pointers

// What the descriptors of a call in progress refer to, and the timeout it was given where that was seen.
void complete_pending(const wire_task_row& row, FileIds& files, trace_model::Pending& pending);

}  // namespace loopscope::tracer
