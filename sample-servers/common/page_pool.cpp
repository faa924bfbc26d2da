// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/page_pool.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace loopscope::sample_servers {

std::expected<void, std::string> PagePool::start(Notice notice) {
  if (!options_.offload && !options_.hand_over) return {};
  notice_ = notice;
  ready_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | (notice == Notice::ReadHere ? EFD_NONBLOCK : 0)));
  if (!ready_) return std::unexpected(fmt::format("eventfd: {}", std::strerror(errno)));
  try {
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    return std::unexpected(fmt::format("cannot start {} threads: {}", options_.threads, error.what()));
  }
  return {};
}

PagePool::~PagePool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  has_work_.notify_all();
}

bool PagePool::takes(const Page& page) const {
  return (page.kind == Page::Kind::Cpu && options_.offload) ||
         (page.kind == Page::Kind::Balloons && options_.hand_over);
}

bool PagePool::submit(uint64_t ticket, const Page& page) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= static_cast<size_t>(options_.queue)) return false;
    jobs_.push_back({.ticket = ticket, .page = page});
  }
  has_work_.notify_one();
  return true;
}

std::vector<PagePool::Done> PagePool::take_done() {
  uint64_t count = 0;
  // First the eventfd, then the list: an answer that comes in between is taken now and rings once for
  // nothing. The other way round it would lie there unheard.
  if (notice_ == Notice::ReadHere) (void)!::read(ready_.get(), &count, sizeof(count));
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void PagePool::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      has_work_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (ending_) return;
      job = jobs_.front();
      jobs_.pop_front();
    }
    Done done{.ticket = job.ticket, .response = render(job.page, root_)};
    {
      const std::lock_guard lock(mutex_);
      done_.push_back(std::move(done));
    }
    const uint64_t one = 1;
    (void)!::write(ready_.get(), &one, sizeof(one));
  }
}

}  // namespace loopscope::sample_servers
