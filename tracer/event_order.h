// SPDX-License-Identifier: Apache-2.0
// Puts what arrives nearly in order into order of completion time. Records are stamped before they are
// reserved in the ring buffer, so two CPUs may swap neighbours; rows of a snapshot arrive in a lump with
// times spread over the past. Whatever is older than a watermark is released, oldest first; equal times keep
// their order of arrival.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "tracer/observations.h"

namespace loopscope::tracer {

class EventOrder {
 public:
  using WireSink = std::function<bool(std::span<const std::byte>)>;
  using ObservationSink = std::function<bool(Observation&)>;

  void add(uint64_t time_ns, std::span<const std::byte> record);
  void add(uint64_t time_ns, Observation observation);

  // Hands over everything stamped before `watermark_ns`, until a sink says false: it took that one, but wants
  // no more.
  void release(uint64_t watermark_ns, const WireSink& wire, const ObservationSink& other);

  [[nodiscard]] bool empty() const { return released_ == entries_.size(); }

 private:
  struct Entry {
    uint64_t time_ns;
    size_t at;  // in bytes_, or in others_ where size is 0
    size_t size;
  };
  void forget_released();

  std::vector<Entry> entries_;  // the first `released_` are gone already
  size_t released_ = 0;
  std::vector<std::byte> bytes_;
  std::vector<Observation> others_;
};

}  // namespace loopscope::tracer
