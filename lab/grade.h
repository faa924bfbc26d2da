// SPDX-License-Identifier: Apache-2.0
// Marks for a folder of submissions: each answer is judged anew, from the trace that was handed in with it.
#pragma once

#include <functional>

#include "lab/exercise.h"

namespace loopscope::lab {

struct Mark {
  std::string exercise, outcome;  // as in Attempt; "missing" where it was not answered
  std::string say;                // why not right
  std::string answer, because, prediction, digest;
  size_t hints = 0, tries = 0;
};

struct Graded {
  std::string file, name, started, submitted;
  std::string problem;  // why it could not be graded; empty: it was
  std::vector<Mark> marks;
  std::vector<std::string> same_traces_as;  // files of others that hand in one of the same traces
  [[nodiscard]] size_t right() const;
};

// Every *.zip in `folder`, by name. The error is a sentence.
[[nodiscard]] std::expected<std::vector<Graded>, std::string> grade_folder(
    const std::string& folder, const std::vector<Exercise>& exercises);

// One line each: file, name, times, right of all, and a column for each exercise: 1, 0, "read" for free text,
// or nothing. Cells that a spreadsheet would take for formulas are not.
[[nodiscard]] std::string marks_csv(const std::vector<Graded>& graded,
                                    const std::vector<Exercise>& exercises);
[[nodiscard]] std::string marks_json(const std::vector<Graded>& graded);

}  // namespace loopscope::lab
