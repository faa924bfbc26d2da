// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/lane.h"

#include <gtest/gtest.h>

namespace loopscope::viewer {
namespace {

TEST(Lanes, FindsTheFirstFromATime) {
  Lane lane;
  for (int i = 0; i < 1000; ++i) lane.append(i * 10, 5, Look::Read, 0, uint32_t(i));
  for (const uint32_t hint : {0u, 1u, 100u})
    for (const Ns t : {1000, 1001, 5555, 9990, 9991, 20'000})
      EXPECT_EQ(lane.first_from(t, hint), std::min(1000u, uint32_t((t + 9) / 10))) << t << ' ' << hint;
  EXPECT_EQ(lane.first_from(-5), 0u);
  EXPECT_EQ(Lane().first_from(0), 0u);
}

TEST(Lanes, TimesDoNotDecrease) {
  Lane lane;
  lane.append(100, 5, Look::Read, 0, 0);
  lane.append(50, 5, Look::Read, 0, 1);
  EXPECT_EQ(lane.start(1), 100);
}

TEST(Lanes, WhatHasNotEndedIsTheLongest) {
  Lane lane;
  lane.append(0, 1000, Look::Read, 0, 0);
  lane.append(2000, kOpen, Look::Wait, 0, 1);
  EXPECT_EQ(lane.summary(0, 2).longest_at, 1u);
  EXPECT_EQ(lane.end(1, 9000), 9000);
  lane.end_last(10, Look::Wait, 1);
  EXPECT_EQ(lane.end(1, 9000), 2010);
  EXPECT_EQ(lane.summary(0, 2).longest_at, 0u);
}

}  // namespace
}  // namespace loopscope::viewer
