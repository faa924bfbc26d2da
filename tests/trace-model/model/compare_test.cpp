// SPDX-License-Identifier: Apache-2.0
// Two traces side by side, when a difference counts, and the conditions of --fail-if.
#include "trace-model/compare.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "trace-model/analysis/request_parts.h"
#include "trace-model/fail_condition.h"

namespace loopscope::trace_model {
namespace {

constexpr Ns kMs = 1'000'000;

TraceFigures figures(double p99_ms, double spread_ms, double rate = 100) {
  TraceFigures made;
  made.name = "x.jsonl";
  made.header = TraceHeader{};
  made.header->kernel = "6.1.0";
  made.header->arch = "x86_64";
  made.header->host_cpus = 2;
  made.header->calls = {"read", "write"};
  made.requests = 1000;
  made.connections = 10;
  made.parts = 10;
  made.values[size_t(Metric::P99)] = p99_ms * kMs;
  made.ranges[size_t(Metric::P99)] = Range{(p99_ms - spread_ms) * kMs, (p99_ms + spread_ms) * kMs};
  made.values[size_t(Metric::Rps)] = rate;
  made.values[size_t(Metric::Calls)] = 2.5;
  return made;
}

const ComparisonRow& row(const Comparison& comparison, Metric metric) {
  return comparison.rows[size_t(metric)];
}

TEST(Compare, ADifferenceIsWeighedAgainstTheSpread) {
  const auto verdict = [](double b, double spread) {
    return row(compare(figures(20, 1), figures(b, spread)), Metric::P99).verdict;
  };
  EXPECT_EQ(verdict(20.5, 1), Verdict::Within);
  EXPECT_EQ(verdict(21.5, 1), Verdict::Likely);
  EXPECT_EQ(verdict(23, 1), Verdict::Clear);
  EXPECT_EQ(row(compare(figures(20, 1), figures(20, 1)), Metric::Cpu).verdict, Verdict::Unknown);
  EXPECT_EQ(row(compare(figures(20, 1), figures(20, 1)), Metric::Calls).verdict, Verdict::Unknown);
}

// Parts with few requests are left out of the range, so the value of the whole may lie outside it.
TEST(Compare, ATraceDoesNotDifferFromItself) {
  TraceFigures trace = figures(20, 1);
  trace.ranges[size_t(Metric::P99)] = Range{21 * kMs, 22 * kMs};
  const ComparisonRow p99 = row(compare(trace, trace), Metric::P99);
  EXPECT_EQ(p99.verdict, Verdict::Within);
  EXPECT_EQ(p99.a_range->least, 20 * kMs);
}

TEST(Compare, SaysWhyADifferenceIsNotKnown) {
  TraceFigures few = figures(20, 1);
  few.requests = 3;
  few.values[size_t(Metric::P50)] = 20 * kMs;
  const Comparison comparison = compare(few, few);
  ASSERT_EQ(comparison.warnings.size(), 2U);
  EXPECT_EQ(comparison.warnings[0],
            "A has too few requests (3) to tell a difference from chance: 4 parts of 5 are needed");
}

TEST(Compare, WarnsOfWhatMakesTracesIncomparable) {
  EXPECT_TRUE(compare(figures(20, 1), figures(20, 1, 115)).warnings.empty());
  TraceFigures other = figures(20, 1, 125);
  other.connections = 13;
  other.header->kernel = "6.12.0";
  other.header->arch = "aarch64";
  other.header->host_cpus = 4;
  other.header->calls = {"read"};
  other.lost = 3;
  other.scheduled = true;
  const Comparison comparison = compare(figures(20, 1), other);
  EXPECT_EQ(comparison.warnings.size(), 8U);
  const std::string text = comparison_text(comparison, {});
  EXPECT_NE(text.find("only A recorded write"), std::string::npos) << text;
  EXPECT_NE(text.find("B lost 3 records"), std::string::npos) << text;
}

TEST(Compare, SaysTheSameInJson) {
  const auto json = nlohmann::json::parse(comparison_json(compare(figures(20, 1), figures(30, 1)), {"x"}));
  const auto& p99 = json["metrics"][size_t(Metric::P99)];
  EXPECT_EQ(p99["name"], "p99");
  EXPECT_EQ(p99["change_percent"], 50.0);
  EXPECT_EQ(p99["different"], "clear");
  EXPECT_TRUE(json["metrics"][size_t(Metric::Cpu)]["a"].is_null());
  EXPECT_EQ(json["failed"].size(), 1U);
}

bool holds(std::string_view text, const Comparison& comparison) {
  const auto condition = parse_fail_condition(text);
  EXPECT_TRUE(condition) << text;
  return condition && failure_of(*condition, comparison).has_value();
}

TEST(FailIf, ChangesAndValues) {
  const Comparison worse = compare(figures(20, 1, 100), figures(23, 1, 80));
  EXPECT_TRUE(holds("p99>+10%", worse));
  EXPECT_FALSE(holds("p99>+15%", worse));  // exactly
  EXPECT_FALSE(holds("p99 > 20 %", worse));
  EXPECT_TRUE(holds("p99>22.9ms", worse));
  EXPECT_TRUE(holds("p99>22900us", worse));
  EXPECT_FALSE(holds("p99>1s", worse));
  EXPECT_TRUE(holds("p99>+2ms", worse));
  EXPECT_FALSE(holds("p99>+4ms", worse));
  EXPECT_TRUE(holds("rps<-10%", worse));
  EXPECT_FALSE(holds("rps<-30%", worse));
  EXPECT_TRUE(holds("rps<90", worse));
  EXPECT_FALSE(holds("calls>2.5", worse));
  EXPECT_TRUE(holds("cpu>+5%", worse)) << "what is not known cannot be said to be kept";
}

TEST(FailIf, OfAnythingThereIsMoreThanOfNothing) {
  TraceFigures none = figures(20, 1), some = figures(20, 1);
  none.values[size_t(Metric::Switches)] = 0;
  some.values[size_t(Metric::Switches)] = 0.5;
  EXPECT_TRUE(holds("switches>+10%", compare(none, some)));
  EXPECT_FALSE(holds("switches>+10%", compare(none, none)));
}

TEST(FailIf, SaysWhatIsAllowed) {
  for (const char* wrong : {"", "p99", "p98>3ms", "p99>", "p99>3", "p99>ms", "p99>+-3%", "p99>3 parsecs",
                            "calls>3ms", "p99>=3ms", "p99>1e999ms", "p99>nan%", "p99>0x3%"}) {
    const auto condition = parse_fail_condition(wrong);
    ASSERT_FALSE(condition) << wrong;
    EXPECT_NE(condition.error().find("'rps<-10%'"), std::string::npos);
  }
}

TEST(RequestParts, AreJoinedTwoAndTwo) {
  RequestParts parts;
  for (Ns t = 0; t < 1000 * kMs; t += kMs) {
    RequestPart& part = parts.at(t);
    ++part.requests;
    part.latency.add(t);
  }
  EXPECT_EQ(parts.width(), 64 * kMs);
  EXPECT_EQ(parts.parts().size(), 16U);
  uint64_t requests = 0;
  for (const RequestPart& part : parts.parts()) {
    requests += part.requests;
    EXPECT_EQ(part.latency.count(), part.requests);
  }
  EXPECT_EQ(requests, 1000U);
}

TEST(RequestParts, TakeTimesOfADamagedTrace) {
  RequestParts parts;
  parts.at(INT64_MIN).requests = 1;
  parts.at(INT64_MAX).requests = 1;
  parts.at(0).requests = 1;
  EXPECT_LE(parts.parts().size(), RequestParts::kMaxParts);
}

}  // namespace
}  // namespace loopscope::trace_model
