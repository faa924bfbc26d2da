// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/boxes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace loopscope::viewer {
namespace {

ViewRange of(Ns start, double span, double width = 1000) {
  ViewRange view;
  view.start = start;
  view.span = span;
  view.width = width;
  return view;
}

std::vector<Box> boxes_of(const Lane& lane, const ViewRange& view, Ns now = 1'000'000'000) {
  std::vector<Box> boxes;
  visible_boxes(lane, view, {now, now}, boxes);
  return boxes;
}

TEST(Boxes, EventsAreInTheirPlaces) {
  Lane lane;
  lane.append(100, 50, Look::Read, 0, 7);
  lane.append(400, 200, Look::Write, 0, 8);
  const auto boxes = boxes_of(lane, of(0, 1000));
  ASSERT_EQ(boxes.size(), 2u);
  EXPECT_DOUBLE_EQ(boxes[0].x0, 100);
  EXPECT_DOUBLE_EQ(boxes[0].x1, 150);
  EXPECT_EQ(boxes[1].look, Look::Write);
  EXPECT_EQ(box_at(boxes, 410)->event, 1u);
  EXPECT_EQ(box_at(boxes, 153)->event, 0u);
  EXPECT_EQ(box_at(boxes, 300), nullptr);
  EXPECT_EQ(box_at({}, 300), nullptr);
}

TEST(Boxes, WhatBeganBeforeTheViewIsSeen) {
  Lane lane;
  lane.append(0, 5000, Look::Wait, 0, 0);
  lane.append(6000, kOpen, Look::Wait, 0, 1);
  EXPECT_EQ(boxes_of(lane, of(1000, 100)).size(), 1u);
  EXPECT_EQ(boxes_of(lane, of(5500, 100)).size(), 0u);
  const auto open = boxes_of(lane, of(7000, 100), 7050);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_TRUE(open[0].open);
  EXPECT_DOUBLE_EQ(open[0].x1, 500);
}

TEST(Boxes, ZoomedOutNothingThatMattersIsHidden) {
  Lane lane;
  std::mt19937 random(3);
  Ns t = 0;
  for (uint32_t i = 0; i < 100'000; ++i) {
    const Ns dur = i == 77'777 ? 5'000'000 : 100;
    lane.append(t, dur, Look::Read, i == 33'333 ? 3 : 0, i);
    t += dur + Ns(random() % 1000);
  }
  const auto boxes = boxes_of(lane, of(0, double(t)), t);
  EXPECT_LE(boxes.size(), 1100u);
  EXPECT_TRUE(std::ranges::any_of(boxes, [](const Box& box) { return box.event == 77'777; }));
  EXPECT_TRUE(std::ranges::any_of(
      boxes, [](const Box& box) { return box.priority == 3 && box.important == 33'333; }));
  uint64_t count = 0;
  for (const Box& box : boxes) count += box.count;
  EXPECT_EQ(count, 100'000u);
}

TEST(Boxes, MovingTheViewDoesNotRegroupThem) {
  Lane lane;
  for (uint32_t i = 0; i < 100'000; ++i) lane.append(Ns(i) * 977, 300, Look::Read, 0, i);
  const auto here = boxes_of(lane, of(10'000'000, 50'000'000));
  const auto there = boxes_of(lane, of(10'012'345, 50'000'000));
  size_t same = 0;
  for (const Box& box : there)
    same += std::ranges::any_of(
        here, [&](const Box& other) { return other.event == box.event && other.count == box.count; });
  EXPECT_GE(same, there.size() - 2);
}

TEST(Boxes, AnyTimesDraw) {
  Lane lane;
  lane.append(INT64_MIN, 5, Look::Read, 0, 0);
  lane.append(0, INT64_MAX, Look::Read, 0, 1);
  lane.append(INT64_MAX, INT64_MAX, Look::Read, 0, 2);
  for (const Ns start : {INT64_MIN, Ns(-5), Ns(0), INT64_MAX - 3})
    for (const double span : {100.0, 1e9, 9e18})
      for (const Box& box : boxes_of(lane, of(start, span))) {
        EXPECT_GE(box.x0, -10);
        EXPECT_LE(box.x1, 1012);
      }
}

}  // namespace
}  // namespace loopscope::viewer
