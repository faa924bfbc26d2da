// SPDX-License-Identifier: Apache-2.0
// What belongs to what is selected, one hop away: the ready descriptor, the wakeup, what handles it, what
// that opens, and the thread the work came from or goes to. It follows ids and times, never what happens to
// be drawn.
#pragma once

#include <string_view>
#include <vector>

#include "viewer/logic/timeline.h"

namespace loopscope::viewer {

struct Selection {
  uint32_t lane = kNone, index = kNone;  // the event; kNone: a record that is not drawn, or nothing
  uint32_t row = kNone;                  // its record
  [[nodiscard]] bool any() const { return row != kNone; }
  [[nodiscard]] bool drawn() const { return lane != kNone; }
  bool operator==(const Selection&) const = default;
};

struct End {
  uint32_t lane = kNone, index = kNone;
  Ns t = 0;
};

struct Arrow {
  End from, to;
  std::string_view what;  // "woke", "handled by", …
  bool certain = true;
};

inline constexpr size_t kMostArrows = 64;

[[nodiscard]] std::vector<Arrow> arrows_of(const Timeline& timeline, const Selection& selection);

// The burst in progress on a thread's track at t, as the index in its waits lane; kNone.
[[nodiscard]] uint32_t burst_at(const Timeline& timeline, uint32_t track, Ns t);
// The next (or previous) burst of a track seen from t, as above.
[[nodiscard]] uint32_t burst_after(const Timeline& timeline, uint32_t track, Ns t);
[[nodiscard]] uint32_t burst_before(const Timeline& timeline, uint32_t track, Ns t);

}  // namespace loopscope::viewer
