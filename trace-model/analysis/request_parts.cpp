// SPDX-License-Identifier: Apache-2.0
#include "trace-model/analysis/request_parts.h"

#include <algorithm>

namespace loopscope::trace_model {
namespace {

void join(RequestPart& into, const RequestPart& next) {
  into.counters.calls += next.counters.calls;
  into.counters.wakeups += next.counters.wakeups;
  into.counters.switches += next.counters.switches;
  into.counters.operations += next.counters.operations;
  into.requests += next.requests;
  into.running = time_after(into.running, next.running);
  into.latency.add(next.latency);
}

}  // namespace

RequestPart& RequestParts::at(Ns t) {
  if (parts_.empty()) {
    begin_ = t;
    parts_.reserve(kMaxParts);
    parts_.emplace_back();
  }
  const Ns since = std::max<Ns>(0, time_between(begin_, t));
  while (since / width_ >= Ns(kMaxParts)) widen();
  const auto index = size_t(since / width_);
  while (parts_.size() <= index) parts_.emplace_back();
  return parts_[index];
}

void RequestParts::widen() {
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (i % 2)
      join(parts_[i / 2], parts_[i]);
    else if (i > 0)
      parts_[i / 2] = std::move(parts_[i]);
  }
  parts_.resize((parts_.size() + 1) / 2);
  width_ *= 2;  // at most 2^63 / kMaxParts, for no time is further from another
}

}  // namespace loopscope::trace_model
