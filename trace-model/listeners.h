// SPDX-License-Identifier: Apache-2.0
// Listening sockets, per file and per descriptor that holds one: where it listens, since when, how it came to
// be watched, and what came of it. One holder is one line of `ss -ltnpe`: the same socket in a master and two
// workers has three.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/flat_map.h"
#include "trace-model/open_files.h"

namespace loopscope::trace_model {

enum class ListenerOrigin : uint8_t { Snapshot, Bind, Uring, Inherited };
[[nodiscard]] std::string_view listener_origin_name(ListenerOrigin origin);

enum class WatchedBy : uint8_t { EpollCtl, Uring, UringEpollCtl, Poll, Select, BlockingAccept };
[[nodiscard]] std::string_view watched_by_name(WatchedBy how);

// How a listener came to be watched. One per way, instance and number: adding it again, as nginx does all the
// time, counts in `adds` and replaces what may have changed. So does an operation of a ring that is submitted
// again and again; while none of them is in flight the registration is removed.
struct Registration {
  WatchedBy how = WatchedBy::EpollCtl;
  FileId instance = 0;  // epoll instance or ring
  FileId ring = 0;      // through which it was registered
  int epfd = -1;        // the instance's number in the holder's process
  int fd = -1;          // the number of the listener it was registered under; -1: a slot
  Pid tid = 0;
  Ns t = 0;  // the first time
  std::optional<Ns> removed_t;
  uint32_t events = 0;
  uint64_t data = 0;
  Origin origin = Origin::Trace;
  uint64_t adds = 1;
  // Of operations of a ring only.
  uint8_t op = 0;
  bool multishot = false;
  uint32_t in_flight = 0;
};

struct Holder {
  Pid pid = 0;
  int fd = -1;      // -1: held by a ring alone, in a slot
  FileId ring = 0;  // then
  uint32_t slot = 0;
  ListenerOrigin origin = ListenerOrigin::Snapshot;
  Ns since = 0;  // when this process came to hold it, as far as is known
  std::optional<Ns> closed_t;
  std::vector<Registration> registrations;
  uint64_t accepts = 0;
  uint64_t wakeups = 0;
};

struct Listener {
  FileId file = 0;
  FileKind kind = FileKind::Unknown;
  std::string address;
  uint64_t inode = 0;
  std::optional<int64_t> backlog;
  std::optional<int64_t> queue_max;
  std::optional<int64_t> drops_before;  // when it was first looked at
  std::optional<int64_t> dropped;       // attempts to connect, since then
  std::optional<Ns> bind_t, listen_t;
  std::vector<Holder> holders;

  // Accepts, wakeups and what its queue was seen to do count anew from here.
  void forget_counts();
  void note_queue(int64_t waiting);
  void note_drops(int64_t drops);                 // since the socket was made
  [[nodiscard]] Holder* holder(Pid pid, int fd);  // among those not closed
  [[nodiscard]] Holder* slot_holder(FileId ring, uint32_t slot);
  // The holder that a call of `pid` on `fd` is about; another number of the same process if it has no such
  // number.
  [[nodiscard]] Holder* holder_near(Pid pid, int fd);
};

class Listeners {
 public:
  [[nodiscard]] Listener* find(FileId file);
  [[nodiscard]] const Listener* find(FileId file) const { return const_cast<Listeners*>(this)->find(file); }
  Listener& of(const OpenFile& file);  // made when new; brought up to date with what is known of the file
  Holder& hold(Listener& listener, Pid pid, int fd, ListenerOrigin origin, Ns t);
  void hold_slot(Listener& listener, Pid pid, FileId ring, uint32_t slot, ListenerOrigin origin, Ns t);
  // `pid` no longer holds it under `fd`. A holder that was never used or watched is forgotten.
  void release(FileId file, Pid pid, int fd, Ns t);
  void release_slot(FileId file, FileId ring, uint32_t slot, Ns t);
  void forget(FileId file);
  // The program in `pid` was replaced: what it still holds is inherited, and registrations with instances
  // that `survived(FileId)` denies are not the new program's.
  template <typename Survived>
  void inherited_by_exec(Pid pid, Survived&& survived);
  [[nodiscard]] bool any_of(Pid pid) const;

  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [file, listener] : listeners_) visit(*listener);
  }
  [[nodiscard]] uint64_t left_out() const { return left_out_; }  // closed holders dropped to bound memory

 private:
  void release(Listener& listener, Holder& holder, Ns t);

  std::map<FileId, std::unique_ptr<Listener>> listeners_;  // ordered: reports come out the same every time
  size_t closed_ = 0;
  uint64_t left_out_ = 0;
};

template <typename Survived>
void Listeners::inherited_by_exec(Pid pid, Survived&& survived) {
  for (auto& [file, listener] : listeners_)
    for (Holder& holder : listener->holders) {
      if (holder.pid != pid || holder.closed_t) continue;
      holder.origin = ListenerOrigin::Inherited;
      std::erase_if(holder.registrations, [&](const Registration& r) { return !survived(r.instance); });
    }
}

void note(Holder& holder, const Registration& registration);
void note_unwatched(Listener& listener, FileId epoll, int fd, Ns t);  // EPOLL_CTL_DEL, however it was added
void note_armed(Holder& holder,
                const Registration& registration);  // an operation of a ring more is in flight
void note_disarmed(Listener& listener, uint8_t op, FileId ring, int fd, Ns t);  // and one less
void note_ring_closed(Listener& listener, FileId ring, Ns t);

}  // namespace loopscope::trace_model
