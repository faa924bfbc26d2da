// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/interest_at.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "trace-model/model.h"
#include "trace-model/model_state.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_reader.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kBlockBytes = 256 * 1024, kMostFiles = 2000, kMostInstances = 200;

std::string words_of(const OpenFile& file) {
  std::string text(kind_name(file.kind));
  if (!file.path.empty()) text += " " + terminal_text(file.path);
  if (!file.local.empty()) text += " " + terminal_text(file.local);
  if (!file.peer.empty()) text += " ← " + terminal_text(file.peer);
  if (file.listening) text += " listen";
  return text;
}

WatchingInstance instance_of(const InterestList& list) {
  WatchingInstance made;
  made.instance = list.instance();
  list.for_each([&](const InterestItem& item) {
    if (made.epfd < 0) made.epfd = item.epfd;
    if (made.pid == 0) made.pid = item.pid;
    if (made.files.size() >= kMostFiles && !item.target->listening) {
      ++made.more;
      return;
    }
    made.files.push_back({item.fd, words_of(*item.target), item.events, item.data, item.t, item.pid,
                          item.target->listening, item.disarmed, item.origin == Origin::Snapshot});
  });
  std::ranges::stable_sort(made.files, {},
                           [](const WatchedFile& f) { return std::pair(!f.listening, f.fd); });
  return made;
}

Ns time_of(const Event& event) {
  if (const auto* call = std::get_if<Call>(&event)) return call->returned();
  return completion_time(event);
}

}  // namespace

struct InterestAt::Reading {
  TraceReader reader;
  Model model;
  uint64_t offset = 0, begin = 0;
  Ns reached = INT64_MIN;
  std::vector<char> block = std::vector<char>(kBlockBytes);
  const Record* ahead = nullptr;  // read already, and later than what was asked for
  bool ended = false;

  // Up to t, or to the end; false: something else is wanted by now.
  template <typename Stop>
  bool read_until(Ns t, const TraceText& text, Stop&& stop) {
    for (uint32_t count = 0;; ++count) {
      if (count % 1024 == 0 && stop()) return false;
      const Record* record = ahead ? ahead : reader.next();
      ahead = nullptr;
      if (record) {
        if (time_of(*record->event) > t) return ahead = record, true;
        model.apply(*record->event);
        continue;
      }
      if (ended || !reader.refusal().empty()) return true;
      const size_t n = text.read(offset, block.data(), block.size());
      offset += n;
      if (n > 0)
        reader.feed({block.data(), n});
      else if (text.growing())
        return true;
      else
        reader.end(), ended = true;
    }
  }
};

InterestAt::~InterestAt() {
  stopped_ = true;
  {
    const std::lock_guard lock(mutex_);
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void InterestAt::ask(Ns t, uint64_t begin) {
  if (asked_ == t || !text_) return;
  asked_ = t;
  {
    const std::lock_guard lock(mutex_);
    wanted_ = std::pair(t, begin);
    busy_ = true;
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.notify_all();
}

bool InterestAt::poll() {
  const std::lock_guard lock(mutex_);
  if (!new_answer_) return false;
  answer_ = std::exchange(new_answer_, std::nullopt);
  return true;
}

void InterestAt::work() {
  std::unique_ptr<Reading> reading;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || wanted_; });
    if (stopped_) return;
    const auto [t, begin] = std::exchange(wanted_, std::nullopt).value_or(std::pair(Ns(0), uint64_t(0)));
    lock.unlock();
    if (!reading || t < reading->reached || begin != reading->begin) {
      reading = std::make_unique<Reading>();
      reading->offset = reading->begin = begin;
    }
    const bool done = reading->read_until(t, *text_, [this] {
      const std::lock_guard held(mutex_);
      return stopped_ || wanted_;
    });
    reading->reached = std::max(reading->reached, t);
    InterestAnswer answer{t, {}};
    if (done) {
      reading->model.state().interest.for_each([&](const InterestList& list) {
        if (answer.instances.size() < kMostInstances && list.size() > 0)
          answer.instances.push_back(instance_of(list));
      });
      std::ranges::stable_sort(answer.instances, {},
                               [](const WatchingInstance& i) { return std::pair(i.pid, i.epfd); });
    }
    lock.lock();
    if (!done) continue;
    new_answer_ = std::move(answer);
    busy_ = wanted_.has_value();
    wake_();
  }
}

}  // namespace loopscope::viewer
