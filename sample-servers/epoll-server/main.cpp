// SPDX-License-Identifier: Apache-2.0
// epoll-server: one thread, one loop, any number of connections.
//
// The loop sleeps in epoll_wait until something it registered is ready, runs what became ready, and sleeps
// again. Nothing else here may sleep: not a read, not a write, and not the 20 ms that every request waits as
// if for a disk or a database. That wait is an entry in a list of timers, and the next timer is epoll_wait's
// timeout.
//
// Registered, level-triggered (epoll(7)): the listening socket, a signalfd, and every connection. What is
// left unread is reported again by the next epoll_wait, so one read per wakeup is enough, and fair to the
// others.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "sample-servers/common/http.h"
#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/options.h"
#include "sample-servers/common/pages.h"
#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {
namespace {

using Clock = std::chrono::steady_clock;
using Timers = std::multimap<Clock::time_point, int>;  // when, and the fd it concerns

constexpr int kMaxEvents = 64;
constexpr auto kAcceptPause = std::chrono::milliseconds(50);
constexpr auto kLingerTime = std::chrono::seconds(1);

// A connection is in one of these, and moves downwards; from Waiting it goes back to Reading for the next
// request.
enum class State {
  Reading,    // collecting the bytes of a request
  Waiting,    // the request at the front of `in` waits for its timer
  Lingering,  // all is answered and our side shut; reading on, because closing with unread input sends a
              // reset, which can destroy the answer before the client has read it
  Done,       // to be closed
};

struct Connection {
  UniqueFd fd;
  State state = State::Reading;
  std::string in{};            // received, not answered yet
  std::string out{};           // answered, not sent yet
  bool client_shut = false;    // the client has shut its side: no more input, but it may still read
  bool last_answer = false;    // close once `out` is sent
  uint32_t watched = EPOLLIN;  // what epoll was asked to report
  std::optional<Timers::iterator> timer{};
};

class EpollServer {
 public:
  explicit EpollServer(ServerOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::expected<void, std::string> open();
  [[nodiscard]] std::expected<void, std::string> run();  // until SIGINT or SIGTERM

 private:
  [[nodiscard]] bool watch_new(int fd);
  [[nodiscard]] int timeout_ms() const;
  void accept_new();
  void pause_accepting(int error);
  void on_event(Connection& connection, uint32_t events);
  void on_timer(int fd);
  void receive(Connection& connection);
  void serve(Connection& connection);
  void answer(Connection& connection, const Response& response, bool keep_alive, bool head_only);
  void send_out(Connection& connection);
  void start_timer(Connection& connection, Clock::duration delay);
  void settle(Connection& connection);

  ServerOptions options_;
  UniqueFd epoll_;
  UniqueFd listener_;
  UniqueFd signals_;
  Timers timers_;
  std::unordered_map<int, Connection> connections_;
};

std::string failed(const char* what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

// Readiness to end by a signal is one more descriptor to wait for. The signals are blocked, so they interrupt
// nothing.
UniqueFd open_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  if (::sigprocmask(SIG_BLOCK, &ending, nullptr) != 0) return {};
  return UniqueFd(::signalfd(-1, &ending, SFD_NONBLOCK | SFD_CLOEXEC));
}

std::expected<void, std::string> EpollServer::open() {
  auto listener = listen_on(options_.listen);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  signals_ = open_signals();
  if (!signals_) return std::unexpected(failed("signalfd"));
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return std::unexpected(failed("epoll_create1"));
  if (!watch_new(listener_.get()) || !watch_new(signals_.get())) return std::unexpected(failed("epoll_ctl"));
  fmt::print("epoll-server: pid {} listens on {}, fd {}; epoll is fd {}\n", ::getpid(),
             local_address(listener_.get()), listener_.get(), epoll_.get());
  std::fflush(stdout);
  return {};
}

// ---- the loop ----

std::expected<void, std::string> EpollServer::run() {
  std::array<epoll_event, kMaxEvents> ready{};
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), ready.data(), kMaxEvents, timeout_ms());
    // EINTR: stopped and continued, or traced; nothing was lost.
    if (count < 0 && errno != EINTR) return std::unexpected(failed("epoll_wait"));
    bool new_connections = false;
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<size_t>(i)].data.fd;
      if (fd == signals_.get()) return {};
      if (fd == listener_.get()) {
        new_connections = true;
      } else if (auto found = connections_.find(fd); found != connections_.end()) {
        on_event(found->second, ready[static_cast<size_t>(i)].events);
      }
    }
    // Accepting comes after the rest: it may give a new connection the number of one closed just above, and
    // an event further down the list would then be taken for the new one's.
    if (new_connections) accept_new();

    const auto now = Clock::now();
    while (!timers_.empty() && timers_.begin()->first <= now)
      on_timer(timers_.extract(timers_.begin()).mapped());
  }
}

// Rounded up: a timeout rounded down to 0 would spin through the last millisecond.
int EpollServer::timeout_ms() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

bool EpollServer::watch_new(int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
  event.data.fd = fd;  // comes back from epoll_wait as it is; any 64 bits would do
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// ---- new connections ----

void EpollServer::accept_new() {
  for (int i = 0; i < kMaxEvents; ++i) {  // not for ever: the connections we have want their turn too
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      const int number = fd.get();
      if (watch_new(number)) connections_.emplace(number, Connection{.fd = std::move(fd)});
    } else if (errno == EAGAIN) {
      return;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return pause_accepting(errno);
    }
    // Any other error belongs to that one connection (accept(2)): it was reset while it waited, for example.
  }
}

// Out of descriptors, the connection stays in the queue and the listening socket stays readable: epoll_wait
// would return at once, again and again, and the loop would burn a whole core. So we look away from it for a
// moment.
void EpollServer::pause_accepting(int error) {
  fmt::print(stderr, "epoll-server: cannot accept: {}; pausing for {} ms\n", std::strerror(error),
             kAcceptPause.count());
  epoll_event nothing{};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), &nothing);
  timers_.emplace(Clock::now() + kAcceptPause, listener_.get());
}

// ---- one connection: what it can be told, and what it does then ----

void EpollServer::on_event(Connection& connection, uint32_t events) {
  if (events & (EPOLLERR | EPOLLHUP))
    connection.state = State::Done;  // reset, or both sides shut: nobody listens
  if (connection.state != State::Done && events & EPOLLOUT) send_out(connection);
  if (connection.state != State::Done && events & EPOLLIN) receive(connection);
  serve(connection);
  settle(connection);
}

void EpollServer::on_timer(int fd) {
  if (fd == listener_.get()) {
    if (!watch_new(fd)) pause_accepting(errno);
    return;
  }
  Connection& connection = connections_.at(fd);
  connection.timer.reset();
  if (connection.state == State::Lingering) {
    connection.state = State::Done;
  } else {
    // Parsed a second time, because `in` may have grown, and moved, while the request waited.
    const auto request = parse_request(connection.in);
    answer(connection, page_for(*request, options_.root), request->keep_alive, request->method == "HEAD");
    connection.in.erase(0, request->size_bytes);
    serve(connection);
  }
  settle(connection);
}

void EpollServer::receive(Connection& connection) {
  std::array<char, 16 * 1024> piece;
  const ssize_t size = ::recv(connection.fd.get(), piece.data(), piece.size(), 0);
  if (size > 0) {
    if (connection.state != State::Lingering) connection.in.append(piece.data(), static_cast<size_t>(size));
  } else if (size == 0) {
    connection.client_shut = true;
    if (connection.state == State::Lingering) connection.state = State::Done;
  } else if (errno != EAGAIN && errno != EINTR) {
    connection.state = State::Done;
  }
}

// Begins the next request in `in`, if it is complete. An answer must be sent before the next request is
// begun: a client that sends without reading fills `in`, then its own socket, and has to wait (backpressure).
void EpollServer::serve(Connection& connection) {
  while (connection.state == State::Reading && connection.out.empty()) {
    const auto request = parse_request(connection.in);
    if (!request && request.error().incomplete) {
      if (connection.client_shut) connection.state = State::Done;
      return;
    }
    if (!request) {
      answer(connection, status_response(request.error().status), false, false);
    } else if (options_.wait.count() > 0) {
      connection.state = State::Waiting;
      start_timer(connection, options_.wait);
    } else {
      answer(connection, page_for(*request, options_.root), request->keep_alive, request->method == "HEAD");
      connection.in.erase(0, request->size_bytes);
    }
  }
}

void EpollServer::answer(Connection& connection, const Response& response, bool keep_alive, bool head_only) {
  connection.state = State::Reading;
  connection.last_answer = !keep_alive;
  write_response(response, keep_alive, head_only, connection.out);
  send_out(connection);
}

void EpollServer::send_out(Connection& connection) {
  // Without MSG_NOSIGNAL a client that has gone would end the whole server by SIGPIPE.
  const ssize_t sent =
      ::send(connection.fd.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    connection.state = State::Done;
    return;
  }
  connection.out.erase(0, static_cast<size_t>(std::max<ssize_t>(sent, 0)));
  if (!connection.out.empty() || !connection.last_answer) return;
  connection.state = connection.client_shut ? State::Done : State::Lingering;
  if (connection.state == State::Lingering) {
    ::shutdown(connection.fd.get(), SHUT_WR);
    start_timer(connection, kLingerTime);
  }
}

void EpollServer::start_timer(Connection& connection, Clock::duration delay) {
  connection.timer = timers_.emplace(Clock::now() + delay, connection.fd.get());
}

// The one place that tells epoll what a connection waits for now, and that closes it. Closing the last
// descriptor of a socket removes it from every interest list (epoll(7)), so there is no EPOLL_CTL_DEL.
void EpollServer::settle(Connection& connection) {
  const int fd = connection.fd.get();
  if (connection.state == State::Done) {
    if (connection.timer) timers_.erase(*connection.timer);
    connections_.erase(fd);
    return;
  }
  const bool room = connection.state == State::Lingering || connection.in.size() < kMaxRequestBytes;
  const uint32_t wanted =
      (room && !connection.client_shut ? EPOLLIN : 0u) | (connection.out.empty() ? 0u : EPOLLOUT);
  if (wanted == connection.watched) return;
  epoll_event event{.events = wanted, .data = {.u64 = 0}};
  event.data.fd = fd;
  // Cannot fail: it is registered, and MOD allocates nothing.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  connection.watched = wanted;
}

}  // namespace
}  // namespace loopscope::sample_servers

int main(int argc, char** argv) {
  using namespace loopscope::sample_servers;
  auto options = parse_options("epoll-server", "One thread, one level-triggered epoll loop.",
                               {.listen = {.port = 8082}}, argc, argv);
  if (!options) return options.error();
  EpollServer server(std::move(*options));
  auto result = server.open();
  if (result) result = server.run();
  if (result) return 0;
  fmt::print(stderr, "epoll-server: {}\n", result.error());
  return 1;
}
