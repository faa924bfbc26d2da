// SPDX-License-Identifier: Apache-2.0
// What a panel asks for when somebody clicks, drags or types in it. Whoever owns what it is about does it
// between frames: a Session what concerns one trace, the Workspace the rest.
#pragma once

#include <string>

#include "viewer/logic/actions.h"
#include "viewer/logic/record_table.h"
#include "viewer/logic/view_range.h"

namespace loopscope::viewer {

struct Request {
  enum class Kind : uint8_t {
    Select,     // the event `a` of lane `lane`
    SelectRow,  // the record `a`
    GoTo,       // likewise, and show it
    GoToRow,
    ShowRange,  // from `from` to `to`
    Perform,    // `action`
    Fold,       // the track `a`
    Pin,
    Hide,
    ShowHidden,
    Pan,       // by `amount` pixels
    Zoom,      // by the factor `amount` about the pixel `x`
    Scroll,    // lanes, by `amount` pixels
    CentreOn,  // the time `from`
    ViewTo,    // as ShowRange, while something is dragged: no step to go back
    Unselect,
    SetRange,  // from `from` to `to`; `to` no later than `from`: none
    AddNote,   // at `from`, or from there to `to`
    EditNote,  // the note `a`: `text`
    RemoveNote,
    GoToNote,
    SetSearchMode,  // `a`: SearchMode
    StopReading,    // the trace: what has been read stays
    // Of the workspace.
    Activate,        // the trace `a`
    Close,           // likewise
    Open,            // the file `text` in place of what is there
    OpenBeside,      // likewise, below it
    Link,            // both traces move together from here on, or not: `a`
    RefreshServers,  // the list of those that could be recorded; a: 1 with those of other users
    Record,          // the process `a`
    RecordDemo,      // both demo servers, side by side
    StopRecording,
    Compare,
    SavePicture,
    SaveTable,      // as CSV: what the search found or, without one, all
    SaveRange,      // the range as a trace
    StartExercise,  // the exercise `a`
    CloseExercise,
    GiveHint,
    Predict,         // `text`
    SetParameter,    // `text`: NAME=VALUE
    SetLanguage,     // `text`
    AnswerExercise,  // `text`: packed()
  };
  Kind kind = Kind::Unselect;
  uint32_t lane = kNone, a = kNone;
  Ns from = 0, to = 0;
  Action action = Action::Help;
  double amount = 0, x = 0;
  std::string text;
};

}  // namespace loopscope::viewer
