// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/view_range.h"

#include <gtest/gtest.h>

namespace loopscope::viewer {
namespace {

ViewRange of(Ns start, double span, double width = 1000) {
  ViewRange view;
  view.start = start;
  view.span = span;
  view.width = width;
  return view;
}

TEST(ViewRange, PixelsAndTimes) {
  const ViewRange view = of(5'000, 10'000);
  EXPECT_DOUBLE_EQ(view.x_of(5'000), 0);
  EXPECT_DOUBLE_EQ(view.x_of(10'000), 500);
  EXPECT_EQ(view.t_at(500), 10'000);
  EXPECT_EQ(view.end(), 15'000);
  EXPECT_DOUBLE_EQ(view.x_of(-1'000'000), -10);
  EXPECT_DOUBLE_EQ(view.x_of(1'000'000), 1010);
}

TEST(ViewRange, ANanosecondKeepsItsPlaceADayIn) {
  const Ns day = 86'400'000'000'000;
  const ViewRange view = of(day, 1000);
  EXPECT_DOUBLE_EQ(view.x_of(day + 1), 1);
  EXPECT_EQ(view.t_at(1), day + 1);
}

TEST(ViewRange, ZoomKeepsWhatIsUnderTheMouse) {
  ViewRange view = of(1'000'000, 1e9);
  for (const double x : {0.0, 137.0, 999.0}) {
    const Ns under = view.t_at(x);
    view.zoom(0.5, x);
    EXPECT_NEAR(double(view.t_at(x)), double(under), view.ns_per_px() + 1) << x;
    view.zoom(2, x);
    EXPECT_NEAR(double(view.t_at(x)), double(under), view.ns_per_px() + 1) << x;
  }
  for (int i = 0; i < 200; ++i) view.zoom(0.5, 500);
  EXPECT_DOUBLE_EQ(view.span, kShortestSpan);
}

TEST(ViewRange, StaysNearTheTrace) {
  ViewRange view = of(0, 1e6);
  view.pan(1e9);
  view.keep_within(0, 2'000'000);
  EXPECT_EQ(view.start, 1'500'000);
  view.pan(-1e9);
  view.keep_within(0, 2'000'000);
  EXPECT_EQ(view.start, -500'000);
  view.zoom(1e6, 500);
  view.keep_within(0, 2'000'000);
  EXPECT_DOUBLE_EQ(view.span, 3e6);
}

TEST(ViewRange, TimesThatNoTraceShouldHave) {
  ViewRange view = of(INT64_MIN, 1e18);
  EXPECT_DOUBLE_EQ(view.x_of(INT64_MAX), 1010);
  view.pan(-1e12);
  view.show(INT64_MIN, INT64_MAX);
  view.zoom(0.5, 500);
  view.keep_within(INT64_MIN, INT64_MAX);
  view.keep_within(INT64_MAX, INT64_MIN);
  EXPECT_GE(view.span, kShortestSpan);
}

TEST(ViewRange, MarksAreRoundAndFarEnoughApart) {
  for (double ns_per_px = 0.1; ns_per_px < 1e12; ns_per_px *= 1.7) {
    const Ns step = tick_step(ns_per_px, 80);
    EXPECT_GE(double(step), ns_per_px * 80 * 0.99) << ns_per_px;
    EXPECT_LE(double(step), std::max(1.0, ns_per_px * 80 * 2.6)) << ns_per_px;
    Ns digits = step;
    while (digits % 10 == 0) digits /= 10;
    EXPECT_TRUE(digits == 1 || digits == 2 || digits == 5) << step;
  }
}

}  // namespace
}  // namespace loopscope::viewer
