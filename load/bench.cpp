// SPDX-License-Identifier: Apache-2.0
#include "load/bench.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "load/child.h"
#include "load/hey.h"
#include "load/poisson.h"
#include "load/sockets.h"
#include "load/traced.h"

namespace loopscope::load {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kStart{15'000}, kLook{20};
constexpr unsigned kMostTraced = 400;

struct Running {
  ServerPlan plan;
  uint16_t port = 0;
  Child child;
  std::unique_ptr<IdleConnections> idle = std::make_unique<IdleConnections>();

  Running(ServerPlan server, uint16_t at, Child running)
      : plan(std::move(server)), port(at), child(std::move(running)) {}
};

// Nanoseconds that the threads of a process, and of its children, have run (proc(5), schedstat).
double cpu_seconds(pid_t pid) {
  double total = 0;
  std::error_code error;
  for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    std::ifstream file(task.path() / "schedstat");
    double ns = 0;
    if (file >> ns) total += ns / 1e9;
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) total += cpu_seconds(child);
  }
  return total;
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

class Bench {
 public:
  Bench(const BenchOptions& options, std::string self, const Progress& progress)
      : options_(options), self_(std::move(self)), progress_(progress), loads_(plan_loads(options)) {}

  std::expected<BenchResult, std::string> run() {
    const auto plans = plan_servers(options_, fs::path(self_).parent_path());
    if (!plans) return std::unexpected(plans.error());
    result_.machine = this_machine();
    if (const auto allowed = allow_descriptors(descriptors_for(*plans)); !allowed)
      return std::unexpected(allowed.error());
    if (const auto ready = folder_for_traces(); !ready) return std::unexpected(ready.error());
    for (const ServerPlan& plan : *plans)
      if (const auto started = start(plan); !started) return std::unexpected(started.error());
    for (const Running& server : servers_)
      for (const LoadPlan& load : loads_) result_.rows.push_back(row_of(server.plan, load));
    if (const auto done = rounds(); !done) return std::unexpected(done.error());
    for (BenchRow& row : result_.rows) row.measured.finish();
    if (options_.trace) trace();
    return std::move(result_);
  }

 private:
  // For this process, which holds the idle connections of all servers; a server, which holds its own and
  // those of the load, needs less.
  [[nodiscard]] unsigned descriptors_for(const std::vector<ServerPlan>& plans) const {
    constexpr unsigned kOthers = 256;
    unsigned needed = kOthers;
    for (const ServerPlan& plan : plans) needed += plan.idle + 4;
    for (const LoadPlan& load : loads_) needed = std::max(needed, load.clients + kOthers);
    return needed;
  }

  [[nodiscard]] std::expected<void, std::string> folder_for_traces() const {
    std::error_code error;
    if (!options_.traces.empty()) fs::create_directories(options_.traces, error);
    if (!error) return {};
    return std::unexpected(fmt::format("{}: {}", options_.traces, error.message()));
  }

  std::expected<void, std::string> start(const ServerPlan& plan) {
    const auto wanted = uint16_t(options_.port ? options_.port + servers_.size() : 0);
    const auto port = free_port(wanted);
    if (!port) return std::unexpected(port.error());
    std::vector<std::string> command = plan.command;
    for (std::string& word : command)
      if (const size_t at = word.find("{port}"); at != word.npos)
        word.replace(at, 6, fmt::format("{}", *port));
    auto child = Child::start(command, Child::Output::Discard);
    if (!child) return std::unexpected(child.error());
    Running& server = servers_.emplace_back(plan, *port, std::move(*child));
    const auto until = std::chrono::steady_clock::now() + kStart;
    while (!accepts(server.port)) {
      if (!server.child.runs())
        return std::unexpected(
            fmt::format("{} ended before it listened: {}", plan.name, last_line(server.child.errors())));
      if (std::chrono::steady_clock::now() > until)
        return std::unexpected(fmt::format("{} does not listen on port {}", plan.name, server.port));
      usleep(useconds_t(kLook.count()) * 1000);
    }
    if (plan.idle == 0) return {};
    progress_(fmt::format("{} connections", plan.name));
    if (const auto opened = server.idle->open(server.port, plan.idle); !opened)
      return std::unexpected(fmt::format("{}: {}", plan.name, opened.error()));
    return {};
  }

  [[nodiscard]] BenchRow row_of(const ServerPlan& plan, const LoadPlan& load) const {
    BenchRow row;
    row.server = plan;
    row.load = load;
    if (!plan.workers) return row;
    const ServiceModel model{*plan.workers, options_.wait_ms / 1e3, options_.exponential};
    if (load.clients)
      row.theory_s = closed_latency_s(model, load.clients);
    else
      row.theory_s = open_latency_s(model, load.rate_per_s);
    return row;
  }

  static std::expected<Measured, std::string> put_under(const Running& server, const LoadPlan& load,
                                                        unsigned requests, unsigned round) {
    if (load.clients) return run_hey(server.port, requests, load.clients);
    return run_poisson({server.port, load.rate_per_s, requests, 1 + round});
  }

  std::expected<void, std::string> rounds() {
    std::vector<double> cpu(result_.rows.size());
    for (unsigned round = 0; round < options_.rounds; ++round)
      for (size_t l = 0; l < loads_.size(); ++l)
        for (size_t turn = 0; turn < servers_.size(); ++turn) {
          const size_t s = (turn + round) % servers_.size();  // who begins changes, too
          Running& server = servers_[s];
          BenchRow& row = result_.rows[s * loads_.size() + l];
          progress_(fmt::format("round {} of {}: {} at {}", round + 1, options_.rounds, server.plan.name,
                                row.load.name()));
          const double before = cpu_seconds(server.child.pid());
          auto measured = put_under(server, row.load, row.load.requests, round);
          if (!measured) return std::unexpected(measured.error());
          cpu[s * loads_.size() + l] += cpu_seconds(server.child.pid()) - before;
          if (!server.child.runs())
            return std::unexpected(
                fmt::format("{} ended under load: {}", server.plan.name, last_line(server.child.errors())));
          measured->finish();
          row.medians_s.push_back(measured->quantile(0.5));
          row.measured.add(*measured);
        }
    for (size_t i = 0; i < result_.rows.size(); ++i)
      if (const size_t answered = result_.rows[i].measured.latencies_s.size())
        result_.rows[i].cpu_per_request_s = cpu[i] / double(answered);
    return {};
  }

  void trace() {
    for (size_t s = 0; s < servers_.size(); ++s)
      for (size_t l = 0; l < loads_.size(); ++l) {
        BenchRow& row = result_.rows[s * loads_.size() + l];
        progress_(fmt::format("calls and wakeups: {} at {}", servers_[s].plan.name, row.load.name()));
        const auto load = [&] {
          return put_under(servers_[s], row.load, std::min(row.load.requests, kMostTraced), options_.rounds)
              .has_value();
        };
        const auto counted =
            count_per_request(self_, servers_[s].child.pid(), kept_at(servers_[s].plan, row.load), load);
        if (!counted) {
          result_.not_traced = counted.error();
          return;
        }
        row.calls = counted->calls;
        row.wakeups = counted->wakeups;
      }
  }

  // Where the recorded run is kept; empty: nowhere.
  [[nodiscard]] std::string kept_at(const ServerPlan& plan, const LoadPlan& load) const {
    if (options_.traces.empty()) return {};
    const std::string under =
        load.clients ? fmt::format("c{}", load.clients) : fmt::format("{:g}s", load.rate_per_s);
    return fmt::format("{}/{}-{}.loopscope.jsonl", options_.traces, plan.file, under);
  }

  const BenchOptions& options_;
  std::string self_;
  const Progress& progress_;
  std::vector<LoadPlan> loads_;
  std::vector<Running> servers_;
  BenchResult result_;
};

}  // namespace

std::expected<BenchResult, std::string> run_bench(const BenchOptions& options, const std::string& self,
                                                  const Progress& progress) {
  ::signal(SIGPIPE, SIG_IGN);
  return Bench(options, self, progress).run();
}

}  // namespace loopscope::load
