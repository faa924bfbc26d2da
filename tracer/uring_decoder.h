// SPDX-License-Identifier: Apache-2.0
// From the kernel side's records of io_uring to those of the trace: an entry of a submission queue gets the
// arguments of the call it is the form of, a completion the id of its operation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>

#include "bpf/wire_events.h"
#include "trace-model/events.h"
#include "tracer/identities.h"
#include "tracer/observations.h"

namespace loopscope::tracer {

class UringDecoder {
 public:
  // `start_ns` of the trace on CLOCK_MONOTONIC: its `t` 0. `files` outlives the decoder.
  UringDecoder(uint64_t start_ns, FileIds& files) : start_ns_(start_ns), files_(files) {}

  [[nodiscard]] trace_model::RingRow ring(const wire_ring& row, trace_model::Origin origin);
  void decode(const wire_sqe& record, std::span<const std::byte> payload, trace_model::Sqe& sqe);
  void decode(const wire_cqe& record, std::span<const std::byte> payload, trace_model::Cqe& cqe);
  void decode(const ArmedObservation& observed, trace_model::Sqe& sqe);

  // The operation has its id now. Its completions will name it, until the last.
  void written(uint64_t request, uint64_t number, const trace_model::Sqe& sqe);

  // Whether this operation is in flight already as far as the trace knows.
  [[nodiscard]] bool knows(const wire_armed_row& row) const;

  // The descriptor of a ring: its file and its `private_data` are one object.
  [[nodiscard]] static bool is_ring(const wire_fd_row& row);

 private:
  struct InFlight {
    trace_model::RecordId id = 0;
    uint64_t number = 0;
    trace_model::FileId ring = 0;
    uint64_t user_data = 0;
    uint64_t since_ns = 0;  // taken, or last completed: what it makes next is made after
    uint8_t op = 0;
    bool slot_unknown = false;  // works on a slot whose file the entry could not tell
  };
  // By the kernel's structure. One whose last completion was lost stays until that structure is used again.
  using Operations = std::unordered_map<uint64_t, InFlight>;

  [[nodiscard]] Operations::iterator find_only(trace_model::FileId ring, uint64_t user_data);
  [[nodiscard]] Operations::iterator find(const wire_cqe& record, trace_model::FileId ring);
  [[nodiscard]] trace_model::Ns time(uint64_t ns) const { return trace_model::Ns(ns - start_ns_); }

  uint64_t start_ns_;
  FileIds& files_;
  Operations in_flight_;
};

}  // namespace loopscope::tracer
