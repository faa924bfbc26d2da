// SPDX-License-Identifier: Apache-2.0
#include "lab/selection.h"

#include <gtest/gtest.h>

#include "tests/lab/made_evidence.h"

namespace loopscope::lab {
namespace {

struct Selecting : testing::Test {
  MadeEvidence evidence;
  std::map<std::string, Json> names;
  std::map<std::string, std::string> parameters{{"port", "8079"}, {"clients", "4"}};

  Values of(std::string_view selection) {
    Selector selector(evidence, names, parameters);
    const auto values = selector.values(Json::parse(selection));
    EXPECT_TRUE(values.has_value()) << values.error();
    return values.value_or(Values{});
  }
};

TEST_F(Selecting, RowsOfTheReport) {
  EXPECT_EQ(of(R"({"report": "listeners", "take": "fd"})"), (Values{6, 9}));
  EXPECT_EQ(of(R"({"report": "listeners", "where": {"address": "*:{port}"}, "take": "fd"})"), Values{6});
  EXPECT_EQ(of(R"({"report": "listeners", "where": {"fd": [7, 9]}, "take": "address"})"),
            Values{"127.0.0.1:80"});
  EXPECT_TRUE(of(R"({"report": "nothing", "take": "fd"})").empty());
}

TEST_F(Selecting, ListsWithinRows) {
  EXPECT_EQ(
      of(R"({"report": "listeners", "each": "registrations", "with": {"events.*": "EPOLLIN"}, "take": "epfd"})"),
      Values{5});
  EXPECT_TRUE(
      of(R"({"report": "listeners", "each": "registrations", "with": {"how": "uring"}, "take": "epfd"})")
          .empty());
}

TEST_F(Selecting, NullMeansThatThereIsNone) {
  EXPECT_EQ(of(R"({"report": "listeners", "where": {"closed_t": null}, "take": "fd"})"), (Values{6, 9}));
}

TEST_F(Selecting, RecordsByAQueryWithNames) {
  names["listener"] =
      Json::parse(R"({"report": "listeners", "where": {"address": "*:{port}"}, "take": "fd"})");
  evidence.records["call=listen fd=6"] = {Json{{"id", 12}, {"args", {{"sockfd", 6}}}}};
  EXPECT_EQ(of(R"({"show": "call=listen fd={listener}"})"), Values{12});
  EXPECT_EQ(of(R"({"show": "call=listen fd={listener}", "take": "args.sockfd"})"), Values{6});
  EXPECT_TRUE(of(R"({"show": "call=listen fd={listener}", "where": {"args.sockfd": 7}})").empty());
}

TEST_F(Selecting, ANameWithoutValuesFindsNothing) {
  parameters["port"] = "1";
  names["listener"] =
      Json::parse(R"({"report": "listeners", "where": {"address": "*:{port}"}, "take": "fd"})");
  evidence.records["call=listen fd="] = {Json{{"id", 12}}};
  EXPECT_TRUE(of(R"({"show": "call=listen fd={listener}"})").empty());
}

TEST_F(Selecting, Numbers) {
  EXPECT_EQ(of(R"({"count": {"report": "listeners", "take": "fd"}})"), Values{2});
  EXPECT_EQ(of(R"({"max": {"values": [3, 11, 7]}})"), Values{11});
  EXPECT_EQ(of(R"({"first": {"values": [3, 11, 7]}})"), Values{3});
  EXPECT_EQ(of(R"({"last": {"values": [3, 11, 7]}})"), Values{7});
  EXPECT_EQ(of(R"({"any": [{"values": [3]}, {"values": [4]}]})"), (Values{3, 4}));
  EXPECT_EQ(of(R"({"quotient": ["{clients}000", {"report": "requests", "take": "per_second"}]})"),
            Values{80.0});
}

TEST(Like, AStarIsAnything) {
  EXPECT_TRUE(like("0.0.0.0:8079", "*:8079"));
  EXPECT_FALSE(like("0.0.0.0:80790", "*:8079"));
  EXPECT_TRUE(like("abcbc", "a*bc"));
  EXPECT_TRUE(like("", "*"));
  EXPECT_FALSE(like("", "a"));
  EXPECT_TRUE(like("a", "a**"));
  const std::string many(100'000, 'a');
  EXPECT_FALSE(like(many, "*a*a*a*a*a*b"));
}

TEST(NoSelection, IsToldInASentence) {
  const std::vector<std::string> known{"port"};
  const auto why = [&](std::string_view text) { return why_no_selection(Json::parse(text), known); };
  EXPECT_EQ(why(R"({"report": "listeners", "where": {"address": "*:{port}"}, "take": "fd"})"), "");
  EXPECT_NE(why(R"([])"), "");
  EXPECT_NE(why(R"({"report": 5})"), "");
  EXPECT_NE(why(R"({"show": "call=nonsense"})"), "");
  EXPECT_NE(why(R"({"show": "fd={listener}"})").find("{listener}"), std::string::npos);
  EXPECT_NE(why(R"({"report": "listeners", "whre": {}})").find("whre"), std::string::npos);
  EXPECT_NE(why(R"({"name": "listener"})"), "");
  EXPECT_NE(why(R"({"count": {"any": [5]}})"), "");
  EXPECT_NE(why(R"({"quotient": [5]})"), "");
  EXPECT_NE(why(R"({"report": "x", "take": 5})"), "");
}

}  // namespace
}  // namespace loopscope::lab
