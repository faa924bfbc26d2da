// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/coroutine-server/reactor.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace loopscope::sample_servers {
namespace {

constexpr int kMaxEvents = 64;

std::unexpected<std::string> failed(const char* what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

// ---- waiting ----

void Wait::await_suspend(std::coroutine_handle<> who) {
  waiter_.who = who;
  reactor_.suspend(waiter_, deadline_);
}

Readiness::Readiness(Reactor& reactor, int fd) : reactor_(reactor), fd_(fd) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = this}};
  registered_ = ::epoll_ctl(reactor.epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Reactor::suspend(Waiter& waiter, std::optional<ReactorClock::time_point> deadline) {
  if (waiter.place) *waiter.place = &waiter;
  if (deadline) waiter.timer = timers_.emplace(*deadline, &waiter);
}

void Reactor::wake(Waiter& waiter) {
  if (waiter.place) *waiter.place = nullptr;
  if (waiter.timer) {
    timers_.erase(*waiter.timer);
    waiter.timer.reset();
  }
  ready_.push_back(waiter.who);
}

void Reactor::wake_due() {
  const auto now = ReactorClock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Waiter& waiter = *timers_.begin()->second;
    waiter.in_time = false;
    wake(waiter);
  }
}

// ---- the loop ----

std::expected<void, std::string> Reactor::open() {
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return failed("epoll_create1");
  return {};
}

std::expected<void, std::string> Reactor::run() {
  std::array<epoll_event, kMaxEvents> events{};
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kMaxEvents, timeout_ms());
    // EINTR: stopped and continued, or traced; nothing was lost.
    if (count < 0 && errno != EINTR) return failed("epoll_wait");
    // No coroutine runs before the whole batch is looked at: it could end another's Readiness further down.
    for (const epoll_event& event : std::span(events).first(static_cast<size_t>(std::max(count, 0)))) {
      Readiness& readiness = *static_cast<Readiness*>(event.data.ptr);
      constexpr uint32_t kBoth = EPOLLERR | EPOLLHUP;
      if (event.events & kBoth) readiness.broken_ = true;
      if (readiness.mourner_ && readiness.broken_) wake(*readiness.mourner_);
      if (readiness.reader_ && event.events & (EPOLLIN | EPOLLRDHUP | kBoth)) wake(*readiness.reader_);
      if (readiness.writer_ && event.events & (EPOLLOUT | kBoth)) wake(*readiness.writer_);
    }
    wake_due();
    // Who becomes ready from now on has its turn in the next round, after epoll was asked again.
    for (const auto who : std::exchange(ready_, {})) who.resume();
  }
  return {};
}

// Rounded up: a timeout rounded down to 0 would spin through the last millisecond.
int Reactor::timeout_ms() const {
  if (!ready_.empty()) return 0;
  if (timers_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - ReactorClock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

// ---- tasks that nobody awaits ----

// The outermost frame of a spawned task: begins at once, and frees itself at its end. The reactor knows it
// meanwhile.
struct Reactor::Root {
  struct promise_type {
    Reactor& reactor;

    promise_type(Reactor& owner, Task<void>&) : reactor(owner) { reactor.roots_.insert(frame().address()); }
    ~promise_type() { reactor.roots_.erase(frame().address()); }
    std::coroutine_handle<promise_type> frame() {
      return std::coroutine_handle<promise_type>::from_promise(*this);
    }
    Root get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

Reactor::Root Reactor::run_root(Task<void> task) {
  co_await task;
}

void Reactor::spawn(Task<void> task) {
  run_root(std::move(task));
}

Reactor::~Reactor() {
  while (!roots_.empty()) std::coroutine_handle<>::from_address(*roots_.begin()).destroy();
}

}  // namespace loopscope::sample_servers
