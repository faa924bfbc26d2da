// SPDX-License-Identifier: Apache-2.0
#include "lab/judge.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/refusal.h"
#include "lab/selection.h"
#include "lab/words.h"

namespace loopscope::lab {
namespace {

constexpr size_t kShortestReason = 10, kShortestText = 40;  // bytes

std::optional<double> number_of(const std::string& text) {
  const std::string plain = plain_number(text);
  if (plain.empty()) return std::nullopt;
  return std::strtod(plain.c_str(), nullptr);
}

// The word of the choice, however it was written.
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

// Of one exercise, one trace and one student.
class Judge {
 public:
  Judge(const Exercise& exercise, Evidence& evidence, const ParameterValues& parameters,
        std::string_view language)
      : exercise_(exercise),
        evidence_(evidence),
        parameters_(parameters),
        language_(language),
        selector_(evidence, exercise.names, parameters) {}

  [[nodiscard]] std::string lacks();
  [[nodiscard]] Verdict judge(const Answer& answer);

 private:
  [[nodiscard]] Verdict wrong(std::string_view en, std::string_view zh) const {
    return {Outcome::Wrong, std::string(say(language_, en, zh))};
  }
  [[nodiscard]] std::string why_no_answer(const Answer& answer) const;
  [[nodiscard]] bool is_among(const std::string& text, const Values& values) const;
  [[nodiscard]] Verdict judge_evidence(const Answer& answer);
  [[nodiscard]] const WrongAnswer* foreseen(const std::string& text, bool of_evidence);

  const Exercise& exercise_;
  Evidence& evidence_;
  const ParameterValues& parameters_;
  std::string language_;
  Selector selector_;
};

std::string Judge::lacks() {
  for (const Need& need : exercise_.needs) {
    const auto there = selector_.values(need.selection);
    if (!there) return there.error();
    const bool none =
        there->empty() || (there->size() == 1 && there->front() == 0 && need.selection.contains("count"));
    if (none) return shown(need.say, parameters_, language_);
  }
  return {};
}

std::string Judge::why_no_answer(const Answer& answer) const {
  const auto none = [&](std::string_view en, std::string_view zh) {
    return std::string(say(language_, en, zh));
  };
  if (exercise_.type == AnswerType::Text) {
    if (answer.text.size() >= kShortestText) return {};
    return none("Answer in a sentence or two.", "請用一兩句話回答。");
  }
  if (exercise_.type == AnswerType::Choice) {
    if (std::ranges::find(exercise_.choices, lower(answer.text), &Choice::id) != exercise_.choices.end())
      return {};
    std::vector<std::string> ids;
    ids.reserve(exercise_.choices.size());
    for (const Choice& choice : exercise_.choices) ids.push_back(choice.id);
    return none("Choose one of: ", "請選擇其中之一：") + fmt::format("{}", fmt::join(ids, ", "));
  }
  if (number_of(answer.text)) return {};
  if (exercise_.type == AnswerType::Record)
    return none("The answer is the id of a record, the first column of `loopscope show --ids`.",
                "答案是一筆紀錄的 id，也就是 `loopscope show --ids` 的第一欄。");
  return none("The answer is a number, such as 12.", "答案是一個數字，例如 12。");
}

bool Judge::is_among(const std::string& text, const Values& values) const {
  const auto number = number_of(text);
  return std::ranges::any_of(values, [&](const Json& value) {
    if (!value.is_number() || !number)
      return value.is_string() && value.get_ref<const std::string&>() == text;
    const double right = value.get<double>();
    return std::abs(*number - right) <= std::max(std::abs(right) * exercise_.tolerance, 1e-9);
  });
}

const WrongAnswer* Judge::foreseen(const std::string& text, bool of_evidence) {
  for (const WrongAnswer& each : exercise_.wrong) {
    if (each.of_evidence != of_evidence) continue;
    const auto values = selector_.values(each.selection);
    if (values && is_among(text, *values)) return &each;
  }
  return nullptr;
}

Verdict Judge::judge_evidence(const Answer& answer) {
  if (exercise_.evidence.is_null()) return {Outcome::Right, {}};
  const auto right = selector_.values(exercise_.evidence);
  if (!right) return {Outcome::Unanswerable, right.error()};
  if (answer.evidence.size() < exercise_.evidence_least)
    return wrong(
        "The answer is right. Now show it: name the record in which you see it, with --evidence ID "
        "(`loopscope show --ids` prints them).",
        "答案正確。請再指出證據：用 --evidence ID 說明你在哪一筆紀錄看到（`loopscope show --ids` 會印出 "
        "id）。");
  for (const uint64_t id : answer.evidence) {
    if (is_among(std::to_string(id), *right)) continue;
    if (const WrongAnswer* known = foreseen(std::to_string(id), true))
      return {Outcome::Wrong, shown(known->say, parameters_, language_)};
    return {Outcome::Wrong,
            fmt::format(fmt::runtime(say(language_, "The answer is right, but record {} does not show it. {}",
                                         "答案正確，但第 {} 筆紀錄並不能證明它。{}")),
                        id, what_record(evidence_, id, language_))};
  }
  return {Outcome::Right, {}};
}

Verdict Judge::judge(const Answer& answer) {
  if (std::string why = lacks(); !why.empty()) return {Outcome::Unanswerable, why};
  if (std::string why = why_no_answer(answer); !why.empty()) return {Outcome::Wrong, why};
  if (exercise_.type == AnswerType::Text) return {Outcome::Read, {}};
  const auto right = selector_.values(exercise_.accept);
  if (!right) return {Outcome::Unanswerable, right.error()};
  if (right->empty())
    return {Outcome::Unanswerable,
            std::string(say(language_, "This trace does not hold the answer to this question.",
                            "這份紀錄裡沒有這個問題的答案。"))};
  const bool chosen = exercise_.type == AnswerType::Choice;
  const std::string text = chosen ? lower(answer.text) : plain_number(answer.text);
  if (!is_among(text, *right)) {
    if (const WrongAnswer* known = foreseen(text, false))
      return {Outcome::Wrong, shown(known->say, parameters_, language_)};
    if (!exercise_.otherwise.empty())
      return {Outcome::Wrong, shown(exercise_.otherwise, parameters_, language_)};
    return {Outcome::Wrong, why_not(exercise_, evidence_, text, language_)};
  }
  Verdict verdict = judge_evidence(answer);
  if (verdict.outcome != Outcome::Right) return verdict;
  if (exercise_.reason && answer.because.size() < kShortestReason)
    return wrong(
        "The answer is right. Say why in a sentence: --because \"…\"; in the window, the field for it.",
        "答案正確。請用一句話說明理由：--because「…」；在視窗中填入理由欄位。");
  return verdict;
}

}  // namespace

std::expected<ParameterValues, std::string> parameters_of(const Exercise& exercise,
                                                          const ParameterValues& given) {
  ParameterValues values;
  for (const auto& [name, parameter] : exercise.parameters) values[name] = parameter.value;
  for (const auto& [name, value] : given) {
    if (!values.contains(name))
      return std::unexpected(fmt::format("{} has no parameter '{}'", exercise.id, name));
    if (value.empty() || value.find_first_of("{} \t\n\"") != value.npos)
      return std::unexpected(fmt::format("'{}' is no value for {}", value, name));
    values[name] = value;
  }
  return values;
}

std::string shown(const LocalText& text, const ParameterValues& parameters, std::string_view language) {
  std::string made = text.in(language);
  for (const auto& [name, value] : parameters)
    for (size_t at = 0; (at = made.find('{' + name + '}', at)) != made.npos; at += value.size())
      made.replace(at, name.size() + 2, value);
  return made;
}

std::string lacks(const Exercise& exercise, Evidence& evidence, const ParameterValues& parameters,
                  std::string_view language) {
  return Judge(exercise, evidence, parameters, language).lacks();
}

Verdict judge(const Exercise& exercise, Evidence& evidence, const ParameterValues& parameters,
              const Answer& answer, std::string_view language) {
  return Judge(exercise, evidence, parameters, language).judge(answer);
}

}  // namespace loopscope::lab
