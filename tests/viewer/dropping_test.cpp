// SPDX-License-Identifier: Apache-2.0
// Lanes, summaries and rows that have lost their beginning answer as before about the rest.
#include <gtest/gtest.h>

#include <random>

#include "viewer/logic/lane.h"
#include "viewer/logic/record_table.h"

namespace loopscope::viewer {
namespace {

TEST(Dropping, SummariesOfWhatIsLeftAreThoseOfALaneThatNeverHadTheRest) {
  std::minstd_rand random(7);
  Lane whole, cut;
  Ns t = 0;
  for (uint32_t i = 0; i < 20'000; ++i) {
    t += 1 + Ns(random() % 100);
    const Ns dur = random() % 50 == 0 ? (Ns(1) << 33) : Ns(random() % 3);
    const auto look = Look(random() % 20);
    const auto priority = uint8_t(random() % 97 == 0);
    for (Lane* lane : {&whole, &cut}) lane->append(t, dur, look, priority, i);
    if (i % 3000 == 2999) (void)cut.drop_before(t - 20'000);
  }
  ASSERT_GT(cut.first(), 10'000u);
  ASSERT_EQ(cut.size(), whole.size());
  for (int i = 0; i < 2000; ++i) {
    const uint32_t begin = cut.first() + uint32_t(random() % (cut.size() - cut.first()));
    const uint32_t end = begin + 1 + uint32_t(random() % (cut.size() - begin));
    const Summary a = whole.summary(begin, end), b = cut.summary(begin, end);
    ASSERT_EQ(a.longest, b.longest) << begin << " " << end;
    ASSERT_EQ(a.longest_at, b.longest_at);
    ASSERT_EQ(a.count, b.count);
    ASSERT_EQ(a.kinds, b.kinds);
    ASSERT_EQ(a.priority_at, b.priority_at);
    ASSERT_EQ(whole.dur(begin), cut.dur(begin));
    ASSERT_EQ(whole.first_from(cut.start(begin)), cut.first_from(cut.start(begin)));
  }
}

TEST(Dropping, ALaneKeepsItsLastEvent) {
  Lane lane;
  EXPECT_EQ(lane.drop_before(INT64_MAX), 0u);
  lane.append(1, 1, Look::Read, 0, 0);
  lane.append(5, kOpen, Look::Wait, 0, 1);
  EXPECT_EQ(lane.drop_before(INT64_MAX), 1u);
  EXPECT_FALSE(lane.has(0));
  EXPECT_TRUE(lane.has(1));
  lane.end_last(9, Look::Wait, 2);
  lane.append(20, 1, Look::Read, 0, 3);
  EXPECT_EQ(lane.dur(1), 9);
  EXPECT_EQ(lane.summary(1, 3).count, 2u);
}

// Its place is another's then.
TEST(Dropping, AClearedLaneBeginsAnew) {
  for (const uint32_t before : {0u, 1u, 5u, 16u, 17u, 300u, 5000u}) {
    std::minstd_rand random(before + 1);
    Lane lane, fresh;
    for (uint32_t i = 0; i < before; ++i) lane.append(Ns(i) * 10, 3, Look::Wait, 7, i);
    lane.clear();
    ASSERT_TRUE(lane.empty());
    ASSERT_EQ(lane.size(), before);
    ASSERT_FALSE(before > 0 && lane.has(before - 1));
    for (uint32_t i = 0; i < 6000; ++i) {
      const auto dur = Ns(random() % 1000);
      const auto look = Look(random() % 20);
      for (Lane* each : {&lane, &fresh}) each->append(Ns(i) * 2000, dur, look, uint8_t(i % 701 == 0), i);
    }
    for (int i = 0; i < 500; ++i) {
      const uint32_t begin = uint32_t(random() % 6000), end = begin + 1 + uint32_t(random() % (6000 - begin));
      const Summary a = fresh.summary(begin, end), b = lane.summary(before + begin, before + end);
      ASSERT_EQ(a.count, b.count) << before << ": " << begin << " " << end;
      ASSERT_EQ(a.longest, b.longest);
      ASSERT_EQ(a.longest_at + before, b.longest_at);
      ASSERT_EQ(a.kinds, b.kinds);
    }
  }
}

TEST(Dropping, RowsKeepTheirNumbers) {
  RecordTable table;
  for (uint32_t i = 0; i < 1000; ++i) {
    RecordRow row;
    row.id = i < 500 ? i : (uint64_t(1) << 40) + i;
    row.offset = i * 100;
    row.lane = i % 7;
    table.append(row);
  }
  table.drop_before(300);
  table.drop_before(100);  // is gone already
  EXPECT_EQ(table.first(), 300u);
  EXPECT_FALSE(table.has(299));
  EXPECT_EQ(table.id(300), 300u);
  EXPECT_EQ(table.lane(305), 305u % 7);
  table.drop_before(700);
  EXPECT_EQ(table.id(700), (uint64_t(1) << 40) + 700);
  EXPECT_EQ(table.offset(999), 99'900u);
  EXPECT_EQ(table.row_of((uint64_t(1) << 40) + 999), 999u);
  EXPECT_FALSE(table.row_of(400));
  table.drop_before(5000);
  EXPECT_EQ(table.first(), 1000u);
}

}  // namespace
}  // namespace loopscope::viewer
