// SPDX-License-Identifier: Apache-2.0
// epoll-server: one thread, one loop, any number of connections. The loop is epoll_loop.cpp; here it is
// started, once or several times.
//
// With --workers N each of N threads has such a loop of its own. What they share is the listening socket, or
// not even that (--share).
#include <fmt/format.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sample-servers/common/command_line.h"
#include "sample-servers/common/end_signals.h"
#include "sample-servers/common/event_log.h"
#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/unique_fd.h"
#include "sample-servers/epoll-server/epoll_loop.h"
#include "sample-servers/epoll-server/faults.h"

namespace loopscope::sample_servers {
namespace {

class EpollServer {
 public:
  explicit EpollServer(EpollServerOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::expected<void, std::string> open();
  [[nodiscard]] std::expected<void, std::string> run();

 private:
  EpollServerOptions options_;
  EventLog log_;
  UniqueFd signals_;
  std::vector<UniqueFd> listeners_;
  std::vector<std::unique_ptr<EpollLoop>> loops_;
};

// --share reuseport: a listening socket each; the kernel picks one for each new connection. exclusive: one
// socket that all register, and for a connection epoll wakes one of the sleepers (EPOLLEXCLUSIVE). herd:
// epoll wakes all, one gets the connection, and the rest were woken for nothing.
std::expected<void, std::string> EpollServer::open() {
  auto log = EventLog::open(options_.log);
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  signals_ = open_end_signals();
  if (!signals_) return std::unexpected(fmt::format("signalfd: {}", std::strerror(errno)));
  const bool several = options_.workers > 1 && options_.share == "reuseport";
  options_.listen.reuse_port = several;
  for (int i = 0; i < options_.workers; ++i) {
    if (i == 0 || several) {
      auto listener = listen_on(options_.listen);
      if (!listener) return std::unexpected(listener.error());
      listeners_.push_back(std::move(*listener));
      options_.listen.port = local_port(listeners_.back().get());
    }
    const int listener = listeners_.back().get();
    loops_.push_back(std::make_unique<EpollLoop>(options_, log_));
    const uint32_t how = options_.share == "exclusive" ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN;
    if (auto opened = loops_.back()->open(listener, how, signals_.get()); !opened) return opened;
    fmt::print("epoll-server: pid {} listens on {}, fd {}; epoll is fd {}\n", ::getpid(),
               local_address(listener), listener, loops_.back()->epoll_fd());
  }
  std::fflush(stdout);
  return {};
}

std::expected<void, std::string> EpollServer::run() {
  std::vector<std::expected<void, std::string>> results(loops_.size());
  {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < loops_.size(); ++i)
      threads.emplace_back([this, i, &results] { results[i] = loops_[i]->run(); });
    results[0] = loops_[0]->run();
  }
  for (auto& result : results)
    if (!result) return result;
  return {};
}

}  // namespace
}  // namespace loopscope::sample_servers

int main(int argc, char** argv) {
  using namespace loopscope::sample_servers;
  EpollServerOptions options;
  options.listen.port = 8082;
  CommandLine line("epoll-server", "One thread, one epoll loop, any number of connections.", options);
  line.flag("--edge-triggered", options.edge_triggered, "register with EPOLLET: be told of changes only");
  line.number("--workers", options.workers, 1, 256, "threads, each with a loop of its own");
  line.choice("--share", options.share, {"reuseport", "exclusive", "herd"},
              "a listening socket for each worker, or one for all, with EPOLLEXCLUSIVE or without");
  line.add(options.pool);
  line.choice("--bug", options.bug, Faults::names(), "a fault on purpose");
  if (const auto status = line.parse(argc, argv)) return *status;
  Faults::arrange(options.bug, options.edge_triggered, options.workers, options.share);

  EpollServer server(options);
  auto result = server.open();
  if (result) result = server.run();
  if (result) return 0;
  fmt::print(stderr, "epoll-server: {}\n", result.error());
  return 1;
}
