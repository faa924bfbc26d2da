// SPDX-License-Identifier: Apache-2.0
// Connections on their way from the thread that accepts them to the threads that serve them. The queue is
// bounded: without a bound, a server that is too slow for its load takes in ever more, and answers each one
// later than the one before.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {

class ConnectionQueue {
 public:
  explicit ConnectionQueue(size_t most) : most_(most) {}

  // False when the queue is full; the connection is the caller's still.
  [[nodiscard]] bool push(UniqueFd& connection) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= most_) return false;
      waiting_.push_back(std::move(connection));
    }
    changed_.notify_one();
    return true;
  }

  // Sleeps until there is one; none once the queue has ended.
  [[nodiscard]] UniqueFd pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (ended_) return {};
    UniqueFd first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
  }

  // Wakes all who sleep in pop(). What still waits is closed with the queue.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
  }

 private:
  const size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<UniqueFd> waiting_;
  bool ended_ = false;
};

}  // namespace loopscope::sample_servers
