// SPDX-License-Identifier: Apache-2.0
// Threads that make pages for a loop, so that it is not held up by them. The loop submits, goes on, and hears
// of the answer through an eventfd, which is one more descriptor it waits for.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sample-servers/common/command_line.h"
#include "sample-servers/common/pages.h"
#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {

class PagePool {
 public:
  struct Done {
    uint64_t ticket = 0;  // what submit() was given
    Response response{};
  };

  PagePool(PoolOptions options, std::string root) : options_(options), root_(std::move(root)) {}
  ~PagePool();  // waits for the pages that are being made; drops the rest
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  // Who reads ready_fd(): take_done(), which then does not wait for it, or the caller before that, who may
  // wait.
  enum class Notice { ReadHere, ReadByCaller };

  // Starts the threads, unless the options give them nothing to do; or a sentence that says what failed.
  [[nodiscard]] std::expected<void, std::string> start(Notice notice = Notice::ReadHere);

  // Whether this page is one that the options give to the pool.
  [[nodiscard]] bool takes(const Page& page) const;

  // False when the queue is full. `ticket` tells the answers apart: more than a descriptor, whose number may
  // be another connection's by the time the answer comes.
  [[nodiscard]] bool submit(uint64_t ticket, const Page& page);

  // Readable when answers lie ready. -1 when there is no pool.
  [[nodiscard]] int ready_fd() const { return ready_.get(); }

  // The answers made since the last call. ready_fd() is read first (see Notice).
  [[nodiscard]] std::vector<Done> take_done();

 private:
  struct Job {
    uint64_t ticket = 0;
    Page page{};
  };
  void work();

  PoolOptions options_;
  std::string root_;
  Notice notice_ = Notice::ReadHere;
  UniqueFd ready_;
  std::mutex mutex_;
  std::condition_variable has_work_;
  std::deque<Job> jobs_;  // the bounded queue
  std::vector<Done> done_;
  bool ending_ = false;
  std::vector<std::jthread> threads_;  // last: joined before what they use goes
};

}  // namespace loopscope::sample_servers
