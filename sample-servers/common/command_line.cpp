// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "sample-servers/common/pages.h"

namespace loopscope::sample_servers {

CommandLine::CommandLine(const std::string& program, const std::string& summary, ServerOptions& options)
    : app_(std::make_unique<CLI::App>(summary, program)) {
  if (options.root.empty()) options.root = program_folder();
  app_->get_formatter()->column_width(28);
  app_->option_defaults()->always_capture_default();
  app_->add_option("--port", options.listen.port, "port to listen on; 0: the kernel picks one")
      ->check(CLI::Range(0, 65'535));
  app_->add_option("--address", options.listen.address, "IPv4 or IPv6 address to listen on");
  number("--backlog", options.listen.backlog, 0, 65'535, "connections that may wait to be accepted");
  number("--wait-ms", options.wait.mean_ms, 0, 60'000,
         "what every request waits for, as if for a disk or a database; 0: nothing");
  app_->add_option_function<std::string>(
          "--wait-dist", [&options](const std::string& name) { options.wait.exponential = name == "exp"; },
          "whether each waits as long, or --wait-ms is the mean of exponentially distributed waits")
      ->check(CLI::IsMember({"fixed", "exp"}))
      ->default_str("fixed");
  number("--rate-limit", options.rate_limit, 0, 1'000'000,
         "requests a second that are served; those above are answered 503; 0: no limit");
  app_->add_option("--root", options.root, "where balloons.txt is");
  app_->add_option("--log", options.log, "where to add JSON lines about what happens; -: standard error");
}

CommandLine::~CommandLine() = default;

void CommandLine::flag(const std::string& name, bool& value, const std::string& help) {
  app_->add_flag(name, value, help);
}

void CommandLine::number(const std::string& name, int& value, int least, int most, const std::string& help) {
  app_->add_option(name, value, help)->check(CLI::Range(least, most));
}

void CommandLine::choice(const std::string& name, std::string& value, const std::vector<std::string>& choices,
                         const std::string& help) {
  app_->add_option(name, value, help)->check(CLI::IsMember(choices));
}

void CommandLine::add(PoolOptions& options) {
  flag("--offload", options.offload, "compute /cpu in a pool of threads, not on the loop");
  flag("--hand-over", options.hand_over, "open /balloons in a pool of threads, not on the loop");
  number("--threads", options.threads, 1, 256, "threads of the pool");
  number("--queue", options.queue, 1, 1'000'000,
         "requests that may wait for the pool; the next is answered 503");
}

std::optional<int> CommandLine::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp& help) {
    return app_->exit(help);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {}; see --help\n", app_->get_name(), error.what());
    return 2;
  }
}

}  // namespace loopscope::sample_servers
