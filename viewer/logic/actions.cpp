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
    {GoToStart, kKeyHome, false, false, false, false, "Home / End", "beginning, end of the trace", "Move"},
    {GoToEnd, kKeyEnd, false, false, false, false, "", "", "Move"},
    {ShowAll, kKeyHome, true, false, false, false, "Ctrl+Home", "show everything", "Move"},
    {Undo, 'Z', true, false, false, false, "Ctrl+Z, Alt+Left", "back to where you were", "Move"},
    {Undo, kKeyLeft, false, false, true, false, "", "", "Move"},
    {PreviousBurst, kKeyLeft, true, false, false, true, "Ctrl+Left / Right",
     "previous, next wakeup of the loop", "Step"},
    {NextBurst, kKeyRight, true, false, false, true, "", "", "Step"},
    {PreviousEvent, kKeyLeft, false, false, false, true, "Left / Right", "previous, next event of the lane",
     "Step"},
    {NextEvent, kKeyRight, false, false, false, true, "", "", "Step"},
    {PreviousEvent, ',', false, false, false, true, "", "", "Step"},
    {NextEvent, '.', false, false, false, true, "", "", "Step"},
    {ArrowBack, '[', false, false, false, false, "[ / ]", "follow an arrow back, forward", "Step"},
    {ArrowForward, ']', false, false, false, false, "", "", "Step"},
    {NextFinding, 'J', false, false, false, false, "J / K", "next, previous finding", "Step"},
    {PreviousFinding, 'K', false, false, false, false, "", "", "Step"},
    {OpenSearch, '/', false, false, false, false, "/, Ctrl+F", "search, in the language of loopscope show",
     "Find"},
    {OpenSearch, 'F', true, false, false, false, "", "", "Find"},
    {NextHit, 'N', false, false, false, true, "N / Shift+N", "next, previous hit", "Find"},
    {PreviousHit, 'N', false, true, false, true, "", "", "Find"},
    {Filter, 'L', false, false, false, false, "L", "show only lanes with some name", "Find"},
    {Clear, kKeyEscape, false, false, false, false, "Esc", "close, unselect", "Window"},
    {ToggleDrawer, 'Q', false, false, false, false, "Q", "lower half away, and back", "Window"},
    {Bigger, '=', true, false, false, false, "Ctrl+= / Ctrl+-", "larger, smaller text", "Window"},
    {Bigger, '+', true, false, false, false, "", "", "Window"},
    {Smaller, '-', true, false, false, false, "", "", "Window"},
    {Help, '?', false, false, false, false, "?", "this sheet", "Window"},
};

constexpr MouseHelp kMouse[]{
    {"click", "select; on a name: fold it"},
    {"double click", "show what is there"},
    {"drag", "move"},
    {"wheel", "scroll lanes; where all are in view: zoom"},
    {"Ctrl+wheel", "zoom at the mouse"},
    {"Shift+wheel", "earlier, later"},
    {"overview", "drag the window, or its edges"},
};

}  // namespace

std::span<const KeyBinding> key_bindings() {
  return kBindings;
}

std::span<const MouseHelp> mouse_help() {
  return kMouse;
}

}  // namespace loopscope::viewer
