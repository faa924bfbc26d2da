// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/options.h"

#include <fmt/format.h>
#include <getopt.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

namespace loopscope::sample_servers {
namespace {

constexpr auto kOptions = std::to_array<option>({{"port", required_argument, nullptr, 'p'},
                                                 {"address", required_argument, nullptr, 'a'},
                                                 {"backlog", required_argument, nullptr, 'b'},
                                                 {"wait-ms", required_argument, nullptr, 'w'},
                                                 {"root", required_argument, nullptr, 'r'},
                                                 {"help", no_argument, nullptr, 'h'},
                                                 {nullptr, 0, nullptr, 0}});

void print_help(const char* program, const char* summary, const ServerOptions& defaults) {
  fmt::print(
      "usage: {} [OPTION]...\n"
      "{} / is a page, /balloons a file.\n\n"
      "  --port N       port to listen on ({}; 0: the kernel picks one)\n"
      "  --address A    IPv4 or IPv6 address to listen on ({})\n"
      "  --backlog N    connections that may wait to be accepted ({})\n"
      "  --wait-ms N    what every request waits for, in ms ({}; 0: nothing)\n"
      "  --root DIR     where balloons.txt is (beside the program)\n"
      "  --help\n",
      program, summary, defaults.listen.port, defaults.listen.address, defaults.listen.backlog,
      defaults.wait.count());
}

// The number, or nothing when the text is none from 0 to `most`.
std::expected<int, std::string> number(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || end != text.end() || value < 0 || value > most)
    return std::unexpected(fmt::format("'{}' is no number from 0 to {}", text, most));
  return value;
}

std::expected<void, std::string> apply(int letter, const char* value, ServerOptions& options) {
  if (letter == 'a') options.listen.address = value;
  if (letter == 'r') options.root = value;
  if (letter == 'a' || letter == 'r') return {};
  const auto count = number(value, letter == 'w' ? 60'000 : 65'535);
  if (!count) return std::unexpected(count.error());
  if (letter == 'p') options.listen.port = static_cast<uint16_t>(*count);
  if (letter == 'b') options.listen.backlog = *count;
  if (letter == 'w') options.wait = std::chrono::milliseconds(*count);
  return {};
}

}  // namespace

std::expected<ServerOptions, int> parse_options(const char* program, const char* summary,
                                                ServerOptions defaults, int argc, char** argv) {
  ServerOptions options = defaults;
  int index = 0;
  for (int letter = 0; (letter = ::getopt_long(argc, argv, "", kOptions.data(), &index)) != -1;) {
    if (letter == 'h') {
      print_help(program, summary, defaults);
      return std::unexpected(0);
    }
    if (letter == '?') return std::unexpected(2);  // getopt has said what is wrong
    if (auto applied = apply(letter, optarg, options); !applied) {
      fmt::print(stderr, "{}: --{}: {}\n", program, kOptions[static_cast<size_t>(index)].name,
                 applied.error());
      return std::unexpected(2);
    }
  }
  if (optind < argc) {
    fmt::print(stderr, "{}: '{}' is no option; see --help\n", program, argv[optind]);
    return std::unexpected(2);
  }
  return options;
}

}  // namespace loopscope::sample_servers
