// SPDX-License-Identifier: Apache-2.0
// poll-server: one thread, one loop, any number of connections; as one wrote it before there was epoll.
//
// The loop sleeps in poll until something is ready, runs what became ready, and sleeps again, as
// epoll-server's does, and nothing else here may sleep either. What differs is who remembers. epoll-server
// tells the kernel once what it waits for, and hears only of what is ready. poll(2) remembers nothing: each
// call hands the kernel the whole array, the kernel copies it, asks every descriptor in it, puts itself on
// every one's list of sleepers and off it again, and copies the array back, for the program to search. So a
// wakeup costs more the more connections there are, even if all but one are idle: O(n), where epoll's is
// O(ready). With 10 connections nobody could tell; with 10 000 (the "C10K problem", 1999) it is most of what
// the server does.
//
// In return the array is ours: to wait for something else is an assignment, not a system call.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sample-servers/common/command_line.h"
#include "sample-servers/common/conversation.h"
#include "sample-servers/common/end_signals.h"
#include "sample-servers/common/event_log.h"
#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/pages.h"
#include "sample-servers/common/rate_limit.h"
#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {
namespace {

using Clock = std::chrono::steady_clock;
using Timers = std::multimap<Clock::time_point, int>;  // when, and the fd it concerns

constexpr size_t kListenerSlot = 0;  // of the array that poll is given
constexpr size_t kSignalsSlot = 1;
constexpr size_t kFirstConnectionSlot = 2;
constexpr int kMaxAccepts = 64;  // in one wakeup
constexpr int kMaxSteps = 64;    // of one connection in one wakeup
constexpr auto kAcceptPause = std::chrono::milliseconds(50);
constexpr auto kLingerTime = std::chrono::seconds(1);

enum class State {
  Talking,    // receiving a request, or sending an answer
  Waiting,    // `page` waits for its timer
  Lingering,  // our side is shut; reading on, lest what is unread at close destroys the last answer
  Done,       // to be closed
};

struct Connection {
  UniqueFd fd;
  size_t slot = 0;  // of the array
  State state = State::Talking;
  Conversation http{};
  Page page{};
  bool readable = false;  // a read gives something
  bool writable = true;   // a write may take something
  std::optional<Timers::iterator> timer{};
};

class PollServer {
 public:
  explicit PollServer(ServerOptions options)
      : options_(std::move(options)), waits_(options_.wait), rate_(options_.rate_limit) {}
  [[nodiscard]] std::expected<void, std::string> open();
  [[nodiscard]] std::expected<void, std::string> run();  // until a signal to end

 private:
  [[nodiscard]] int timeout_ms() const;
  void dispatch_ready(int count);
  void dispatch(Connection& connection, short events);
  void accept_new();
  void pause_accepting();
  void on_timer(int fd);
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

  ServerOptions options_;
  EventLog log_;
  WaitTime waits_;
  RateLimit rate_;
  UniqueFd signals_;
  UniqueFd listener_;
  std::vector<pollfd> polled_;  // the array: listener, signals, then one for each connection
  Timers timers_;
  std::unordered_map<int, Connection> connections_;
  std::vector<int> unfinished_;  // used up their steps with more to do
};

std::unexpected<std::string> failed(const char* what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::expected<void, std::string> PollServer::open() {
  auto log = EventLog::open(options_.log);
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  signals_ = open_end_signals();
  if (!signals_) return failed("signalfd");
  auto listener = listen_on(options_.listen);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  polled_ = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
             {.fd = signals_.get(), .events = POLLIN, .revents = 0}};
  fmt::print("poll-server: pid {} listens on {}, fd {}\n", ::getpid(), local_address(listener_.get()),
             listener_.get());
  std::fflush(stdout);
  return {};
}

// ---- the loop ----

std::expected<void, std::string> PollServer::run() {
  for (;;) {
    const int count = ::poll(polled_.data(), polled_.size(), timeout_ms());
    // EINTR: stopped and continued, or traced; nothing was lost, but nothing was written to the array either.
    if (count < 0 && errno != EINTR) return failed("poll");
    if (count > 0) {
      if (polled_[kSignalsSlot].revents != 0) return {};
      dispatch_ready(count);
    }
    for (const int fd : std::exchange(unfinished_, {}))
      if (auto found = connections_.find(fd); found != connections_.end()) advance(found->second);
    // After the rest, as it makes the array longer.
    if (count > 0 && polled_[kListenerSlot].revents != 0) accept_new();

    const auto now = Clock::now();
    while (!timers_.empty() && timers_.begin()->first <= now)
      on_timer(timers_.extract(timers_.begin()).mapped());
  }
}

// Rounded up: a timeout rounded down to 0 would spin through the last millisecond.
int PollServer::timeout_ms() const {
  if (!unfinished_.empty()) return 0;
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

// Which ones are ready stands somewhere in the array: poll says only how many. From the back, because closing
// one moves the last into its place.
void PollServer::dispatch_ready(int count) {
  for (size_t slot = polled_.size(); slot-- > kFirstConnectionSlot && count > 0;) {
    const pollfd& polled = polled_[slot];
    if (polled.revents == 0) continue;
    --count;
    dispatch(connections_.at(polled.fd), polled.revents);
  }
}

void PollServer::dispatch(Connection& connection, short events) {
  if (events & (POLLERR | POLLHUP))
    connection.state = State::Done;  // reset, or both sides shut: nobody listens
  if (events & POLLIN) connection.readable = true;
  if (events & POLLOUT) connection.writable = true;
  advance(connection);
}

// ---- new connections ----

void PollServer::accept_new() {
  for (int i = 0; i < kMaxAccepts; ++i) {  // not for ever: the connections we have want their turn too
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      const int number = fd.get();
      connections_.emplace(number, Connection{.fd = std::move(fd), .slot = polled_.size()});
      polled_.push_back({.fd = number, .events = POLLIN, .revents = 0});
    } else if (errno == EAGAIN) {
      return;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return pause_accepting();
    }
    // Any other error belongs to that one connection (accept(2)): it was reset while it waited, for example.
  }
}

// Out of descriptors, the connection stays in the queue and the listening socket stays readable: poll would
// return at once, again and again, and the loop would burn a whole core. So we look away from it for a
// moment.
void PollServer::pause_accepting() {
  log_.write("cannot accept, pausing",
             {{"fd", listener_.get()}, {"error", std::strerror(errno)}, {"pause_ms", kAcceptPause.count()}});
  polled_[kListenerSlot].fd = -1;  // poll skips what is negative
  polled_[kListenerSlot].revents = 0;
  timers_.emplace(Clock::now() + kAcceptPause, listener_.get());
}

void PollServer::on_timer(int fd) {
  if (fd == listener_.get()) {
    polled_[kListenerSlot].fd = fd;
    return;
  }
  Connection& connection = connections_.at(fd);
  connection.timer.reset();
  if (connection.state == State::Lingering) {
    connection.state = State::Done;
  } else {
    work(connection);
  }
  advance(connection);
}

// ---- one connection ----

// Does what can be done without waiting, and leaves in the array what to wait for.
void PollServer::advance(Connection& connection) {
  int steps = 0;
  while (connection.state != State::Done &&
         (receive(connection) || send_out(connection) || begin_next(connection))) {
    if (++steps < kMaxSteps) continue;
    unfinished_.push_back(connection.fd.get());  // the others' turn
    break;
  }
  settle(connection);
}

// Each of the next three takes one step, or says that there is none to take.
bool PollServer::receive(Connection& connection) {
  if (!connection.readable || (!connection.http.wants_input() && connection.state != State::Lingering))
    return false;
  std::array<char, 16 * 1024> piece;
  const ssize_t size = ::recv(connection.fd.get(), piece.data(), piece.size(), 0);
  if (size > 0) {
    connection.http.receive({piece.data(), static_cast<size_t>(size)});
  } else if (size == 0) {
    connection.http.input_ended();
    if (connection.state == State::Lingering) connection.state = State::Done;
  } else if (errno != EAGAIN && errno != EINTR) {
    connection.state = State::Done;
  }
  connection.readable = false;  // once a wakeup: poll will tell us when there is more
  return true;
}

bool PollServer::send_out(Connection& connection) {
  const std::string_view unsent = connection.http.unsent();
  if (!connection.writable || unsent.empty()) return false;
  // Without MSG_NOSIGNAL a client that has gone would end the whole server by SIGPIPE.
  const ssize_t size = ::send(connection.fd.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
  if (size >= 0) connection.http.sent(static_cast<size_t>(size));
  if (size < 0 && errno != EAGAIN && errno != EINTR) connection.state = State::Done;
  connection.writable = size == static_cast<ssize_t>(unsent.size());
  return true;
}

bool PollServer::begin_next(Connection& connection) {
  if (connection.state != State::Talking) return false;
  if (const auto page = connection.http.next_request()) {
    connection.page = *page;
    begin(connection);
    return true;
  }
  if (connection.http.finished()) {
    end(connection);
    return true;
  }
  return connection.writable && !connection.http.unsent().empty();  // it was refused
}

void PollServer::begin(Connection& connection) {
  if (!rate_.admit()) {
    connection.http.answer(status_response(503));
  } else if (const auto wait = waits_.next(); wait.count() > 0) {
    connection.state = State::Waiting;
    start_timer(connection, wait);
  } else {
    work(connection);
  }
}

void PollServer::work(Connection& connection) {
  connection.state = State::Talking;
  connection.http.answer(render(connection.page, options_.root));
}

void PollServer::end(Connection& connection) {
  connection.state = State::Done;
  if (!connection.http.has_unread_input() || connection.http.client_shut()) return;
  connection.state = State::Lingering;
  ::shutdown(connection.fd.get(), SHUT_WR);
  start_timer(connection, kLingerTime);
}

void PollServer::start_timer(Connection& connection, Clock::duration delay) {
  connection.timer = timers_.emplace(Clock::now() + delay, connection.fd.get());
}

// The one place that says what a connection waits for now, and that closes it.
void PollServer::settle(Connection& connection) {
  if (connection.state == State::Done) return close(connection);
  const bool read = (connection.http.wants_input() || connection.state == State::Lingering) &&
                    !connection.http.client_shut();
  const bool write = !connection.http.unsent().empty();
  polled_[connection.slot].events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
}

void PollServer::close(Connection& connection) {
  if (connection.timer) timers_.erase(*connection.timer);
  // The last of the array takes the free place.
  polled_[connection.slot] = polled_.back();
  connections_.at(polled_.back().fd).slot = connection.slot;
  polled_.pop_back();
  connections_.erase(connection.fd.get());
}

}  // namespace
}  // namespace loopscope::sample_servers

int main(int argc, char** argv) {
  using namespace loopscope::sample_servers;
  ServerOptions options;
  options.listen.port = 8083;
  CommandLine line("poll-server", "One thread, one poll loop, any number of connections.", options);
  if (const auto status = line.parse(argc, argv)) return *status;

  PollServer server(options);
  auto result = server.open();
  if (result) result = server.run();
  if (result) return 0;
  fmt::print(stderr, "poll-server: {}\n", result.error());
  return 1;
}
