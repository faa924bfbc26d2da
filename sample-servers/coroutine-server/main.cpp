// SPDX-License-Identifier: Apache-2.0
// coroutine-server: epoll-server again, written as if every connection had a thread to itself.
//
// serve() below reads from top to bottom: receive, wait 20 ms, answer, send. But it is a coroutine: at each
// co_await it may leave, and the one thread goes on with another connection. What epoll-server keeps in a
// struct by hand, which state a connection is in and what to do when something becomes ready, the compiler
// keeps in the coroutine's frame. The system calls are the same: compare the two in `loopscope show`.
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "sample-servers/common/command_line.h"
#include "sample-servers/common/conversation.h"
#include "sample-servers/common/end_signals.h"
#include "sample-servers/common/event_log.h"
#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/page_pool.h"
#include "sample-servers/common/rate_limit.h"
#include "sample-servers/common/unique_fd.h"
#include "sample-servers/coroutine-server/reactor.h"
#include "sample-servers/coroutine-server/task.h"

namespace loopscope::sample_servers {
namespace {

constexpr int kMaxSteps = 64;  // of one connection before the others have their turn
constexpr auto kAcceptPause = std::chrono::milliseconds(50);
constexpr auto kLingerTime = std::chrono::seconds(1);

struct CoroutineServerOptions : ServerOptions {
  PoolOptions pool{};
};

// A page that the pool is making, and who waits for it.
struct Order {
  Waiter* waiter = nullptr;
  Response response{};
};

class CoroutineServer {
 public:
  explicit CoroutineServer(const CoroutineServerOptions& options)
      : options_(options),
        waits_(options.wait),
        rate_(options.rate_limit),
        pool_(options.pool, options.root) {}

  [[nodiscard]] std::expected<void, std::string> open();
  [[nodiscard]] std::expected<void, std::string> run() { return reactor_.run(); }

 private:
  Task<void> accept_all();
  Task<void> serve(UniqueFd socket);
  Task<std::optional<Response>> make(Page page, Readiness& client);
  Task<Response> make_in_pool(Page page);
  Task<void> hear_from_pool();
  Task<void> await_end();

  CoroutineServerOptions options_;
  EventLog log_;
  WaitTime waits_;
  RateLimit rate_;
  PagePool pool_;
  UniqueFd listener_;
  UniqueFd signals_;
  std::unordered_map<uint64_t, Order*> orders_;  // by ticket
  uint64_t next_ticket_ = 0;
  // For all connections: what was received is taken out before anybody else runs. One in each frame would
  // cost each idle connection 16 KiB.
  std::array<char, 16 * 1024> room_{};
  Reactor reactor_;  // last: what waits in it uses the rest
};

std::unexpected<std::string> failed(const char* what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

// ---- the calls, each tried first, and tried again when the descriptor is ready ----

// A connection, or the errno of accept4.
Task<std::expected<UniqueFd, int>> accept(Readiness& listener) {
  for (;;) {
    UniqueFd fd(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) co_return std::move(fd);
    if (errno != EAGAIN) co_return std::unexpected(errno);
    co_await listener.readable();
  }
}

// Bytes received, 0 at the end, -1 when the connection is broken or nothing came before the deadline.
Task<ssize_t> receive(Readiness& socket, std::span<char> room,
                      std::optional<ReactorClock::time_point> deadline = std::nullopt) {
  for (;;) {
    const ssize_t size = ::recv(socket.fd(), room.data(), room.size(), 0);
    if (size >= 0 || errno != EAGAIN) co_return size;
    if (!co_await socket.readable(deadline)) co_return -1;
  }
}

// Whether all was sent; false when nobody listens any more.
Task<bool> send_all(Readiness& socket, Conversation& http) {
  while (!http.unsent().empty()) {
    // Without MSG_NOSIGNAL a client that has gone would end the whole server by SIGPIPE.
    const ssize_t size = ::send(socket.fd(), http.unsent().data(), http.unsent().size(), MSG_NOSIGNAL);
    if (size >= 0) {
      http.sent(static_cast<size_t>(size));
    } else if (errno == EAGAIN) {
      co_await socket.writable();
    } else {
      co_return false;
    }
  }
  co_return true;
}

// Closing with unread input sends a reset, which can destroy the last answer before the client has read it.
Task<void> linger(Readiness& socket, std::span<char> room) {
  ::shutdown(socket.fd(), SHUT_WR);
  const auto deadline = ReactorClock::now() + kLingerTime;
  while (ReactorClock::now() < deadline && co_await receive(socket, room, deadline) > 0) {
  }
}

// ---- one connection, from its first byte to its end ----

Task<void> CoroutineServer::serve(UniqueFd fd) {
  Readiness socket(reactor_, fd.get());
  if (!socket.registered()) co_return;
  Conversation http;
  for (int step = 1;; ++step) {
    // A client who never lets us wait would never let anybody else go on.
    if (step % kMaxSteps == 0) co_await reactor_.yield();
    if (const auto page = http.next_request()) {
      auto response = co_await make(*page, socket);
      if (!response) co_return;
      http.answer(*response);
    }
    if (!co_await send_all(socket, http)) co_return;
    if (http.finished()) break;
    if (!http.idle()) continue;  // the next request may be here already
    const ssize_t size = co_await receive(socket, room_);
    if (size < 0) co_return;
    if (size > 0) http.receive({room_.data(), static_cast<size_t>(size)});
    if (size == 0) http.input_ended();
  }
  if (http.has_unread_input() && !http.client_shut()) co_await linger(socket, room_);
}

// Nothing when the client has gone meanwhile.
Task<std::optional<Response>> CoroutineServer::make(Page page, Readiness& client) {
  if (!rate_.admit()) co_return status_response(503);
  if (const auto wait = waits_.next(); wait.count() > 0)
    if (co_await client.broken(ReactorClock::now() + wait)) co_return std::nullopt;
  if (pool_.takes(page)) co_return co_await make_in_pool(page);
  co_return render(page, options_.root);  // while everybody else waits
}

Task<Response> CoroutineServer::make_in_pool(Page page) {
  const uint64_t ticket = next_ticket_++;
  if (!pool_.submit(ticket, page)) co_return status_response(503);  // better a quick no than a late yes
  Order order;
  orders_.emplace(ticket, &order);
  co_await reactor_.until_woken(&order.waiter);
  orders_.erase(ticket);
  co_return std::move(order.response);
}

// ---- the others that wait: for connections, for the pool, for the end ----

Task<void> CoroutineServer::accept_all() {
  Readiness listener(reactor_, listener_.get());
  for (int step = 1;; ++step) {
    auto fd = co_await accept(listener);
    if (fd) {
      reactor_.spawn(serve(std::move(*fd)));
    } else if (fd.error() == EMFILE || fd.error() == ENFILE || fd.error() == ENOBUFS ||
               fd.error() == ENOMEM) {
      log_.write("cannot accept, pausing", {{"fd", listener_.get()},
                                            {"error", std::strerror(fd.error())},
                                            {"pause_ms", kAcceptPause.count()}});
      co_await reactor_.sleep(kAcceptPause);
    }
    // Any other error belongs to that one connection (accept(2)): it was reset while it waited, for example.
    if (step % kMaxSteps == 0) co_await reactor_.yield();
  }
}

Task<void> CoroutineServer::hear_from_pool() {
  Readiness ready(reactor_, pool_.ready_fd());
  for (;;) {
    co_await ready.readable();
    for (PagePool::Done& done : pool_.take_done()) {
      Order& order = *orders_.at(done.ticket);
      order.response = std::move(done.response);
      reactor_.wake(*order.waiter);
    }
  }
}

Task<void> CoroutineServer::await_end() {
  Readiness signals(reactor_, signals_.get());
  co_await signals.readable();
  reactor_.stop();
}

std::expected<void, std::string> CoroutineServer::open() {
  auto log = EventLog::open(options_.log);
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  auto listener = listen_on(options_.listen);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  signals_ = open_end_signals();
  if (!signals_) return failed("signalfd");
  if (auto opened = reactor_.open(); !opened) return opened;
  if (auto started = pool_.start(); !started) return started;
  reactor_.spawn(accept_all());
  reactor_.spawn(await_end());
  if (pool_.ready_fd() >= 0) reactor_.spawn(hear_from_pool());
  fmt::print("coroutine-server: pid {} listens on {}, fd {}; epoll is fd {}\n", ::getpid(),
             local_address(listener_.get()), listener_.get(), reactor_.epoll_fd());
  std::fflush(stdout);
  return {};
}

}  // namespace
}  // namespace loopscope::sample_servers

int main(int argc, char** argv) {
  using namespace loopscope::sample_servers;
  CoroutineServerOptions options;
  options.listen.port = 8084;
  CommandLine line("coroutine-server", "One thread, one epoll loop, a coroutine for each connection.",
                   options);
  line.add(options.pool);
  if (const auto status = line.parse(argc, argv)) return *status;

  CoroutineServer server(options);
  auto result = server.open();
  if (result) result = server.run();
  if (result) return 0;
  fmt::print(stderr, "coroutine-server: {}\n", result.error());
  return 1;
}
