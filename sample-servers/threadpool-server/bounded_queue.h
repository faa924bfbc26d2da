// SPDX-License-Identifier: Apache-2.0
// What one thread hands over to others: connections on their way from the thread that accepts them to those
// that serve them. It is bounded: without a bound, a server that is too slow for its load takes in ever more,
// and answers each one later than the one before.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace loopscope::sample_servers {

template <typename Item>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t most) : most_(most) {}

  // False when the queue is full; then the item is still the caller's.
  [[nodiscard]] bool push(Item& item) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= most_) return false;
      waiting_.push_back(std::move(item));
    }
    changed_.notify_one();
    return true;
  }

  // Sleeps until there is one; none once the queue has ended.
  [[nodiscard]] std::optional<Item> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (ended_) return std::nullopt;
    std::optional<Item> first(std::move(waiting_.front()));
    waiting_.pop_front();
    return first;
  }

  // Wakes all who sleep in pop(). What still waits goes with the queue.
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
  std::deque<Item> waiting_;
  bool ended_ = false;
};

}  // namespace loopscope::sample_servers
