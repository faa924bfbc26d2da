// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/epoll-server/epoll_loop.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace loopscope::sample_servers {
namespace {

constexpr int kMaxEvents = 64;
constexpr int kMaxSteps = 64;  // of one connection in one wakeup
constexpr auto kAcceptPause = std::chrono::milliseconds(50);
constexpr auto kLingerTime = std::chrono::seconds(1);

std::unexpected<std::string> failed(const char* what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

std::expected<void, std::string> EpollLoop::open(int listener, uint32_t how, int signals) {
  listener_ = listener;
  listener_events_ = how | (options_.edge_triggered ? EPOLLET : 0u);
  signals_ = signals;
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return failed("epoll_create1");
  if (auto started = pool_.start(); !started) return started;
  if (!watch(listener_, listener_events_) || !watch(signals_, EPOLLIN)) return failed("epoll_ctl");
  if (pool_.ready_fd() >= 0 && !watch(pool_.ready_fd(), EPOLLIN)) return failed("epoll_ctl");
  return {};
}

bool EpollLoop::watch(int fd, uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = 0}};
  event.data.fd = fd;  // comes back from epoll_wait as it is; any 64 bits would do
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// ---- the loop ----

std::expected<void, std::string> EpollLoop::run() {
  std::array<epoll_event, kMaxEvents> ready{};
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), ready.data(), kMaxEvents, timeout_ms());
    // EINTR: stopped and continued, or traced; nothing was lost.
    if (count < 0 && errno != EINTR) return failed("epoll_wait");
    for (const epoll_event& event : std::span(ready).first(static_cast<size_t>(std::max(count, 0)))) {
      if (event.data.fd == signals_) return {};
      dispatch(event.data.fd, event.events);
    }
    for (const int fd : std::exchange(unfinished_, {})) dispatch(fd, 0);
    // Accepting comes after the rest: it may give a new connection the number of one closed just above, and
    // an event further down the list would then be taken for the new one's.
    if (listener_ready_) accept_new();

    const auto now = Clock::now();
    while (!timers_.empty() && timers_.begin()->first <= now)
      on_timer(timers_.extract(timers_.begin()).mapped());
  }
}

// Rounded up: a timeout rounded down to 0 would spin through the last millisecond.
int EpollLoop::timeout_ms() const {
  if (listener_ready_ || !unfinished_.empty() || faults_.are(Fault::BusyPoll)) return 0;
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

void EpollLoop::dispatch(int fd, uint32_t events) {
  if (fd == listener_) {
    listener_ready_ = true;
  } else if (fd == pool_.ready_fd()) {
    on_pool();
  } else if (auto found = connections_.find(fd); found != connections_.end()) {
    Connection& connection = found->second;
    if (events & (EPOLLERR | EPOLLHUP))
      connection.state = State::Done;  // reset, or both sides shut: nobody listens
    if (events & (EPOLLIN | EPOLLRDHUP)) connection.readable = true;
    if (events & EPOLLOUT) connection.writable = true;
    faults_.on_event(fd, events, connection.http.unsent().empty());
    advance(connection);
  } else if (events != 0) {
    faults_.on_event_for_closed(fd);
  }
}

// ---- new connections ----

void EpollLoop::accept_new() {
  for (int i = 0; i < kMaxEvents; ++i) {  // not for ever: the connections we have want their turn too
    UniqueFd fd(::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      const int number = fd.get();
      Connection connection{.fd = std::move(fd), .id = next_id_++};
      connection.watched = options_.edge_triggered ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET : EPOLLIN;
      if (watch(number, connection.watched)) connections_.emplace(number, std::move(connection));
    } else if (errno == EAGAIN) {
      if (i == 0) faults_.on_nothing_to_accept(listener_);
      listener_ready_ = false;
      return;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      listener_ready_ = false;
      if (!faults_.on_accept_failed(listener_, errno)) pause_accepting();
      return;
    }
    // Any other error belongs to that one connection (accept(2)): it was reset while it waited, for example.
  }
  listener_ready_ = options_.edge_triggered;  // level-triggered, epoll tells us again
}

// Out of descriptors, the connection stays in the queue and the listening socket stays readable: epoll_wait
// would return at once, again and again, and the loop would burn a whole core. So we look away from it for a
// moment.
void EpollLoop::pause_accepting() {
  log_.write("cannot accept, pausing",
             {{"fd", listener_}, {"error", std::strerror(errno)}, {"pause_ms", kAcceptPause.count()}});
  epoll_event nothing{};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_, &nothing);
  timers_.emplace(Clock::now() + kAcceptPause, listener_);
}

void EpollLoop::on_timer(int fd) {
  if (fd == listener_) {
    if (!watch(fd, listener_events_)) pause_accepting();  // added anew, an edge is reported, too
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

void EpollLoop::on_pool() {
  for (PagePool::Done& done : pool_.take_done()) {
    const auto found = connections_.find(static_cast<int>(done.ticket & 0xffff'ffff));
    // The client may have gone meanwhile, and another come with its number.
    if (found == connections_.end() || found->second.id != done.ticket >> 32) continue;
    found->second.state = State::Talking;
    found->second.http.answer(done.response);
    advance(found->second);
  }
}

// ---- one connection ----

// Does what can be done without waiting, and asks epoll for the rest.
void EpollLoop::advance(Connection& connection) {
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
bool EpollLoop::receive(Connection& connection) {
  if (!connection.readable || (!connection.http.wants_input() && connection.state != State::Lingering))
    return false;
  std::array<char, 16 * 1024> piece;
  const size_t room = faults_.are(Fault::EtNoDrain) ? 64 : piece.size();
  const ssize_t size = ::recv(connection.fd.get(), piece.data(), room, 0);
  if (size > 0) {
    connection.http.receive({piece.data(), static_cast<size_t>(size)});
  } else if (size == 0) {
    connection.http.input_ended();
    if (connection.state == State::Lingering) connection.state = State::Done;
  } else if (errno != EAGAIN && errno != EINTR) {
    connection.state = State::Done;
  }
  // Level-triggered, epoll will tell us when there is more. Edge-triggered, only EAGAIN says that there is
  // none.
  connection.readable = options_.edge_triggered && size > 0 && !faults_.on_read(connection.fd.get());
  return true;
}

bool EpollLoop::send_out(Connection& connection) {
  const std::string_view unsent = connection.http.unsent();
  if (!connection.writable || unsent.empty()) return false;
  // Without MSG_NOSIGNAL a client that has gone would end the whole server by SIGPIPE.
  const ssize_t size = ::send(connection.fd.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
  if (size >= 0) connection.http.sent(static_cast<size_t>(size));
  if (size < 0 && errno != EAGAIN && errno != EINTR) connection.state = State::Done;
  connection.writable = size == static_cast<ssize_t>(unsent.size());
  return true;
}

bool EpollLoop::begin_next(Connection& connection) {
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

void EpollLoop::begin(Connection& connection) {
  if (!rate_.admit()) {
    connection.http.answer(status_response(503));
  } else if (const auto wait = waits_.next(); wait.count() > 0) {
    connection.state = State::Waiting;
    start_timer(connection, wait);
  } else {
    work(connection);
  }
}

// Makes the answer: here, while everybody else waits, or in the pool.
void EpollLoop::work(Connection& connection) {
  connection.state = State::Talking;
  if (!pool_.takes(connection.page)) {
    faults_.in_handler(connection.fd.get());
    connection.http.answer(render(connection.page, options_.root));
    return;
  }
  const auto fd = static_cast<uint32_t>(connection.fd.get());
  if (pool_.submit(uint64_t{connection.id} << 32 | fd, connection.page)) {
    connection.state = State::Working;
  } else {
    connection.http.answer(status_response(503));  // the queue is full: better a quick no than a late yes
  }
}

void EpollLoop::end(Connection& connection) {
  connection.state = State::Done;
  if (!connection.http.has_unread_input() || connection.http.client_shut()) return;
  connection.state = State::Lingering;
  ::shutdown(connection.fd.get(), SHUT_WR);
  start_timer(connection, kLingerTime);
}

void EpollLoop::start_timer(Connection& connection, Clock::duration delay) {
  connection.timer = timers_.emplace(Clock::now() + delay, connection.fd.get());
}

// The one place that tells epoll what a connection waits for now, and that closes it.
void EpollLoop::settle(Connection& connection) {
  if (connection.state == State::Done) return close(connection);
  if (options_.edge_triggered) return;  // everything is registered once and for all
  const bool read = (connection.http.wants_input() || connection.state == State::Lingering) &&
                    !connection.http.client_shut();
  const bool write = !connection.http.unsent().empty() || faults_.are(Fault::EpolloutArmed);
  const uint32_t wanted = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
  if (wanted == connection.watched) return;
  epoll_event event{.events = wanted, .data = {.u64 = 0}};
  event.data.fd = connection.fd.get();
  // Cannot fail: it is registered, and MOD allocates nothing.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
  connection.watched = wanted;
}

// Closing the last descriptor of a socket removes it from every interest list (epoll(7)), so there is no
// EPOLL_CTL_DEL. A dup of it would keep it there.
void EpollLoop::close(Connection& connection) {
  if (connection.timer) timers_.erase(*connection.timer);
  faults_.on_close(connection.fd.get());
  connections_.erase(connection.fd.get());
}

}  // namespace loopscope::sample_servers
