// SPDX-License-Identifier: Apache-2.0
#include "load/plan.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace loopscope::load {
namespace {

struct Model {
  std::string_view letter, name, title, program;
  unsigned workers;
};

constexpr std::array<Model, 7> kModels{{{"A", "blocking", "A one at a time", "blocking-server", 1},
                                        {"B", "pool", "B pool of 8", "threadpool-server", 8},
                                        {"C", "async", "C one loop", "epoll-server", 0},
                                        {"", "poll", "poll", "poll-server", 0},
                                        {"", "epoll", "epoll", "epoll-server", 0},
                                        {"", "coroutine", "coroutines", "coroutine-server", 0},
                                        {"", "io_uring", "io_uring", "io-uring-server", 0}}};

std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool any = false;
  for (const char c : command) {
    if (quote) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      any = true;
    } else if (c == ' ' || c == '\t') {
      if (any || !word.empty()) words.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
    }
  }
  if (any || !word.empty()) words.push_back(std::move(word));
  return words;
}

std::expected<ServerPlan, std::string> plan_command(const std::string& command) {
  ServerPlan plan{command, {}, words_of(command), std::nullopt};
  if (plan.command.empty()) return std::unexpected("--exec takes a command");
  if (command.find("{port}") == command.npos)
    return std::unexpected(fmt::format(
        "--exec '{}' does not say where the port goes: write {{port}} there, as in 'python3 app.py {{port}}'",
        command));
  return plan;
}

std::expected<ServerPlan, std::string> plan_model(const std::string& wanted, const BenchOptions& options,
                                                  const std::string& folder) {
  const auto model = std::ranges::find_if(
      kModels, [&](const Model& m) { return wanted == m.name || (wanted == m.letter && !wanted.empty()); });
  if (model == kModels.end())
    return std::unexpected(fmt::format(
        "'{}' is not a server model; there are A, B, C, poll, epoll, coroutine and io_uring", wanted));
  ServerPlan plan{std::string(model->title), std::string(model->program), {}, model->workers};
  const std::string program = folder + "/" + std::string(model->program);
  if (access(program.c_str(), X_OK) != 0)
    return std::unexpected(fmt::format(
        "{} is not beside loopscope ({}); build it, or name servers with --exec", model->program, folder));
  plan.command = {program,
                  "--port",
                  "{port}",
                  "--wait-ms",
                  fmt::format("{}", options.wait_ms),
                  "--wait-dist",
                  options.exponential ? "exp" : "fixed"};
  if (model->workers > 1)
    plan.command.insert(plan.command.end(),
                        {"--threads", fmt::format("{}", model->workers), "--queue", "10000"});
  return plan;
}

// Each number of idle connections is a server of its own: they would disturb what is measured without them.
std::vector<ServerPlan> with_idle(std::vector<ServerPlan> plans, const std::vector<unsigned>& numbers) {
  if (numbers.empty()) return plans;
  std::vector<ServerPlan> all;
  for (const ServerPlan& plan : plans)
    for (const unsigned idle : numbers) {
      ServerPlan& variant = all.emplace_back(plan);
      variant.idle = idle;
      if (numbers.size() == 1) continue;
      variant.name += fmt::format(", {} idle", idle);
      variant.file += fmt::format("-idle{}", idle);
    }
  return all;
}

}  // namespace

std::string LoadPlan::name() const {
  return clients ? fmt::format("c={}", clients) : fmt::format("{:g}/s", rate_per_s);
}

std::expected<std::vector<ServerPlan>, std::string> plan_servers(const BenchOptions& options,
                                                                 const std::string& folder) {
  std::vector<ServerPlan> plans;
  std::vector<std::string> models = options.models;
  if (models.empty() && options.commands.empty())
    models = options.idle.empty() ? std::vector<std::string>{"A", "B", "C"}
                                  : std::vector<std::string>{"poll", "epoll"};
  for (const std::string& model : models) {
    auto plan = plan_model(model, options, folder);
    if (!plan) return std::unexpected(plan.error());
    if (options.backlogs.empty()) plans.push_back(std::move(*plan));
    for (const unsigned backlog : options.backlogs) {
      ServerPlan& variant = plans.emplace_back(*plan);
      variant.name += fmt::format(", backlog {}", backlog);
      variant.file += fmt::format("-backlog{}", backlog);
      variant.command.insert(variant.command.end(), {"--backlog", fmt::format("{}", backlog)});
    }
  }
  for (const std::string& command : options.commands) {
    auto plan = plan_command(command);
    if (!plan) return std::unexpected(plan.error());
    plan->file = fmt::format("exec-{}", &command - options.commands.data() + 1);
    plans.push_back(std::move(*plan));
  }
  return with_idle(std::move(plans), options.idle);
}

std::vector<LoadPlan> plan_loads(const BenchOptions& options) {
  std::vector<LoadPlan> loads;
  loads.reserve(options.concurrency.size() + options.rates.size() + 2);
  std::vector<unsigned> concurrency = options.concurrency;
  if (concurrency.empty() && options.rates.empty()) concurrency = {4, 16};
  constexpr unsigned kClosed = 200;
  constexpr double kOpenSeconds = 20;
  const auto requests = [&](unsigned otherwise) { return options.requests ? options.requests : otherwise; };
  for (const unsigned clients : concurrency)
    loads.push_back({clients, 0, std::max(requests(kClosed), clients)});
  for (const double rate : options.rates)
    loads.push_back({0, rate, requests(unsigned(std::clamp(rate * kOpenSeconds, 20.0, 1e6)))});
  return loads;
}

}  // namespace loopscope::load
