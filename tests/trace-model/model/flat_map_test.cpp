// SPDX-License-Identifier: Apache-2.0
#include "trace-model/flat_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "trace-model/duration_histogram.h"

namespace loopscope::trace_model {
namespace {

TEST(FlatMap, AgreesWithStdMapOverRandomOperations) {
  FlatMap<uint64_t> map;
  std::map<uint64_t, uint64_t> expected;
  std::mt19937_64 random(7);
  for (uint64_t i = 0; i < 50'000; ++i) {
    const uint64_t key = random() % 997 << (random() % 2 ? 0 : 44);
    if (random() % 3 == 0) {
      EXPECT_EQ(map.erase(key), expected.erase(key) == 1);
    } else {
      map[key] = i;
      expected[key] = i;
    }
    ASSERT_EQ(map.size(), expected.size());
  }
  for (const auto& [key, value] : expected) {
    ASSERT_NE(map.find(key), nullptr);
    EXPECT_EQ(*map.find(key), value);
  }
  size_t visited = 0;
  map.for_each([&](uint64_t key, uint64_t value) {
    ++visited;
    EXPECT_EQ(expected.at(key), value);
  });
  EXPECT_EQ(visited, expected.size());
}

TEST(DurationHistogram, QuantilesAreAtMostASixteenthTooHigh) {
  DurationHistogram histogram;
  for (int64_t i = 1; i <= 100'000; ++i) histogram.add(i * 1000);
  EXPECT_EQ(histogram.count(), 100'000u);
  for (const double share : {0.5, 0.9, 0.99}) {
    const double exact = share * 1e8;
    EXPECT_GE(double(histogram.quantile(share)), exact);
    EXPECT_LE(double(histogram.quantile(share)), exact * 17 / 16);
  }
  EXPECT_EQ(histogram.max(), 100'000'000);
  EXPECT_EQ(histogram.quantile(1), 100'000'000);
}

TEST(DurationHistogram, TakesTheExtremes) {
  DurationHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  histogram.add(-5);
  histogram.add(INT64_MAX);
  EXPECT_EQ(histogram.quantile(0.5), 0);
  EXPECT_EQ(histogram.quantile(1), INT64_MAX);
}

}  // namespace
}  // namespace loopscope::trace_model
