// SPDX-License-Identifier: Apache-2.0
// What epoll instances watched, at any moment of the trace: each registration with the time in which it held,
// and each change of one. 56 bytes a registration, 12 a change. What held at a moment is found without going
// over all of them: registrations stand in blocks that say when they held, and after every kChanges changes
// stands the last one of each registration.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/flat_map.h"
#include "viewer/logic/record_table.h"

namespace loopscope::viewer {

using trace_model::Ns;

struct WatchStep {
  enum class Kind : uint8_t { Added, Changed, Gone };
  Kind kind = Kind::Changed;
  bool disarmed = false, before = false;  // before: it was registered before the recording began
  uint32_t item = 0;                      // counted from 0 on
  Ns t = 0;                               // when the record of it came
  // From here on not of Gone.
  Ns since = 0;
  uint64_t data = 0;
  FileId instance = 0, target = 0;
  int fd = -1, epfd = -1;
  Pid pid = 0;
  uint32_t events = 0;
};

// As it was at the moment that was asked for.
struct WatchedItem {
  FileId target = 0;
  int fd = -1;
  uint32_t events = 0;
  uint64_t data = 0;
  Ns since = 0;
  bool disarmed = false, before = false;
};

class InterestLog {
 public:
  struct Instance {
    FileId file = 0;
    int epfd = -1;  // a number that named it; -1: none is known
    Pid pid = 0;
  };

  void take(const WatchStep& step);  // times that decrease are taken for the last one
  void drop_before(Ns t);            // from t on it answers as before

  // `visit(const Instance&, const WatchedItem&)` for each registration that held at t.
  template <typename Visit>
  void at(Ns t, Visit&& visit) const {
    for (const auto& [slot, change] : held_at(t)) visit(instances_[instance_of(slot)], item_of(slot, change));
  }
  template <typename Visit>
  void each_target(Visit&& visit) const {
    for (const Item& item : items_) visit(item.target);
  }
  [[nodiscard]] uint64_t bytes() const;
  [[nodiscard]] uint64_t steps() const { return steps_; }  // taken so far

 private:
  static constexpr uint32_t kBlock = 1024, kChanges = 1 << 14, kNoChange = UINT32_MAX;
  static constexpr uint32_t kFlag = uint32_t(1) << 31;

  struct Item {
    Ns from = 0, until = INT64_MAX, since = 0;
    uint64_t data = 0;
    FileId target = 0;
    int fd = -1;
    uint32_t events = 0;
    uint32_t instance = 0;  // kFlag: it was registered before the recording
    uint32_t last_change = kNoChange;
    uint32_t number = 0;  // kFlag: it was disarmed from the beginning
  };
  // What a registration can be changed to: few, for it is mostly armed again as it was.
  struct State {
    uint64_t data = 0;
    uint32_t events = 0;
    bool disarmed = false;
    bool operator==(const State&) const = default;
  };
  // Columns, ordered by time.
  struct Changes {
    SlowColumn t;  // since `begin`
    Ns begin = 0;
    std::vector<uint32_t> number, state;
    [[nodiscard]] uint32_t size() const { return uint32_t(number.size()); }
    [[nodiscard]] Ns at(uint32_t i) const { return Ns(uint64_t(begin) + t.at(i)); }
    void push(Ns when, uint32_t of, uint32_t now);
    [[nodiscard]] uint32_t behind(Ns when) const;  // the first after that time
  };
  struct Block {
    Ns first = INT64_MAX, last = INT64_MIN;  // of those that are gone, when the last went
    uint32_t open = 0;
  };
  using Held = std::vector<std::pair<uint32_t, uint32_t>>;  // slot, its last change; ordered

  [[nodiscard]] uint32_t slot_of(uint32_t number) const;  // kNoChange: it is not there any more
  [[nodiscard]] uint32_t instance_of(uint32_t slot) const { return items_[slot].instance & ~kFlag; }
  [[nodiscard]] WatchedItem item_of(uint32_t slot, uint32_t change) const;
  [[nodiscard]] Held held_at(Ns t) const;
  void append(Item item);
  void change(const WatchStep& step);
  [[nodiscard]] uint32_t state_number(const State& state);
  void note_changes();

  std::vector<Item> items_;  // ordered by number
  std::vector<Block> blocks_;
  Changes changes_;
  std::vector<State> states_;
  trace_model::FlatMap<uint32_t> state_by_hash_;
  std::vector<Held> noted_;  // after kChanges changes, twice as many, …: by number, of what held then
  std::vector<Instance> instances_;
  trace_model::FlatMap<uint32_t> instance_numbers_;
  Ns last_t_ = INT64_MIN;
  uint64_t steps_ = 0, noted_count_ = 0;
};

}  // namespace loopscope::viewer
