// SPDX-License-Identifier: Apache-2.0
#include "lab/desk.h"

#include <array>

#include "lab/trace_evidence.h"

namespace loopscope::lab {

std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, 4> kNames{"right", "wrong", "read", "unanswerable"};
  return kNames[size_t(outcome)];
}

std::expected<Judged, std::string> judge_on(const std::string& trace, const Exercise& exercise,
                                            const ParameterValues& parameters, const Answer& answer,
                                            std::string_view language) {
  const auto evidence = TraceEvidence::open(trace);
  if (!evidence) return std::unexpected(evidence.error());
  auto digest = digest_of(trace);
  if (!digest) return std::unexpected(digest.error());
  return Judged{judge(exercise, **evidence, parameters, answer, language), std::move(*digest)};
}

Attempt& open_exercise(Progress& progress, const Exercise& exercise) {
  Attempt& attempt = progress.attempts[exercise.id];
  attempt.version = exercise.version;
  if (attempt.opened_at.empty()) attempt.opened_at = time_now();
  if (progress.started.empty()) progress.started = attempt.opened_at;
  return attempt;
}

void note_answer(Progress& progress, const Exercise& exercise, const Judged& judged, const std::string& trace,
                 const ParameterValues& parameters, const Answer& answer) {
  Attempt& attempt = open_exercise(progress, exercise);
  ++attempt.tries;
  // Who has solved it and tries something else does not lose what was right.
  const bool right = judged.verdict.outcome == Outcome::Right || judged.verdict.outcome == Outcome::Read;
  if (attempt.done() && !right) return;
  attempt.answer = answer.text;
  attempt.evidence = answer.evidence;
  attempt.because = answer.because;
  attempt.trace = trace;
  attempt.digest = judged.digest;
  attempt.parameters = parameters;
  attempt.answered_at = time_now();
  attempt.outcome = outcome_name(judged.verdict.outcome);
  if (attempt.done() && progress.open == exercise.id) progress.open.clear();
}

}  // namespace loopscope::lab
