// SPDX-License-Identifier: Apache-2.0
#include "trace-model/interest_lists.h"

#include <algorithm>

namespace loopscope::trace_model {
namespace {

uint64_t key_of(FileId target, int fd) {
  return uint64_t(target) << 32 | uint32_t(fd);
}

// EPOLLIN and its like are what a fired EPOLLONESHOT item loses; it keeps the bits that say how it was
// registered (fs/eventpoll.c, EP_PRIVATE_BITS).
constexpr uint32_t kPrivateBits = 1u << 31 | 1u << 30 | 1u << 29 | 1u << 28;
constexpr uint32_t kOneshot = 1u << 30;

}  // namespace

InterestItem* InterestList::find(FileId target, int fd) {
  const uint32_t* slot = by_key_.find(key_of(target, fd));
  return slot ? &items_[*slot] : nullptr;
}

InterestItem* InterestList::find_number(int fd) {
  InterestItem* only = nullptr;
  for (InterestItem& item : items_) {
    if (!item.target || item.fd != fd) continue;
    if (only) return nullptr;
    only = &item;
  }
  return only;
}

InterestItem& InterestList::add(OpenFile& target, int fd, uint32_t events, uint64_t data, Ns t) {
  uint32_t& slot = by_key_[key_of(target.id, fd)];
  const bool known = slot < items_.size() && items_[slot].target == &target && items_[slot].fd == fd;
  if (known) {
    modify(items_[slot], events, data, t);
    return items_[slot];
  }
  if (free_.empty()) {
    slot = uint32_t(items_.size());
    items_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  InterestItem& item = items_[slot];
  item = {};
  item.target = &target;
  item.fd = fd;
  item.events = events;
  item.data = data;
  item.t = item.confirmed = t;
  item.disarmed = (events & kOneshot) && !(events & ~kPrivateBits);
  link(slot);
  target.watchers.push_back({instance_, fd});
  return item;
}

void InterestList::modify(InterestItem& item, uint32_t events, uint64_t data, Ns t) {
  if (item.data != data) {
    const uint32_t slot = uint32_t(&item - items_.data());
    remember(item, t, false);
    unlink(slot);
    item.data = data;
    link(slot);
  }
  item.events = events;
  item.confirmed = t;
  item.disarmed = (events & kOneshot) && !(events & ~kPrivateBits);
}

void InterestList::remove(FileId target, int fd, Ns t, bool held_elsewhere) {
  const uint32_t* found = by_key_.find(key_of(target, fd));
  if (!found) return;
  const uint32_t slot = *found;
  InterestItem& item = items_[slot];
  remember(item, t, held_elsewhere);
  if (observer_) observer_->on_unwatched(item, t);
  std::erase(item.target->watchers, Watcher{instance_, fd});
  unlink(slot);
  by_key_.erase(key_of(target, fd));
  item = {};
  free_.push_back(slot);
}

void InterestList::remove_all(Ns t) {
  for (const InterestItem& item : items_) {
    if (!item.target) continue;
    if (observer_) observer_->on_unwatched(item, t);
    std::erase(item.target->watchers, Watcher{instance_, item.fd});
  }
  *this = InterestList(instance_, observer_);
}

const FormerItem* InterestList::former(uint64_t data, Ns since) const {
  const FormerItem* newest = nullptr;
  for (const FormerItem& item : former_) {
    if (item.data != data || (item.until < since && !item.held_elsewhere)) continue;
    if (!newest || item.until >= newest->until) newest = &item;
  }
  return newest;
}

void InterestList::link(uint32_t slot) {
  InterestItem& item = items_[slot];
  if (uint32_t* head = by_data_.find(item.data)) {
    item.next_same_data = *head;
    *head = slot;
    return;
  }
  item.next_same_data = kEnd;
  by_data_[item.data] = slot;
}

void InterestList::unlink(uint32_t slot) {
  InterestItem& item = items_[slot];
  uint32_t* at = by_data_.find(item.data);
  while (*at != slot) at = &items_[*at].next_same_data;
  *at = item.next_same_data;
  if (*by_data_.find(item.data) == kEnd) by_data_.erase(item.data);
}

void InterestList::remember(const InterestItem& item, Ns t, bool held_elsewhere) {
  if (former_.size() < kFormer) former_.emplace_back();
  former_[former_next_ % former_.size()] = {item.target->id, item.fd, item.data, t, held_elsewhere};
  former_next_ = (former_next_ + 1) % kFormer;
}

InterestList& InterestLists::get(FileId instance) {
  auto& slot = lists_[instance];
  if (!slot) slot = std::make_unique<InterestList>(instance, observer_);
  return *slot;
}

}  // namespace loopscope::trace_model
