// SPDX-License-Identifier: Apache-2.0
// Records in another order than the file's.
#include "viewer/logic/row_order.h"

#include "tests/viewer/trace_file.h"

namespace loopscope::viewer {
namespace {

class RowOrderTest : public testing::Test {
 protected:
  RowOrderTest() { load_all(session); }
  [[nodiscard]] std::vector<RecordId> ids(RowOrder order, size_t most = kMostOrdered) const {
    std::vector<RecordId> made;
    for (const uint32_t row : rows_in_order(session.timeline, nullptr, order, most))
      made.push_back(session.timeline.records.id(row));
    return made;
  }
  TraceOnDisk file{small_trace()};
  Session session{file.path(), [] {}};
};

TEST_F(RowOrderTest, TheLongestComeFirst) {
  const auto all = ids(RowOrder::Longest);
  ASSERT_GT(all.size(), 5u);
  EXPECT_EQ(std::vector(all.begin(), all.begin() + 3), (std::vector<RecordId>{20, 15, 18}));
  EXPECT_EQ(all.size(), session.timeline.records.size());
}

TEST_F(RowOrderTest, OfManyTheFirstAreKept) {
  EXPECT_EQ(ids(RowOrder::Longest, 2), (std::vector<RecordId>{20, 15}));
}

TEST_F(RowOrderTest, FailuresComeFirst) {
  EXPECT_EQ(ids(RowOrder::Failed, 1), (std::vector<RecordId>{19}));
}

TEST_F(RowOrderTest, ByTimeAndByCallEqualOnesStayAsRecorded) {
  const auto by_time = ids(RowOrder::Time, 10);
  EXPECT_TRUE(std::ranges::is_sorted(by_time));
  const auto by_call = ids(RowOrder::Call);
  const auto at = std::ranges::find(by_call, 15u);
  ASSERT_NE(at, by_call.end());
  EXPECT_EQ(*(at + 1), 17u) << "the other epoll_wait";
}

TEST_F(RowOrderTest, OnlyHits) {
  const std::vector<uint32_t> hits{*session.timeline.records.row_of(18),
                                   *session.timeline.records.row_of(15)};
  const auto rows = rows_in_order(session.timeline, &hits, RowOrder::Time);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], hits[1]);
}

}  // namespace
}  // namespace loopscope::viewer
