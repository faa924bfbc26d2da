// SPDX-License-Identifier: Apache-2.0
// Equal parts of the time in which requests were served, each with its figures: how much a figure varies
// within one trace. How long the trace will be is not known while it is read, so parts are made wider as it
// goes on: kMaxParts are joined two and two. In the end there are kMaxParts / 2 to kMaxParts, fewer in a
// trace of less than kMaxParts / 2 times kFirstPart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trace-model/duration_histogram.h"
#include "trace-model/times.h"

namespace loopscope::trace_model {

struct RequestCounters {
  uint64_t calls = 0;       // that were recorded
  uint64_t wakeups = 0;     // loops that returned from a sleep
  uint64_t switches = 0;    // threads that left the CPU
  uint64_t operations = 0;  // taken from submission queues of rings
};

struct RequestPart {
  RequestCounters counters;
  uint64_t requests = 0;
  Ns running = 0;  // of loops in bursts
  DurationHistogram latency;
};

class RequestParts {
 public:
  static constexpr size_t kMaxParts = 20;
  static constexpr Ns kFirstPart = 1'000'000;

  // The part that `t` is in; times before the first that was asked for are in the first.
  RequestPart& at(Ns t);

  [[nodiscard]] const std::vector<RequestPart>& parts() const { return parts_; }
  [[nodiscard]] Ns width() const { return width_; }
  [[nodiscard]] Ns begin() const { return begin_; }

 private:
  void widen();

  std::vector<RequestPart> parts_;
  Ns begin_ = 0, width_ = kFirstPart;
};

}  // namespace loopscope::trace_model
