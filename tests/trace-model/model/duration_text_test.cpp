// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "trace-model/duration_text.h"

namespace loopscope::trace_model {
namespace {

TEST(DurationText, ThreeDigitsAtMost) {
  EXPECT_EQ(duration_text(0), "0 ns");
  EXPECT_EQ(duration_text(999), "999 ns");
  EXPECT_EQ(duration_text(1000), "1.0 µs");
  EXPECT_EQ(duration_text(1240), "1.2 µs");
  EXPECT_EQ(duration_text(9960), "10 µs");
  EXPECT_EQ(duration_text(999'499), "999 µs");
  EXPECT_EQ(duration_text(999'500), "1.0 ms");
  EXPECT_EQ(duration_text(34'000'000'000), "34 s");
  EXPECT_EQ(duration_text(125'000'000'000), "2 min 5 s");
  EXPECT_EQ(duration_text(2 * 3'600'000'000'000 + 60'000'000'000), "2 h 1 min");
  EXPECT_EQ(duration_text(-1500), "-1.5 µs");
}

TEST(DurationText, PointsInTime) {
  EXPECT_EQ(time_text(0), "0.000 000 s");
  EXPECT_EQ(time_text(1'234'567'890), "1.234 567 s");
  EXPECT_EQ(time_text(-5'000), "-0.000 005 s");
}

TEST(DurationText, Counts) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(1234567), "1 234 567");
  EXPECT_EQ(counted(1, "record"), "1 record");
  EXPECT_EQ(counted(1000, "record"), "1 000 records");
}

}  // namespace
}  // namespace loopscope::trace_model
