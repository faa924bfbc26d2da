// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "trace-model/analysis/requests.h"

namespace loopscope::trace_model {

void RequestTime::clear() {
  attended = runnable = blocked = 0;
  if (longest_block.dur != 0) longest_block = {};
  longest_away = {};
}

void Request::clear() {
  static_cast<RequestFacts&>(*this) = {};
  peer.clear();
  label.clear();
  time.clear();
  opened.clear();
  connected.clear();
  threads.clear();
}

Ns Request::running() const {
  return std::max<Ns>(0, time_between(time.blocked, time_between(time.runnable, time.attended)));
}

void RequestFigures::add(const Request& request, const std::string& peer, uint64_t count) {
  if (exchanges == 0) first = request.ready;
  first = std::min(first, request.ready);
  last = exchanges == 0 ? request.end : std::max(last, request.end);
  ++exchanges;
  requests += count;
  several_writes += request.writes > 1;
  own_calls += request.calls;
  bytes_in += request.bytes_in;
  bytes_out += request.bytes_out;
  if (request.overlaps_loss) return void(++overlap_loss);
  latency.add(request.latency());
  queue.add(request.queue());
  service.add(request.service());
  if (slowest.size() == kSlowestRequests) {
    if (request.latency() <= slowest.back().latency()) return;
    slowest.pop_back();
  }
  const auto at = std::ranges::upper_bound(slowest, request.latency(), std::greater(), &Request::latency);
  slowest.insert(at, request)->peer = peer;
}

}  // namespace loopscope::trace_model
