// SPDX-License-Identifier: Apache-2.0
#include "trace-model/listeners.h"

#include <algorithm>
#include <array>

namespace loopscope::trace_model {
namespace {

constexpr std::array<std::string_view, 4> kOrigins{"snapshot", "bind", "io_uring", "inherited"};
constexpr std::array<std::string_view, 6> kHows{"epoll_ctl", "io_uring", "io_uring_epoll_ctl",
                                                "poll",      "select",   "blocking_accept"};
// Closed listeners stay in the report; a program that opens and closes them all day must not fill the memory.
constexpr size_t kMaxClosed = 10'000;

bool worth_keeping(const Holder& holder) {
  return holder.origin == ListenerOrigin::Bind || holder.origin == ListenerOrigin::Snapshot ||
         holder.accepts || holder.wakeups || !holder.registrations.empty();
}

}  // namespace

std::string_view listener_origin_name(ListenerOrigin origin) {
  return kOrigins[size_t(origin)];
}
std::string_view watched_by_name(WatchedBy how) {
  return kHows[size_t(how)];
}

void Listener::note_queue(int64_t waiting) {
  queue_max = std::max(queue_max.value_or(0), waiting);
}

void Listener::note_drops(int64_t drops) {
  if (!drops_before) drops_before = drops;
  dropped = std::max(dropped.value_or(0), drops - *drops_before);
}

void Listener::forget_counts() {
  queue_max.reset();
  if (dropped) {
    drops_before = drops_before.value_or(0) + *dropped;
    dropped = 0;
  }
  for (Holder& holder : holders) holder.accepts = holder.wakeups = 0;
}

Holder* Listener::holder(Pid pid, int fd) {
  for (Holder& h : holders)
    if (h.pid == pid && h.fd == fd && !h.closed_t) return &h;
  return nullptr;
}

Holder* Listener::slot_holder(FileId ring, uint32_t slot) {
  for (Holder& h : holders)
    if (h.fd < 0 && h.ring == ring && h.slot == slot && !h.closed_t) return &h;
  return nullptr;
}

Holder* Listener::holder_near(Pid pid, int fd) {
  if (Holder* exact = holder(pid, fd)) return exact;
  Holder* lowest = nullptr;
  const auto rank = [](const Holder& h) { return unsigned(h.fd); };  // a slot after any descriptor
  for (Holder& h : holders)
    if (h.pid == pid && !h.closed_t && (!lowest || rank(h) < rank(*lowest))) lowest = &h;
  return lowest;
}

Listener* Listeners::find(FileId file) {
  const auto at = listeners_.find(file);
  return at == listeners_.end() ? nullptr : at->second.get();
}

Listener& Listeners::of(const OpenFile& file) {
  auto& slot = listeners_[file.id];
  if (!slot) slot = std::make_unique<Listener>();
  Listener& listener = *slot;
  listener.file = file.id;
  listener.kind = file.kind;
  if (!file.local.empty()) listener.address = file.local;
  if (file.inode) listener.inode = file.inode;
  if (file.backlog) listener.backlog = file.backlog;
  if (file.bind_t) listener.bind_t = file.bind_t;
  if (file.listen_t) listener.listen_t = file.listen_t;
  if (file.queue) listener.note_queue(*file.queue);
  if (file.drops) listener.note_drops(*file.drops);
  return listener;
}

Holder& Listeners::hold(Listener& listener, Pid pid, int fd, ListenerOrigin origin, Ns t) {
  if (Holder* known = listener.holder(pid, fd)) return *known;
  Holder& holder = listener.holders.emplace_back();
  holder.pid = pid;
  holder.fd = fd;
  holder.origin = origin;
  holder.since = t;
  return holder;
}

void Listeners::hold_slot(Listener& listener, Pid pid, FileId ring, uint32_t slot, ListenerOrigin origin,
                          Ns t) {
  if (listener.slot_holder(ring, slot)) return;
  Holder& holder = listener.holders.emplace_back();
  holder.pid = pid;
  holder.ring = ring;
  holder.slot = slot;
  holder.origin = origin;
  holder.since = t;
}

void Listeners::release(Listener& listener, Holder& holder, Ns t) {
  holder.closed_t = t;
  const bool keep = worth_keeping(holder) && closed_ < kMaxClosed;
  if (keep) {
    ++closed_;
    return;
  }
  if (worth_keeping(holder)) ++left_out_;
  listener.holders.erase(listener.holders.begin() + (&holder - listener.holders.data()));
}

void Listeners::release(FileId file, Pid pid, int fd, Ns t) {
  Listener* listener = find(file);
  if (Holder* holder = listener ? listener->holder(pid, fd) : nullptr) release(*listener, *holder, t);
}

void Listeners::release_slot(FileId file, FileId ring, uint32_t slot, Ns t) {
  Listener* listener = find(file);
  if (Holder* holder = listener ? listener->slot_holder(ring, slot) : nullptr) release(*listener, *holder, t);
}

void Listeners::forget(FileId file) {
  const auto at = listeners_.find(file);
  if (at != listeners_.end() && at->second->holders.empty()) listeners_.erase(at);
}

bool Listeners::any_of(Pid pid) const {
  return std::ranges::any_of(listeners_, [pid](const auto& entry) {
    return std::ranges::any_of(entry.second->holders,
                               [pid](const Holder& holder) { return holder.pid == pid; });
  });
}

void note(Holder& holder, const Registration& registration) {
  for (Registration& known : holder.registrations) {
    if (known.how != registration.how || known.instance != registration.instance ||
        known.fd != registration.fd)
      continue;
    if (known.removed_t) ++known.adds;
    known.removed_t.reset();
    known.epfd = registration.epfd;
    known.events = registration.events;
    known.data = registration.data;
    return;
  }
  holder.registrations.push_back(registration);
}

void note_unwatched(Listener& listener, FileId epoll, int fd, Ns t) {
  for (Holder& holder : listener.holders)
    for (Registration& known : holder.registrations) {
      const bool in_epoll = known.how == WatchedBy::EpollCtl || known.how == WatchedBy::UringEpollCtl;
      if (in_epoll && known.instance == epoll && known.fd == fd && !known.removed_t) known.removed_t = t;
    }
}

void note_armed(Holder& holder, const Registration& registration) {
  for (Registration& known : holder.registrations) {
    if (known.how != WatchedBy::Uring || known.instance != registration.instance ||
        known.fd != registration.fd || known.op != registration.op)
      continue;
    ++known.adds;
    ++known.in_flight;
    known.removed_t.reset();
    known.epfd = registration.epfd;
    known.events = registration.events;
    known.data = registration.data;
    known.multishot = registration.multishot;
    return;
  }
  holder.registrations.push_back(registration);
  holder.registrations.back().in_flight = 1;
}

void note_disarmed(Listener& listener, uint8_t op, FileId ring, int fd, Ns t) {
  for (Holder& holder : listener.holders)
    for (Registration& known : holder.registrations)
      if (known.how == WatchedBy::Uring && known.instance == ring && known.fd == fd && known.op == op &&
          known.in_flight > 0) {
        --known.in_flight;
        if (known.in_flight == 0) known.removed_t = t;
      }
}

void note_ring_closed(Listener& listener, FileId ring, Ns t) {
  for (Holder& holder : listener.holders)
    for (Registration& known : holder.registrations)
      if (known.how == WatchedBy::Uring && known.instance == ring && !known.removed_t) known.removed_t = t;
}

}  // namespace loopscope::trace_model
