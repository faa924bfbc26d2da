// SPDX-License-Identifier: Apache-2.0
// What each epoll instance watches, as of the record last applied (for another moment, apply up to there).
//
// An item is keyed as the kernel keys it, by file and number together (fs/eventpoll.c, struct epoll_filefd):
// closing the number does not remove it while another descriptor keeps the file open, and the number can then
// be registered again for another file. `data` is opaque: it is compared as the 64 bits it is, within one
// instance only.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/flat_map.h"
#include "trace-model/open_files.h"

namespace loopscope::trace_model {

struct InterestItem {
  OpenFile* target = nullptr;  // nullptr: an unused slot
  int fd = -1;                 // the number it was registered under, which may be closed or reused by now
  uint32_t events = 0;
  uint64_t data = 0;
  Ns t = 0;          // when it was added, or read from the kernel
  Ns confirmed = 0;  // when a record last showed it to exist
  Origin origin = Origin::Trace;
  Pid pid = 0, tid = 0;
  int epfd = -1;                 // the number of the instance in the call that added it
  FileId ring = 0;               // that added it; 0: a call did
  bool disarmed = false;         // EPOLLONESHOT has fired; MOD arms it again
  uint32_t number = UINT32_MAX;  // an observer's own
  uint32_t next_same_data = UINT32_MAX;
};

// A registration that is gone, or its `data` before a change. A wait that was in progress then may still
// return it.
struct FormerItem {
  FileId target = 0;
  int fd = -1;
  uint64_t data = 0;
  Ns until = 0;
  bool held_elsewhere =
      false;  // gone because the last known descriptor was closed: someone outside may hold it
};

// Is told of every change, in file order. What it is told of stays where it is until it returns.
class InterestObserver {
 public:
  virtual ~InterestObserver() = default;
  virtual void on_watched(FileId instance, InterestItem& item, Ns t) = 0;  // added, or changed
  virtual void on_unwatched(const InterestItem& item, Ns t) = 0;

 protected:
  InterestObserver() = default;
  InterestObserver(const InterestObserver&) = default;
  InterestObserver& operator=(const InterestObserver&) = default;
};

class InterestList {
 public:
  explicit InterestList(FileId instance, InterestObserver* observer = nullptr)
      : instance_(instance), observer_(observer) {}

  [[nodiscard]] FileId instance() const { return instance_; }
  [[nodiscard]] size_t size() const { return by_key_.size(); }
  [[nodiscard]] InterestItem* find(FileId target, int fd);
  [[nodiscard]] InterestItem* find_number(int fd);  // only when exactly one item has that number

  InterestItem& add(OpenFile& target, int fd, uint32_t events, uint64_t data,
                    Ns t);  // replaces one with that key
  void modify(InterestItem& item, uint32_t events, uint64_t data, Ns t);
  void remove(FileId target, int fd, Ns t, bool held_elsewhere);
  void remove_all(Ns t);  // the instance is gone
  // An item is as it is now: for the observer, once all of it is set.
  void tell(InterestItem& item, Ns t) const {
    if (observer_) observer_->on_watched(instance_, item, t);
  }

  // Items registered with exactly this data; `visit(InterestItem&)`.
  template <typename Visit>
  void for_data(uint64_t data, Visit&& visit) {
    const uint32_t* head = by_data_.find(data);
    for (uint32_t i = head ? *head : kEnd; i != kEnd; i = items_[i].next_same_data) visit(items_[i]);
  }
  // What has that data no longer but had it when a wait that began at `since` was in progress.
  [[nodiscard]] const FormerItem* former(uint64_t data, Ns since) const;

  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const InterestItem& item : items_)
      if (item.target) visit(item);
  }

 private:
  static constexpr uint32_t kEnd = UINT32_MAX;
  static constexpr size_t kFormer = 64;

  void link(uint32_t slot);
  void unlink(uint32_t slot);
  void remember(const InterestItem& item, Ns t, bool held_elsewhere);

  FileId instance_;
  InterestObserver* observer_;
  std::vector<InterestItem> items_;
  std::vector<uint32_t> free_;
  FlatMap<uint32_t> by_key_, by_data_;  // file and number → slot; data → first slot with it
  std::vector<FormerItem> former_;      // the last kFormer, a ring
  size_t former_next_ = 0;
};

class InterestLists {
 public:
  [[nodiscard]] InterestList* find(FileId instance) {
    auto* found = lists_.find(instance);
    return found ? found->get() : nullptr;
  }
  [[nodiscard]] const InterestList* find(FileId instance) const {
    return const_cast<InterestLists*>(this)->find(instance);
  }
  InterestList& get(FileId instance);
  void erase(FileId instance) { lists_.erase(instance); }
  void observe(InterestObserver& observer) { observer_ = &observer; }  // before there is any list
  template <typename Visit>
  void for_each(Visit&& visit) const {
    lists_.for_each([&](uint64_t, const std::unique_ptr<InterestList>& list) { visit(*list); });
  }

 private:
  FlatMap<std::unique_ptr<InterestList>> lists_;
  InterestObserver* observer_ = nullptr;
};

}  // namespace loopscope::trace_model
