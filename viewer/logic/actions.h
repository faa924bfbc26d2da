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
  LaneUp,
  LaneDown,
  GoToRegistration,
  AddNote,
  NextNote,
  PreviousNote,
  ToggleFollow,
  PinLane,
  HideLane,
  ShowHidden,
  RangeOfSelection,
  CycleSearchMode,
  // Of the workspace or the window.
  OpenFile,
  Palette,
  NextTrace,
  LinkTraces,
  CloseTrace,
  SavePicture,
  SaveTable,
  SaveRange,
  NextTheme,
  Quit,
  ShowListeners,
  ShowLoops,
  ShowFindings,
  ShowEvents,
  ShowWatched,
  ShowRangeFigures,
  ShowNotes,
  ShowLab,
  ShowRecord,
  ShowCompare,
};
[[nodiscard]] constexpr bool of_session(Action action) {
  return action < Action::OpenFile;
}

// Keys without a character, beside the characters of the rest (letters in upper case).
enum Key : int {
  kKeyLeft = 256,
  kKeyRight,
  kKeyHome,
  kKeyEnd,
  kKeyEnter,
  kKeyEscape,
  kKeyUp,
  kKeyDown,
  kKeyTab,
  kKeyF12
};

struct KeyBinding {
  Action action;
  int key;  // a character, or a Key; 0: it is in the palette only
  bool ctrl = false, shift = false, alt = false;
  bool repeats = false;   // while held down
  std::string_view keys;  // as the help sheet shows it; empty: another binding's line tells of it, or none
  std::string_view does;
  std::string_view group;
};

[[nodiscard]] std::span<const KeyBinding> key_bindings();

// One line for each action of the palette: what it does, and the keys of it.
struct Command {
  Action action;
  std::string_view does, keys;
};
[[nodiscard]] std::span<const Command> commands();

// What the mouse does, for the help sheet.
struct MouseHelp {
  std::string_view gesture, does;
};
[[nodiscard]] std::span<const MouseHelp> mouse_help();

}  // namespace loopscope::viewer
