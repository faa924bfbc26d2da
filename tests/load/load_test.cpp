// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "load/child.h"
#include "load/hey.h"
#include "load/output.h"
#include "load/poisson.h"
#include "load/sockets.h"
#include "load/theory.h"

namespace loopscope::load {
namespace {

TEST(Theory, ClosedLoopsWaitForRounds) {
  const double wait = 0.02;
  EXPECT_DOUBLE_EQ(closed_latency_s({1, wait, false}, 4), 0.08);
  EXPECT_DOUBLE_EQ(closed_latency_s({1, wait, false}, 16), 0.32);
  EXPECT_DOUBLE_EQ(closed_latency_s({8, wait, false}, 4), 0.02);
  EXPECT_DOUBLE_EQ(closed_latency_s({8, wait, false}, 16), 0.04);
  EXPECT_DOUBLE_EQ(closed_latency_s({8, wait, false}, 17), 0.06);
  EXPECT_DOUBLE_EQ(closed_latency_s({0, wait, false}, 1000), 0.02);
}

TEST(Theory, OpenLoopsOfOneServer) {
  EXPECT_NEAR(*open_latency_s({1, 0.02, false}, 25), 0.030, 1e-12) << "M/D/1 at half its load";
  EXPECT_NEAR(*open_latency_s({1, 0.02, false}, 40), 0.060, 1e-12);
  EXPECT_NEAR(*open_latency_s({1, 0.02, true}, 25), 0.040, 1e-12) << "M/M/1";
  EXPECT_NEAR(*open_latency_s({1, 0.02, true}, 40), 0.100, 1e-12);
  EXPECT_FALSE(open_latency_s({1, 0.02, true}, 50));
  EXPECT_DOUBLE_EQ(*open_latency_s({0, 0.02, true}, 5000), 0.02);
  // Erlang's C for two servers and one Erlang is 1/3.
  EXPECT_NEAR(*open_latency_s({2, 1, true}, 1), 1 + 1.0 / 3, 1e-12);
}

TEST(Poisson, ArrivalsHaveTheRateAndTheSpreadOfThatProcess) {
  const std::vector<double> arrivals = poisson_arrivals(50, 5000, 7);
  ASSERT_EQ(arrivals.size(), 5000u);
  EXPECT_TRUE(std::ranges::is_sorted(arrivals));
  EXPECT_LT(arrivals.back(), 100);
  double sum = 0, squares = 0;
  for (size_t i = 1; i < arrivals.size(); ++i) {
    const double gap = arrivals[i] - arrivals[i - 1];
    sum += gap, squares += gap * gap;
  }
  const double mean = sum / 4999, deviation = std::sqrt(squares / 4999 - mean * mean);
  EXPECT_NEAR(mean, 0.02, 0.0005);
  EXPECT_NEAR(deviation / mean, 1, 0.06) << "exponential gaps spread as far as their mean";
  EXPECT_EQ(arrivals, poisson_arrivals(50, 5000, 7));
  EXPECT_NE(arrivals, poisson_arrivals(50, 5000, 8));
}

TEST(Hey, ItsTable) {
  const auto read = read_hey_csv(
      "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n"
      "0.0220,0.0011,0.0000,0.0002,0.0204,0.0002,200,0.0100\n"
      "0.0300,0.0011,0.0000,0.0002,0.0204,0.0002,200,0.0300\n"
      "0.0100,0.0011,0.0000,0.0002,0.0204,0.0002,503,0.0400\n",
      4);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->latencies_s, (std::vector<double>{0.022, 0.03}));
  EXPECT_EQ(read->failed, 2u) << "a refusal, and one that has no line";
  EXPECT_NEAR(read->seconds, 0.05, 1e-9);
  EXPECT_FALSE(read_hey_csv("Summary:\n", 4));
  EXPECT_FALSE(read_hey_csv("", 4));
  EXPECT_TRUE(read_hey_csv("response-time,x\n", 4)->latencies_s.empty());
}

TEST(Measured, QuantilesAreLatenciesThatWereMeasured) {
  Measured m;
  EXPECT_EQ(m.quantile(0.5), 0);
  m.latencies_s = {3, 1, 2, 4};
  m.finish();
  EXPECT_EQ(m.quantile(0.5), 2);
  EXPECT_EQ(m.quantile(0.99), 4);
  EXPECT_EQ(m.quantile(0), 1);
  EXPECT_EQ(m.mean(), 2.5);
}

TEST(Child, ProgramsThatAreNotThereAndThatEnd) {
  const auto none = Child::start({"/nonexistent/program"}, Child::Output::Discard);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), "cannot run /nonexistent/program: No such file or directory");
  auto shell = Child::start({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, Child::Output::Keep);
  ASSERT_TRUE(shell);
  EXPECT_EQ(shell->finish(std::chrono::seconds(20)), 3);
  EXPECT_EQ(shell->output(), "out\n");
  EXPECT_EQ(shell->errors(), "err\n");
  auto sleeps = Child::start({"/bin/sleep", "100"}, Child::Output::Discard);
  ASSERT_TRUE(sleeps);
  EXPECT_FALSE(sleeps->finish(std::chrono::milliseconds(50)));
}

TEST(Plan, CommandsAndModels) {
  BenchOptions options;
  options.commands = {"python3 'my app.py' {port}"};
  const auto plans = plan_servers(options, "/nowhere");
  ASSERT_TRUE(plans) << plans.error();
  EXPECT_EQ((*plans)[0].command, (std::vector<std::string>{"python3", "my app.py", "{port}"}));
  options.commands = {"python3 app.py"};
  EXPECT_NE(plan_servers(options, "/nowhere").error().find("{port}"), std::string::npos);
  options = {};
  options.models = {"A"};
  EXPECT_NE(plan_servers(options, "/nowhere").error().find("blocking-server is not beside loopscope"),
            std::string::npos);
  options.models = {"D"};
  EXPECT_NE(plan_servers(options, "/nowhere").error().find("'D' is not a server model"), std::string::npos);
  EXPECT_EQ(plan_loads({}).size(), 2u);
  options.rates = {25};
  EXPECT_EQ(plan_loads(options)[0].requests, 500u);
}

TEST(Output, NamesOfServersDoNoHarm) {
  BenchResult result;
  BenchRow row;
  row.server.name = "<b>\"a\",\x1b[31m&";
  row.load.clients = 4;
  row.measured.latencies_s = {0.02, 0.021, 3};
  row.theory_s = 0.02;
  result.rows = {row, row};
  const std::string svg = bench_svg(result);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_NE(svg.find("&lt;b&gt;"), std::string::npos);
  EXPECT_EQ(bench_text(result, {}).find('\x1b'), std::string::npos);
  EXPECT_NE(bench_csv(result).find("\"<b>\"\"a\"\","), std::string::npos);
  result.rows.clear();
  EXPECT_TRUE(bench_svg(result).ends_with("</svg>\n"));
}

TEST(Sockets, APortInUseIsSaid) {
  const auto port = free_port(0);
  ASSERT_TRUE(port);
  EXPECT_FALSE(accepts(*port));
  auto server =
      Child::start({"/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", std::to_string(*port)},
                   Child::Output::Discard);
  ASSERT_TRUE(server);
  while (!accepts(*port)) ASSERT_TRUE(server->runs());
  const auto taken = free_port(*port);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().find("is in use"), std::string::npos);
}

}  // namespace
}  // namespace loopscope::load
