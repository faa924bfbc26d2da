// SPDX-License-Identifier: Apache-2.0
// Everything that a key does, in one table: it handles the keys and writes the help sheet.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace loopscope::viewer {

enum class Action : uint8_t {
  ZoomIn,
  ZoomOut,
  PanLeft,
  PanRight,
  Focus,
  ShowAll,
  GoToStart,
  GoToEnd,
  Undo,
  PreviousEvent,
  NextEvent,
  PreviousBurst,
  NextBurst,
  ArrowBack,
  ArrowForward,
  OpenSearch,
  NextHit,
  PreviousHit,
  NextFinding,
  PreviousFinding,
  Filter,
  ToggleDrawer,
  Bigger,
  Smaller,
  Clear,
  Help,
};

// Keys without a character, beside the characters of the rest (letters in upper case).
enum Key : int { kKeyLeft = 256, kKeyRight, kKeyHome, kKeyEnd, kKeyEnter, kKeyEscape };

struct KeyBinding {
  Action action;
  int key;  // a character, or a Key
  bool ctrl = false, shift = false, alt = false;
  bool repeats = false;   // while held down
  std::string_view keys;  // as the help sheet shows it; empty: another binding's line tells of it
  std::string_view does;
  std::string_view group;
};

[[nodiscard]] std::span<const KeyBinding> key_bindings();

// What the mouse does, for the help sheet.
struct MouseHelp {
  std::string_view gesture, does;
};
[[nodiscard]] std::span<const MouseHelp> mouse_help();

}  // namespace loopscope::viewer
