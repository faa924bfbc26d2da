// SPDX-License-Identifier: Apache-2.0
// One thread, one epoll instance, any number of connections.
//
// The loop sleeps in epoll_wait until something it registered is ready, runs what became ready, and sleeps
// again. Nothing else here may sleep: not a read, not a write, and not the 20 ms that every request waits as
// if for a disk or a database. That wait is an entry in a list of timers, and the next timer is epoll_wait's
// timeout.
//
// Registered (epoll(7)): the listening socket, a signalfd, every connection, and the eventfd of a pool of
// threads when there is one. Level-triggered, what is left unread is reported again by the next epoll_wait,
// so one read a wakeup is enough, and fair to the others. With --edge-triggered epoll tells only of changes:
// a handler must read until EAGAIN, and remember what it has not read yet.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sample-servers/common/command_line.h"
#include "sample-servers/common/conversation.h"
#include "sample-servers/common/event_log.h"
#include "sample-servers/common/page_pool.h"
#include "sample-servers/common/rate_limit.h"
#include "sample-servers/common/unique_fd.h"
#include "sample-servers/epoll-server/faults.h"

namespace loopscope::sample_servers {

using Clock = std::chrono::steady_clock;
using Timers = std::multimap<Clock::time_point, int>;  // when, and the fd it concerns

struct EpollServerOptions : ServerOptions {
  bool edge_triggered = false;
  int workers = 1;
  std::string share = "reuseport";
  PoolOptions pool{};
  std::string bug = "none";
};

enum class State {
  Talking,    // receiving a request, or sending an answer
  Waiting,    // `page` waits for its timer
  Working,    // `page` is being made in the pool
  Lingering,  // our side is shut; reading on, lest what is unread at close destroys the last answer
  Done,       // to be closed
};

struct Connection {
  UniqueFd fd;
  uint32_t id = 0;  // tells it from an earlier connection of the same number
  State state = State::Talking;
  Conversation http{};
  Page page{};
  bool readable = false;  // a read may give something; edge-triggered, this is ours to remember
  bool writable = true;   // a write may take something
  uint32_t watched = 0;   // what epoll was asked to report
  std::optional<Timers::iterator> timer{};
};

class EpollLoop {
 public:
  EpollLoop(const EpollServerOptions& options, const EventLog& log)
      : options_(options),
        faults_(options.bug, log),
        log_(log),
        waits_(options.wait),
        rate_(options.rate_limit),
        pool_(options.pool, options.root) {}

  // Waits for connections on `listener` with `how` (EPOLLIN, EPOLLEXCLUSIVE …), and for `signals` to end.
  [[nodiscard]] std::expected<void, std::string> open(int listener, uint32_t how, int signals);
  [[nodiscard]] std::expected<void, std::string> run();  // until a signal to end
  [[nodiscard]] int epoll_fd() const { return epoll_.get(); }

 private:
  [[nodiscard]] bool watch(int fd, uint32_t events);
  [[nodiscard]] int timeout_ms() const;
  void dispatch(int fd, uint32_t events);
  void accept_new();
  void pause_accepting();
  void on_timer(int fd);
  void on_pool();
  void advance(Connection& connection);
  [[nodiscard]] bool receive(Connection& connection);
  [[nodiscard]] bool send_out(Connection& connection);
  [[nodiscard]] bool begin_next(Connection& connection);
  void begin(Connection& connection);
  void work(Connection& connection);
  void end(Connection& connection);
  void settle(Connection& connection);
  void close(Connection& connection);
  void start_timer(Connection& connection, Clock::duration delay);

  const EpollServerOptions& options_;
  Faults faults_;
  const EventLog& log_;
  WaitTime waits_;
  RateLimit rate_;
  PagePool pool_;
  UniqueFd epoll_;
  int listener_ = -1;
  uint32_t listener_events_ = 0;
  bool listener_ready_ = false;
  int signals_ = -1;
  Timers timers_;
  std::unordered_map<int, Connection> connections_;
  uint32_t next_id_ = 0;
  std::vector<int> unfinished_;  // used up their steps with more to do
};

}  // namespace loopscope::sample_servers
