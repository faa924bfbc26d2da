// SPDX-License-Identifier: Apache-2.0
#include "load/hey.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "load/child.h"

namespace loopscope::load {
namespace {

constexpr size_t kLatency = 0, kStatus = 6, kOffset = 7;

std::optional<double> column(std::string_view line, size_t wanted) {
  for (size_t i = 0; i < wanted; ++i) {
    const size_t comma = line.find(',');
    if (comma == line.npos) return std::nullopt;
    line.remove_prefix(comma + 1);
  }
  line = line.substr(0, line.find(','));
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  return error == std::errc() && end == line.data() + line.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::expected<Measured, std::string> read_hey_csv(std::string_view csv, unsigned requests) {
  if (!csv.starts_with("response-time,")) return std::unexpected("hey printed no table; is it rakyll's hey?");
  Measured measured;
  double first = 1e18, last = 0;
  csv.remove_prefix(std::min(csv.find('\n'), csv.size() - 1) + 1);
  while (!csv.empty()) {
    const std::string_view line = csv.substr(0, csv.find('\n'));
    csv.remove_prefix(std::min(line.size() + 1, csv.size()));
    const auto latency = column(line, kLatency), status = column(line, kStatus),
               offset = column(line, kOffset);
    if (!latency || !status || !offset) continue;
    if (*status != 200) continue;
    measured.latencies_s.push_back(*latency);
    first = std::min(first, *offset);
    last = std::max(last, *offset + *latency);
  }
  measured.failed = requests - std::min<uint64_t>(requests, measured.latencies_s.size());
  measured.seconds = measured.latencies_s.empty() ? 0 : last - first;
  return measured;
}

std::expected<Measured, std::string> run_hey(uint16_t port, unsigned requests, unsigned clients) {
  // hey rounds down to a multiple of its clients.
  requests = std::max(requests / clients, 1u) * clients;
  auto hey = Child::start({"hey", "-n", fmt::format("{}", requests), "-c", fmt::format("{}", clients), "-o",
                           "csv", fmt::format("http://127.0.0.1:{}/", port)},
                          Child::Output::Keep);
  if (!hey)
    return std::unexpected(
        hey.error().find("No such file") == std::string::npos
            ? hey.error()
            : "hey is not installed; on Debian: apt install hey. Or use --rate, which needs none");
  const auto code = hey->finish(std::chrono::minutes(10));
  if (!code) return std::unexpected("hey has not ended within ten minutes");
  if (*code != 0) return std::unexpected(fmt::format("hey failed: {}", hey->errors().substr(0, 200)));
  return read_hey_csv(hey->output(), requests);
}

}  // namespace loopscope::load
