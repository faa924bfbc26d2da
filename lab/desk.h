// SPDX-License-Identifier: Apache-2.0
// Answering an exercise, in the terminal and in the window alike.
#pragma once

#include <expected>
#include <string>

#include "lab/judge.h"
#include "lab/progress.h"

namespace loopscope::lab {

struct Judged {
  Verdict verdict;
  std::string digest;  // of the trace
};

// Reads the trace. The error is a sentence.
[[nodiscard]] std::expected<Judged, std::string> judge_on(const std::string& trace, const Exercise& exercise,
                                                          const ParameterValues& parameters,
                                                          const Answer& answer, std::string_view language);

// What was answered, and what came of it.
void note_answer(Progress& progress, const Exercise& exercise, const Judged& judged, const std::string& trace,
                 const ParameterValues& parameters, const Answer& answer);

// Begins it, or goes on with it.
Attempt& open_exercise(Progress& progress, const Exercise& exercise);

[[nodiscard]] std::string_view outcome_name(Outcome outcome);

}  // namespace loopscope::lab
