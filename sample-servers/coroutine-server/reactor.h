// SPDX-License-Identifier: Apache-2.0
// What stands between co_await and epoll: it knows which suspended coroutine waits for which descriptor or
// moment, and resumes it when that has come. This is the part that asyncio, Tokio and libuv are to their
// users.
//
// Each descriptor is registered once, edge-triggered, for everything. A coroutine first tries its call; only
// when that says EAGAIN does it wait for the next edge. So a call that can go on costs no epoll_ctl and no
// wakeup.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>

#include "sample-servers/common/unique_fd.h"
#include "sample-servers/coroutine-server/task.h"

namespace loopscope::sample_servers {

class Reactor;
using ReactorClock = std::chrono::steady_clock;

// A suspended coroutine and what it waits for: lives in the frame of that coroutine while it is suspended.
struct Waiter {
  using Timers = std::multimap<ReactorClock::time_point, Waiter*>;

  std::coroutine_handle<> who{};
  Waiter** place = nullptr;  // where it is entered as the one who waits for a descriptor
  std::optional<Timers::iterator> timer{};
  bool in_time = true;  // false when the timer came first
};

// co_await gives whether what was waited for came before the deadline.
class [[nodiscard]] Wait {
 public:
  Wait(Reactor& reactor, Waiter** place, std::optional<ReactorClock::time_point> deadline, bool ready = false)
      : reactor_(reactor), deadline_(deadline), ready_(ready) {
    waiter_.place = place;
  }
  [[nodiscard]] bool await_ready() const noexcept { return ready_; }
  void await_suspend(std::coroutine_handle<> who);
  bool await_resume() const noexcept { return waiter_.in_time; }

 private:
  Reactor& reactor_;
  std::optional<ReactorClock::time_point> deadline_;
  bool ready_;
  Waiter waiter_{};
};

// A descriptor that coroutines wait for; registered as long as this lives and `fd` is open. One reader and
// one writer at a time.
class Readiness {
 public:
  Readiness(Reactor& reactor, int fd);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  [[nodiscard]] bool registered() const { return registered_; }
  [[nodiscard]] int fd() const { return fd_; }

  // The next edge: more may be read, or written, than when a call last said EAGAIN.
  [[nodiscard]] Wait readable(std::optional<ReactorClock::time_point> deadline = std::nullopt) {
    return {reactor_, &reader_, deadline};
  }
  [[nodiscard]] Wait writable() { return {reactor_, &writer_, std::nullopt}; }
  // Until `deadline`, or until there is nobody at the other end any more, which is what co_await says then.
  [[nodiscard]] Wait broken(ReactorClock::time_point deadline) {
    return {reactor_, &mourner_, deadline, broken_};
  }

 private:
  friend class Reactor;
  Reactor& reactor_;
  int fd_;
  bool registered_ = false;
  Waiter* reader_ = nullptr;
  Waiter* writer_ = nullptr;
  Waiter* mourner_ = nullptr;
  bool broken_ = false;  // reset, or both sides shut
};

class Reactor {
 public:
  Reactor() = default;
  ~Reactor();  // coroutines that have not ended are destroyed where they wait
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  [[nodiscard]] std::expected<void, std::string> open();
  [[nodiscard]] std::expected<void, std::string> run();  // until stop()
  void stop() { stopping_ = true; }
  [[nodiscard]] int epoll_fd() const { return epoll_.get(); }

  // Runs `task` beside everything else, until it ends.
  void spawn(Task<void> task);

  [[nodiscard]] Wait sleep(ReactorClock::duration duration) {
    return {*this, nullptr, ReactorClock::now() + duration};
  }
  // Lets the others go on first.
  [[nodiscard]] Wait yield() { return sleep({}); }

  // For those who wait for something that is no descriptor: enters in `place`, to be woken by wake().
  [[nodiscard]] Wait until_woken(Waiter** place) { return {*this, place, std::nullopt}; }
  void wake(Waiter& waiter);

 private:
  friend class Wait;
  friend class Readiness;
  struct Root;
  Root run_root(Task<void> task);
  void suspend(Waiter& waiter, std::optional<ReactorClock::time_point> deadline);
  [[nodiscard]] int timeout_ms() const;
  void wake_due();

  UniqueFd epoll_;
  Waiter::Timers timers_;
  std::deque<std::coroutine_handle<>> ready_;  // to be resumed, in the order they became ready
  std::unordered_set<void*> roots_;            // frames of spawned tasks that have not ended
  bool stopping_ = false;
};

}  // namespace loopscope::sample_servers
