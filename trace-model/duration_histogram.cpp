// SPDX-License-Identifier: Apache-2.0
#include "trace-model/duration_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "trace-model/times.h"

namespace loopscope::trace_model {
namespace {

constexpr int kSubBits = 4;
constexpr uint64_t kSub = 1u << kSubBits;

size_t bucket_of(uint64_t value) {
  if (value < kSub) return size_t(value);
  const int shift = std::bit_width(value) - 1 - kSubBits;
  return size_t((uint64_t(shift) + 1) * kSub + ((value >> shift) - kSub));
}

// The largest value that falls into the bucket.
int64_t last_of(size_t bucket) {
  if (bucket < kSub) return int64_t(bucket);
  const int shift = int(bucket / kSub) - 1;
  return int64_t(((kSub + bucket % kSub + 1) << shift) - 1);
}

}  // namespace

void DurationHistogram::add(int64_t duration_ns) {
  const int64_t value = std::max<int64_t>(duration_ns, 0);
  const size_t bucket = bucket_of(uint64_t(value));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  total_ = time_after(total_, value);
  max_ = std::max(max_, value);
}

void DurationHistogram::add(const DurationHistogram& others) {
  if (others.buckets_.size() > buckets_.size()) buckets_.resize(others.buckets_.size());
  for (size_t i = 0; i < others.buckets_.size(); ++i) buckets_[i] += others.buckets_[i];
  count_ += others.count_;
  total_ = time_after(total_, others.total_);
  max_ = std::max(max_, others.max_);
}

int64_t DurationHistogram::quantile(double share) const {
  if (count_ == 0) return 0;
  const uint64_t wanted = std::clamp<uint64_t>(uint64_t(std::ceil(share * double(count_))), 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(last_of(i), max_);
  }
  return max_;
}

std::vector<uint64_t> DurationHistogram::octaves() const {
  std::vector<uint64_t> counts;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] == 0) continue;
    const size_t octave = size_t(std::bit_width(std::max<uint64_t>(uint64_t(last_of(i)), 1)) - 1);
    if (octave >= counts.size()) counts.resize(octave + 1);
    counts[octave] += buckets_[i];
  }
  return counts;
}

}  // namespace loopscope::trace_model
