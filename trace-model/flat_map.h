// SPDX-License-Identifier: Apache-2.0
// An open-addressing hash map from a 64-bit key, for the few look-ups every recorded call makes: linear
// probing in one block of memory, no allocation but to grow. Pointers and references to values last until the
// next insertion or erasure.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace loopscope::trace_model {

template <typename Value>
class FlatMap {
 public:
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] Value* find(uint64_t key) { return const_cast<Value*>(std::as_const(*this).find(key)); }
  [[nodiscard]] const Value* find(uint64_t key) const {
    const size_t i = index_of(key);
    return i == kNone ? nullptr : &slots_[i].value;
  }

  // The value of `key`, made by default where there was none.
  Value& operator[](uint64_t key) {
    if (Value* found = find(key)) return *found;
    if ((size_ + 1) * 3 > slots_.size() * 2) grow();
    Slot& slot = slots_[free_slot(key)];
    slot.used = true;
    slot.key = key;
    ++size_;
    return slot.value;
  }

  bool erase(uint64_t key) {
    const size_t found = index_of(key);
    if (found == kNone) return false;
    close_hole(found);
    --size_;
    return true;
  }

  void clear() { slots_.clear(), size_ = 0; }

  // In no particular order. `visit` must not insert or erase.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (Slot& slot : slots_)
      if (slot.used) visit(slot.key, slot.value);
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Slot& slot : slots_)
      if (slot.used) visit(slot.key, slot.value);
  }

 private:
  struct Slot {
    uint64_t key = 0;
    bool used = false;
    Value value{};
  };

  static constexpr size_t kNone = SIZE_MAX;

  [[nodiscard]] size_t index_of(uint64_t key) const {
    if (size_ == 0) return kNone;
    for (size_t i = home(key); slots_[i].used; i = next(i))
      if (slots_[i].key == key) return i;
    return kNone;
  }

  // Fibonacci hashing: keys here are small integers and addresses, whose entropy is in the low or the middle
  // bits.
  [[nodiscard]] size_t home(uint64_t key) const {
    return size_t((key * 0x9E3779B97F4A7C15u) >> (64 - std::countr_zero(slots_.size())));
  }
  [[nodiscard]] size_t next(size_t i) const { return (i + 1) & (slots_.size() - 1); }
  [[nodiscard]] size_t free_slot(uint64_t key) const {
    size_t i = home(key);
    while (slots_[i].used) i = next(i);
    return i;
  }

  void grow() {
    std::vector<Slot> old = std::exchange(slots_, {});
    slots_.resize(old.empty() ? 8 : old.size() * 2);
    for (Slot& slot : old)
      if (slot.used) slots_[free_slot(slot.key)] = std::move(slot);
  }

  // Moves later entries of the probe sequence back, so that no tombstones are needed.
  void close_hole(size_t hole) {
    for (size_t i = next(hole); slots_[i].used; i = next(i)) {
      const size_t distance_home = (i - home(slots_[i].key)) & (slots_.size() - 1);
      const size_t distance_hole = (i - hole) & (slots_.size() - 1);
      if (distance_home < distance_hole) continue;
      slots_[hole] = std::move(slots_[i]);
      hole = i;
    }
    slots_[hole] = Slot{};
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace loopscope::trace_model
