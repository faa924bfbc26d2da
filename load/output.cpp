// SPDX-License-Identifier: Apache-2.0
#include "load/output.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"
#include "trace-model/text_table.h"

namespace loopscope::load {
namespace {

std::string ms(std::optional<double> seconds) {
  if (!seconds) return "-";
  const double value = *seconds * 1e3;
  return fmt::format("{:.{}f} ms", value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

std::string count(std::optional<double> value) {
  return value ? fmt::format("{:.1f}", *value) : "-";
}

std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string number(std::optional<double> value) {
  return value ? fmt::format("{:.6g}", *value) : "";
}

nlohmann::ordered_json json_number(std::optional<double> value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

// What theory is about: the median in a closed loop, the mean in an open one.
double compared(const BenchRow& row) {
  return row.load.clients ? row.measured.quantile(0.5) : row.measured.mean();
}

// More than a third of the processors in use before anything of ours ran.
bool busy(const Machine& machine) {
  return std::strtod(machine.load.c_str(), nullptr) > machine.cpus / 3.0;
}

std::string theory_cell(const BenchRow& row, bool open) {
  if (row.theory_s) return ms(row.theory_s);
  return row.server.workers && open ? "more than it can serve" : "-";
}

}  // namespace

std::string bench_text(const BenchResult& result, const BenchOptions& options) {
  const Machine& machine = result.machine;
  std::string text =
      fmt::format("{}, {} CPUs ({})\ngovernor: {}\nmitigations: {}\nload before: {}{}\n", machine.kernel,
                  machine.cpus, machine.cpu, machine.governor, machine.mitigations, machine.load,
                  busy(machine) ? ", so others use this machine: latencies come out above theory" : "");
  text += fmt::format("each request waits {} ms ({}); {} in turns{}\n\n", options.wait_ms,
                      options.exponential ? "on average, exponential" : "fixed",
                      trace_model::counted(options.rounds, "round"),
                      options.idle.size() == 1 ? fmt::format("; {} idle connections", options.idle[0]) : "");
  std::vector<trace_model::TableRow> rows{{"SERVER", "LOAD", "MEDIAN", "MEAN", "P99", "THEORY", "OFF BY",
                                           "REQUESTS/S", "CALLS", "WAKEUPS", "CPU", "ANSWERED", "FAILED"}};
  for (const BenchRow& row : result.rows) {
    const bool any = !row.measured.latencies_s.empty();
    const std::string off =
        row.theory_s && any ? fmt::format("{:+.0f} %", (compared(row) / *row.theory_s - 1) * 100) : "-";
    rows.push_back({trace_model::terminal_text(row.server.name), row.load.name(),
                    any ? ms(row.measured.quantile(0.5)) : "-", any ? ms(row.measured.mean()) : "-",
                    any ? ms(row.measured.quantile(0.99)) : "-", theory_cell(row, !row.load.clients), off,
                    fmt::format("{:.0f}", row.measured.per_second()), count(row.calls), count(row.wakeups),
                    row.cpu_per_request_s ? fmt::format("{:.0f} us", *row.cpu_per_request_s * 1e6) : "-",
                    fmt::format("{}", row.measured.latencies_s.size()),
                    fmt::format("{}", row.measured.failed)});
  }
  for (const std::string& line : trace_model::table_lines(rows, {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}))
    text += line + "\n";
  text += "\nCalls, wakeups and CPU are for each request.";
  const auto open = [](const BenchRow& row) { return row.load.clients == 0; };
  if (!std::ranges::all_of(result.rows, open))
    text +=
        " c=N: N clients, each with one request at a time (hey);\ntheory is of the median: c x wait for one "
        "at a time, "
        "ceil(c/8) x wait for a pool of 8, the wait for a loop.";
  if (std::ranges::any_of(result.rows, open))
    text += fmt::format("\nN/s: Poisson arrivals; theory is of the mean, by {}.",
                        options.exponential ? "M/M/c" : "M/D/c");
  text += "\n";
  if (!result.not_traced.empty())
    text += fmt::format("Calls and wakeups were not counted: {}\n",
                        trace_model::terminal_text(result.not_traced));
  return text;
}

std::string bench_csv(const BenchResult& result) {
  std::string text =
      "server,load,clients,rate_per_s,answered,failed,median_s,mean_s,p90_s,p99_s,max_s,theory_s,requests_"
      "per_s,calls,"
      "wakeups,cpu_s,idle\n";
  for (const BenchRow& row : result.rows) {
    const Measured& m = row.measured;
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", cell(row.server.name),
                        row.load.name(), row.load.clients, row.load.rate_per_s, m.latencies_s.size(),
                        m.failed, number(m.quantile(0.5)), number(m.mean()), number(m.quantile(0.9)),
                        number(m.quantile(0.99)), number(m.quantile(1)), number(row.theory_s),
                        number(m.per_second()), number(row.calls), number(row.wakeups),
                        number(row.cpu_per_request_s), row.server.idle);
  }
  return text;
}

std::string bench_json(const BenchResult& result, const BenchOptions& options) {
  using json = nlohmann::ordered_json;
  const Machine& machine = result.machine;
  json rows = json::array();
  for (const BenchRow& row : result.rows)
    rows.push_back({{"server", row.server.name},
                    {"command", row.server.command},
                    {"load", row.load.name()},
                    {"clients", row.load.clients},
                    {"rate_per_s", row.load.rate_per_s},
                    {"idle", row.server.idle},
                    {"answered", row.measured.latencies_s.size()},
                    {"failed", row.measured.failed},
                    {"median_s", row.measured.quantile(0.5)},
                    {"mean_s", row.measured.mean()},
                    {"p90_s", row.measured.quantile(0.9)},
                    {"p99_s", row.measured.quantile(0.99)},
                    {"max_s", row.measured.quantile(1)},
                    {"medians_s", row.medians_s},
                    {"theory_s", json_number(row.theory_s)},
                    {"requests_per_s", row.measured.per_second()},
                    {"calls", json_number(row.calls)},
                    {"wakeups", json_number(row.wakeups)},
                    {"cpu_s", json_number(row.cpu_per_request_s)},
                    {"latencies_s", row.measured.latencies_s}});
  const json whole{{"machine",
                    {{"kernel", machine.kernel},
                     {"cpus", machine.cpus},
                     {"cpu", machine.cpu},
                     {"governor", machine.governor},
                     {"mitigations", machine.mitigations},
                     {"load", machine.load}}},
                   {"wait_ms", options.wait_ms},
                   {"wait_dist", options.exponential ? "exp" : "fixed"},
                   {"rounds", options.rounds},
                   {"idle", options.idle.empty() ? 0 : std::ranges::max(options.idle)},
                   {"not_traced", result.not_traced},
                   {"rows", rows}};
  return whole.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace loopscope::load
