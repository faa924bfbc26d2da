// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/actions.h"

namespace loopscope::viewer {
namespace {

using enum Action;

// action, key, ctrl, shift, alt, repeats, keys, does, group
constexpr KeyBinding kBindings[]{
    {ZoomIn, 'W', false, false, false, true, "W / S", "zoom in, out at the mouse", "Move"},
    {ZoomOut, 'S', false, false, false, true, "", "", "Move"},
    {PanLeft, 'A', false, false, false, true, "A / D", "earlier, later", "Move"},
    {PanRight, 'D', false, false, false, true, "", "", "Move"},
    {Focus, 'F', false, false, false, false, "F, Z", "show what is selected; again: everything", "Move"},
    {Focus, 'Z', false, false, false, false, "", "", "Move"},
    {GoToStart, kKeyHome, false, false, false, false, "Home / End", "beginning, end; live: the newest",
     "Move"},
    {GoToEnd, kKeyEnd, false, false, false, false, "", "", "Move"},
    {ToggleFollow, ' ', false, false, false, false, "Space", "live: hold still, go on", "Move"},
    {ShowAll, kKeyHome, true, false, false, false, "Ctrl+Home", "show everything", "Move"},
    {Undo, 'Z', true, false, false, false, "Ctrl+Z, Alt+Left", "back to where you were", "Move"},
    {Undo, kKeyLeft, false, false, true, false, "", "", "Move"},
    {GoToRegistration, 'G', false, false, false, false, "G", "the registration of the listener", "Step"},
    {PreviousBurst, kKeyLeft, true, false, false, true, "Ctrl+Left / Right",
     "previous, next wakeup of the loop", "Step"},
    {NextBurst, kKeyRight, true, false, false, true, "", "", "Step"},
    {PreviousEvent, kKeyLeft, false, false, false, true, "Left / Right", "previous, next event of the lane",
     "Step"},
    {NextEvent, kKeyRight, false, false, false, true, "", "", "Step"},
    {PreviousEvent, ',', false, false, false, true, "", "", "Step"},
    {NextEvent, '.', false, false, false, true, "", "", "Step"},
    {LaneUp, kKeyUp, false, false, false, true, "Up / Down", "the lane above, below", "Step"},
    {LaneDown, kKeyDown, false, false, false, true, "", "", "Step"},
    {ArrowBack, '[', false, false, false, false, "[ / ]", "follow an arrow back, forward", "Step"},
    {ArrowForward, ']', false, false, false, false, "", "", "Step"},
    {NextFinding, 'J', false, false, false, false, "J / K", "next, previous finding", "Step"},
    {PreviousFinding, 'K', false, false, false, false, "", "", "Step"},
    {OpenSearch, '/', false, false, false, false, "/, Ctrl+F", "search, as loopscope show does", "Find"},
    {OpenSearch, 'F', true, false, false, false, "", "", "Find"},
    {NextHit, 'N', false, false, false, true, "N / Shift+N", "next, previous hit", "Find"},
    {PreviousHit, 'N', false, true, false, true, "", "", "Find"},
    {CycleSearchMode, 'X', false, false, false, false, "X", "the rest: as it is, dimmed, lanes away", "Find"},
    {Filter, 'L', false, false, false, false, "L", "show only lanes with some name", "Find"},
    {PinLane, 'P', false, false, false, false, "P / H", "pin, hide the lane; Shift+H: all back", "Find"},
    {HideLane, 'H', false, false, false, false, "", "", "Find"},
    {ShowHidden, 'H', false, true, false, false, "", "", "Find"},
    {AddNote, 'M', false, false, false, false, "M", "mark this place, and write a note", "Keep"},
    {NextNote, 'B', false, false, false, false, "B / Shift+B", "next, previous note", "Keep"},
    {PreviousNote, 'B', false, true, false, false, "", "", "Keep"},
    {RangeOfSelection, 'R', false, false, false, false, "R", "what is selected becomes the range", "Keep"},
    {SavePicture, kKeyF12, false, false, false, false, "F12", "save a picture, PNG", "Keep"},
    {NextTrace, kKeyTab, false, false, false, false, "Tab", "the other of two traces", "Window"},
    {LinkTraces, 'T', false, false, false, false, "T", "two traces move together, or not", "Window"},
    {Clear, kKeyEscape, false, false, false, false, "Esc", "close, unselect", "Window"},
    {ToggleDrawer, 'Q', false, false, false, false, "Q", "lower half away, and back", "Window"},
    {Palette, 'P', true, false, false, false, "Ctrl+P", "everything that can be done, by name", "Window"},
    {OpenFile, 'O', true, false, false, false, "Ctrl+O", "open a trace", "Window"},
    {Quit, 'Q', true, false, false, false, "Ctrl+Q", "end", "Window"},
    {Bigger, '=', true, false, false, false, "Ctrl+= / Ctrl+-", "larger, smaller text", "Window"},
    {Bigger, '+', true, false, false, false, "", "", "Window"},
    {Smaller, '-', true, false, false, false, "", "", "Window"},
    {Help, '?', false, false, false, false, "?", "this sheet", "Window"},
};

constexpr Command kCommands[]{
    {GoToRegistration, "Show where the listening socket was registered", "G"},
    {NextBurst, "Next wakeup of the loop", "Ctrl+Right"},
    {PreviousBurst, "Previous wakeup of the loop", "Ctrl+Left"},
    {ArrowForward, "Follow the arrow forward: what came of it", "]"},
    {ArrowBack, "Follow the arrow back: where it came from", "["},
    {Focus, "Show what is selected", "F"},
    {ShowAll, "Show everything", "Ctrl+Home"},
    {Undo, "Back to where you were", "Ctrl+Z"},
    {OpenSearch, "Search", "/"},
    {CycleSearchMode, "What the search does not find: as it is, dimmed, lanes away", "X"},
    {Filter, "Show only lanes with some name", "L"},
    {PinLane, "Pin the lane of what is selected to the top", "P"},
    {HideLane, "Hide the lane of what is selected", "H"},
    {ShowHidden, "Show hidden lanes again", "Shift+H"},
    {NextFinding, "Next finding", "J"},
    {PreviousFinding, "Previous finding", "K"},
    {AddNote, "Mark this place, and write a note", "M"},
    {NextNote, "Next note", "B"},
    {PreviousNote, "Previous note", "Shift+B"},
    {RangeOfSelection, "Make what is selected the range", "R"},
    {ToggleFollow, "Live: hold still, or follow the newest", "Space"},
    {OpenFile, "Open a trace", "Ctrl+O"},
    {NextTrace, "Go to the other of two traces", "Tab"},
    {LinkTraces, "Two traces: move together, or each alone", "T"},
    {CloseTrace, "Close this one of two traces", ""},
    {ShowListeners, "Panel: listeners", ""},
    {ShowWatched, "Panel: what is watched at this moment", ""},
    {ShowLoops, "Panel: loops", ""},
    {ShowFindings, "Panel: findings", ""},
    {ShowEvents, "Panel: events", ""},
    {ShowRangeFigures, "Panel: figures of the range", ""},
    {ShowNotes, "Panel: notes", ""},
    {ShowLab, "Panel: exercises of the lab", ""},
    {ShowRecord, "Record a running server", ""},
    {ShowCompare, "Compare two traces", ""},
    {SavePicture, "Save a picture (PNG)", "F12"},
    {SaveTable, "Save the events as a table (CSV)", ""},
    {SaveRange, "Save the range as a trace", ""},
    {NextTheme, "Colours: dark, light, projector", ""},
    {ToggleDrawer, "Lower half away, and back", "Q"},
    {Bigger, "Larger text", "Ctrl+="},
    {Smaller, "Smaller text", "Ctrl+-"},
    {Help, "Keys and mouse", "?"},
    {Quit, "Quit", "Ctrl+Q"},
};

constexpr MouseHelp kMouse[]{
    {"click", "select; on a name: fold it; right: more"},
    {"double click", "show what is there"},
    {"drag", "a range: what happened in it"},
    {"Shift or right+drag", "move"},
    {"wheel", "scroll lanes; where all are in view: zoom"},
    {"Ctrl+wheel", "zoom at the mouse"},
    {"Shift+wheel", "earlier, later"},
    {"overview", "drag the window, or its edges"},
};

}  // namespace

std::span<const KeyBinding> key_bindings() {
  return kBindings;
}

std::span<const Command> commands() {
  return kCommands;
}

std::span<const MouseHelp> mouse_help() {
  return kMouse;
}

}  // namespace loopscope::viewer
