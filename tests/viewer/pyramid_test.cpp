// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/pyramid.h"

#include <gtest/gtest.h>

#include <random>

namespace loopscope::viewer {
namespace {

class Pyramids : public testing::Test {
 protected:
  std::vector<Summary> events;
  Pyramid pyramid;

  void append(Ns dur, uint32_t kind, uint8_t priority) {
    const auto at = uint32_t(events.size());
    events.push_back({dur, at, 1, 1u << kind, priority, at});
    pyramid.append(events.back());
  }
  Summary one_by_one(uint32_t begin, uint32_t end) const {
    Summary sum;
    for (uint32_t i = begin; i < end; ++i) sum.take(events[i]);
    return sum;
  }
  Summary by_levels(uint32_t begin, uint32_t end, uint32_t* looks = nullptr) const {
    return pyramid.query(begin, end, [&](uint32_t i) {
      if (looks) ++*looks;
      return events[i];
    });
  }
};

void expect_same(const Summary& a, const Summary& b, uint32_t begin, uint32_t end) {
  EXPECT_TRUE(a.longest == b.longest && a.count == b.count && a.kinds == b.kinds &&
              a.priority == b.priority && a.longest_at == b.longest_at && a.priority_at == b.priority_at)
      << begin << " to " << end;
}

TEST_F(Pyramids, NothingInNothing) {
  EXPECT_EQ(by_levels(0, 0).count, 0u);
  EXPECT_EQ(by_levels(0, 10).count, 0u);
  append(5, 1, 0);
  EXPECT_EQ(by_levels(1, 1).count, 0u);
}

TEST_F(Pyramids, EveryStretchOfTheFirstThousand) {
  for (uint32_t i = 0; i < 1000; ++i) {
    append(Ns((i * 7919) % 101), i % 13, i % 97 == 0 ? 2 : 0);
    expect_same(by_levels(0, i + 1), one_by_one(0, i + 1), 0, i + 1);
  }
  for (uint32_t begin = 0; begin <= 1000; begin += 3)
    for (uint32_t end = begin; end <= 1000; end += 7)
      expect_same(by_levels(begin, end), one_by_one(begin, end), begin, end);
}

TEST_F(Pyramids, LongStretchesTouchFewEvents) {
  std::mt19937 random(1);
  for (uint32_t i = 0; i < 200'000; ++i) append(Ns(random() % 1000), random() % 20, random() % 1000 == 0);
  for (int i = 0; i < 200; ++i) {
    uint32_t begin = random() % 200'000, end = random() % 200'000, looks = 0;
    if (begin > end) std::swap(begin, end);
    expect_same(by_levels(begin, end, &looks), one_by_one(begin, end), begin, end);
    EXPECT_LE(looks, 30u);
  }
}

}  // namespace
}  // namespace loopscope::viewer
