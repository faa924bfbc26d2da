// SPDX-License-Identifier: Apache-2.0
// Whether an answer is right, by what the trace says; and if not, why, where that was foreseen.
#pragma once

#include <cstdint>

#include "lab/exercise.h"
#include "lab/selection.h"

namespace loopscope::lab {

struct Answer {
  std::string text;                // a number, the id of a choice, or free text
  std::vector<uint64_t> evidence;  // ids of records
  std::string because;
};

enum class Outcome : uint8_t {
  Right,
  Wrong,
  Read,         // free text: for a person to judge
  Unanswerable  // the trace lacks what the question is about
};

struct Verdict {
  Outcome outcome = Outcome::Wrong;
  std::string say;  // to the student
};

using ParameterValues = std::map<std::string, std::string>;

// Those of the exercise, and what `given` states otherwise; the error is a sentence.
[[nodiscard]] std::expected<ParameterValues, std::string> parameters_of(const Exercise& exercise,
                                                                        const ParameterValues& given);

// Empty where the trace has what the question is about; else a sentence.
[[nodiscard]] std::string lacks(const Exercise& exercise, Evidence& evidence,
                                const ParameterValues& parameters, std::string_view language);

[[nodiscard]] Verdict judge(const Exercise& exercise, Evidence& evidence, const ParameterValues& parameters,
                            const Answer& answer, std::string_view language);

// A text of the exercise with its parameters; names stay closed, for they are answers.
[[nodiscard]] std::string shown(const LocalText& text, const ParameterValues& parameters,
                                std::string_view language);

}  // namespace loopscope::lab
