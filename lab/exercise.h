// SPDX-License-Identifier: Apache-2.0
// An exercise of the lab, as its file states it: a question, hints, and what of a trace answers it. Files are
// JSON (docs/lab/exercises.md); a file that makes no sense is refused with a sentence that says where.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace loopscope::lab {

using Json = nlohmann::ordered_json;

// The same in each language: "en", "zh-Hant".
struct LocalText {
  std::map<std::string, std::string> by_language;
  // In that language, else in English.
  [[nodiscard]] const std::string& in(std::string_view language) const;
  [[nodiscard]] bool empty() const { return by_language.empty(); }
};

struct Hint {
  LocalText text;
  std::vector<std::string> lanes;  // of the viewer, to be looked at: "listeners", "loops", "rings", "threads"
};

struct Parameter {
  std::string value;  // where the student states none
  LocalText text;
};

// What is said of an answer that is wrong in a way that was foreseen.
struct WrongAnswer {
  Json selection;
  bool of_evidence = false;  // it is about the evidence, not the answer
  LocalText say;
};

// Something that has to be in the trace.
struct Need {
  Json selection;
  LocalText say;  // what to do where it is not
};

enum class AnswerType : uint8_t { Fd, Record, Number, Choice, Text };

struct Choice {
  std::string id;
  LocalText text;
};

struct Exercise {
  std::string id;
  int version = 0, part = 0, order = 0;
  LocalText title, question, explain;
  std::vector<Hint> hints;
  std::map<std::string, Parameter> parameters;
  std::map<std::string, Json> names;  // selections that others refer to as {name}
  std::vector<Need> needs;
  std::vector<std::string> hides;  // sections of `report` that would give the answer away

  AnswerType type = AnswerType::Fd;
  Json accept;           // a selection: any of its values is right; none for Text
  double tolerance = 0;  // of Number: 0.15 is 15 %
  std::vector<Choice> choices;
  bool predict = false;  // the student says what to expect before
  Json evidence;         // a selection of record ids, null: none is asked for
  size_t evidence_least = 1;
  bool reason = true;  // asked for
  std::vector<WrongAnswer> wrong;
  LocalText otherwise;  // said of a wrong answer that none of `wrong` foresaw; may be empty
};

// The errors are sentences.
[[nodiscard]] std::expected<Exercise, std::string> parse_exercise(std::string_view text);

[[nodiscard]] std::string_view answer_type_name(AnswerType type);

// Those that come with the program, in their order.
[[nodiscard]] const std::vector<Exercise>& bundled_exercises();

// A file to start from.
[[nodiscard]] std::string exercise_template(std::string_view id);

}  // namespace loopscope::lab
