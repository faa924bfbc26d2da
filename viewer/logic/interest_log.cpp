// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/interest_log.h"

#include <algorithm>

namespace loopscope::viewer {

uint32_t InterestLog::slot_of(uint32_t number) const {
  const auto number_of = [](const Item& item) { return item.number & ~kFlag; };
  if (number < items_.size() && number_of(items_[number]) == number) return number;
  const auto found = std::ranges::lower_bound(items_, number, {}, number_of);
  return found != items_.end() && number_of(*found) == number ? uint32_t(found - items_.begin()) : kNoChange;
}

void InterestLog::append(Item item) {
  const size_t slot = items_.size();
  if (slot % kBlock == 0) blocks_.emplace_back();
  Block& block = blocks_.back();
  block.first = std::min(block.first, item.from);
  if (item.until == INT64_MAX)
    ++block.open;
  else
    block.last = std::max(block.last, item.until);
  items_.push_back(item);
}

void InterestLog::take(const WatchStep& step) {
  ++steps_;
  last_t_ = std::max(last_t_, step.t);
  if (step.kind == WatchStep::Kind::Changed) return change(step);
  if (step.kind == WatchStep::Kind::Gone) {
    const uint32_t slot = slot_of(step.item);
    if (slot == kNoChange) return;
    items_[slot].until = last_t_;
    Block& block = blocks_[slot / kBlock];
    --block.open;
    block.last = std::max(block.last, last_t_);
    return;
  }
  if (items_.size() >= kFlag || step.item >= kFlag) return;
  uint32_t& instance = instance_numbers_[step.instance];
  if (instance == 0) {
    instances_.push_back({step.instance, step.epfd, step.pid});
    instance = uint32_t(instances_.size());
  }
  Item item;
  item.from = last_t_;
  item.since = step.since;
  item.data = step.data;
  item.target = step.target;
  item.fd = step.fd;
  item.events = step.events;
  item.instance = (instance - 1) | (step.before ? kFlag : 0);
  item.number = step.item | (step.disarmed ? kFlag : 0);
  append(item);
}

void InterestLog::change(const WatchStep& step) {
  const uint32_t slot = slot_of(step.item);
  if (slot == kNoChange) return;
  Item& item = items_[slot];
  const WatchedItem now = item_of(slot, item.last_change);
  if (now.events == step.events && now.data == step.data && now.disarmed == step.disarmed) return;
  if (changes_.size() >= kNoChange) return;
  item.last_change = changes_.size();
  changes_.push(last_t_, step.item, state_number({step.data, step.events, step.disarmed}));
  if (changes_.size() % kChanges == 0) note_changes();
}

void InterestLog::Changes::push(Ns when, uint32_t of, uint32_t now) {
  if (number.empty()) begin = when;
  t.push(uint64_t(when) - uint64_t(begin));
  number.push_back(of);
  state.push_back(now);
}

uint32_t InterestLog::Changes::behind(Ns when) const {
  uint32_t low = 0, high = size();
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (at(middle) <= when)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

uint32_t InterestLog::state_number(const State& state) {
  const uint64_t bits = uint64_t(state.events) << 1 | uint64_t(state.disarmed);
  uint32_t& known = state_by_hash_[state.data * 0x9e3779b97f4a7c15 ^ bits];
  if (known != 0 && states_[known - 1] == state) return known - 1;
  states_.push_back(state);
  known = uint32_t(states_.size());  // of two of one hash the later is found again
  return known - 1;
}

void InterestLog::note_changes() {
  Held& noted = noted_.emplace_back();
  const Ns t = changes_.at(changes_.size() - 1);
  for (uint32_t b = 0; b < blocks_.size(); ++b) {
    if (blocks_[b].open == 0 && blocks_[b].last <= t) continue;
    const auto end = uint32_t(std::min<size_t>(items_.size(), size_t(b + 1) * kBlock));
    for (uint32_t slot = b * kBlock; slot < end; ++slot)
      if (items_[slot].until > t && items_[slot].last_change != kNoChange)
        noted.emplace_back(items_[slot].number & ~kFlag, items_[slot].last_change);
  }
  noted_count_ += noted.size();
}

WatchedItem InterestLog::item_of(uint32_t slot, uint32_t change) const {
  const Item& item = items_[slot];
  WatchedItem made{item.target,
                   item.fd,
                   item.events,
                   item.data,
                   item.since,
                   (item.number & kFlag) != 0,
                   (item.instance & kFlag) != 0};
  if (change == kNoChange) return made;
  const State& state = states_[changes_.state[change]];
  made.events = state.events;
  made.data = state.data;
  made.disarmed = state.disarmed;
  return made;
}

InterestLog::Held InterestLog::held_at(Ns t) const {
  Held held;
  for (uint32_t b = 0; b < blocks_.size(); ++b) {
    if (blocks_[b].first > t || (blocks_[b].open == 0 && blocks_[b].last <= t)) continue;
    const auto end = uint32_t(std::min<size_t>(items_.size(), size_t(b + 1) * kBlock));
    for (uint32_t slot = b * kBlock; slot < end; ++slot)
      if (items_[slot].from <= t && t < items_[slot].until) held.emplace_back(slot, kNoChange);
  }
  const auto slot_in = [&held](uint32_t slot) {
    const auto found = std::ranges::lower_bound(held, slot, {}, &Held::value_type::first);
    return found != held.end() && found->first == slot ? &*found : nullptr;
  };
  // The changes up to t since the last that were noted, then those.
  const uint32_t behind = changes_.behind(t);
  const uint32_t noted = behind / kChanges;
  for (uint32_t i = behind; i-- > noted * kChanges;)
    if (auto* each = slot_in(slot_of(changes_.number[i])); each && each->second == kNoChange)
      each->second = i;
  if (noted > 0)
    for (const auto& [number, change] : noted_[noted - 1])
      if (auto* each = slot_in(slot_of(number)); each && each->second == kNoChange) each->second = change;
  return held;
}

void InterestLog::drop_before(Ns t) {
  const Held held = held_at(t);
  InterestLog kept;
  kept.instances_ = std::move(instances_);
  kept.instance_numbers_ = std::move(instance_numbers_);
  kept.last_t_ = last_t_;
  kept.steps_ = steps_;
  auto each = held.begin();
  for (uint32_t slot = 0; slot < items_.size(); ++slot) {
    const bool holds = each != held.end() && each->first == slot;
    if (!holds && items_[slot].until <= t) continue;
    Item item = items_[slot];
    if (holds) {
      const WatchedItem then = item_of(slot, each->second);
      item.events = then.events;
      item.data = then.data;
      item.number = (item.number & ~kFlag) | (then.disarmed ? kFlag : 0);
      ++each;
    }
    item.last_change = kNoChange;
    kept.append(item);
  }
  for (uint32_t i = changes_.behind(t); i < changes_.size(); ++i) {
    const uint32_t slot = kept.slot_of(changes_.number[i]);
    if (slot == kNoChange) continue;
    kept.items_[slot].last_change = kept.changes_.size();
    kept.changes_.push(changes_.at(i), changes_.number[i], kept.state_number(states_[changes_.state[i]]));
    if (kept.changes_.size() % kChanges == 0) kept.note_changes();
  }
  *this = std::move(kept);
}

uint64_t InterestLog::bytes() const {
  constexpr uint64_t kChangeBytes = 12, kStateBytes = sizeof(State) + 32;
  return items_.size() * sizeof(Item) + changes_.size() * kChangeBytes + states_.size() * kStateBytes +
         noted_count_ * sizeof(Held::value_type) + instances_.size() * sizeof(Instance);
}

}  // namespace loopscope::viewer
