// SPDX-License-Identifier: Apache-2.0
// Records to be filled, used again with the capacity of their strings and lists: reading a line allocates
// nothing when one like it has been read before.
//
// Those of the frequent kinds are kept apart, so that none is made into another kind and back.
#pragma once

#include <deque>

#include "trace-model/events.h"

namespace loopscope::trace_model {

class RecordPool {
 public:
  // A record as if it were new, in `event`; valid until clear().
  template <typename Record>
  Record& make(Event*& event) {
    event = next(of<Record>());
    if constexpr (requires(Record& record) { record.clear(); })
      if (Record* used = std::get_if<Record>(event)) {
        used->clear();
        return *used;
      }
    return event->emplace<Record>();
  }

  // The last one made of this kind may be used again.
  template <typename Record>
  void take_back() {
    --of<Record>().used;
  }

  // All may be used again.
  void clear() { calls_.used = submissions_.used = completions_.used = others_.used = 0; }

 private:
  struct Kind {
    std::deque<Event> events;  // their places stay
    size_t used = 0;
  };

  template <typename Record>
  Kind& of() {
    if constexpr (std::is_same_v<Record, Call>) return calls_;
    if constexpr (std::is_same_v<Record, Sqe>) return submissions_;
    if constexpr (std::is_same_v<Record, Cqe>) return completions_;
    return others_;
  }
  static Event* next(Kind& kind) {
    if (kind.used == kind.events.size()) kind.events.emplace_back();
    return &kind.events[kind.used++];
  }

  Kind calls_, submissions_, completions_, others_;
};

}  // namespace loopscope::trace_model
