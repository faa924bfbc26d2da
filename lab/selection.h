// SPDX-License-Identifier: Apache-2.0
// Selections: how an exercise says what of a trace is an answer. A JSON object, one of
//
//   {"report": "listeners", "where": {…}, "each": "registrations", "with": {…}, "take": "fd"}
//       rows of `report --json` (docs/report.md): of a list those that `where` holds of; with `each`, of a
//       list in every such row those that `with` holds of; of each the value at `take`
//   {"show": "call=epoll_ctl op=ADD fd={listener}", "where": {…}, "take": "id"}
//       records, by a query of `loopscope show`; `take` is the id where it is not stated
//   {"opened": "{path}", "where": {…}, "take": "wakeup.id"}
//       what `report --opened` finds, with `waits`: the wakeup and the last wait before
//   {"name": "listener"}     the values of a name of the exercise
//   {"values": [1, "LT"]}    these
//   {"first": S}  {"last": S}  {"max": S}  {"any": [S, …]}  {"count": S}  {"quotient": [4000, S]}
//
// A place (`take`, and the members of `where` and `with`) goes through members and list indices separated by
// points; `*` is every entry of a list. A condition is a number, true, false, null (there is none), a text in
// which * stands for anything, or a list of which one has to hold. {name} in a text is a parameter or the
// values of a name, separated by commas, which a query takes as alternatives.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace loopscope::lab {

using Json = nlohmann::ordered_json;

// Where the values come from.
class Evidence {
 public:
  virtual ~Evidence() = default;
  [[nodiscard]] virtual const Json& report() = 0;
  // Records that a query matches, the first kMostRecords, in their order; the error is a sentence.
  [[nodiscard]] virtual std::expected<const std::vector<Json>*, std::string> find(
      const std::string& query) = 0;
  [[nodiscard]] virtual std::expected<const Json*, std::string> opened(const std::string& path) = 0;
};
inline constexpr size_t kMostRecords = 100'000;

// Empty where `json` is a selection; `known` are the names it may refer to. Else a sentence.
[[nodiscard]] std::string why_no_selection(const Json& json, const std::vector<std::string>& known);

using Values = std::vector<Json>;

// What the names of an exercise stand for, found when first asked for.
class Selector {
 public:
  // All outlive it. `parameters`: texts by name.
  Selector(Evidence& evidence, const std::map<std::string, Json>& names,
           const std::map<std::string, std::string>& parameters)
      : evidence_(evidence), names_(names), parameters_(parameters) {}

  [[nodiscard]] std::expected<Values, std::string> values(const Json& selection);
  // A text with its {name}s replaced.
  [[nodiscard]] std::expected<std::string, std::string> expand(std::string_view text);

 private:
  [[nodiscard]] std::expected<Values, std::string> of_name(const std::string& name);
  [[nodiscard]] std::expected<Values, std::string> of_rows(const Json& rows, const Json& selection,
                                                           std::string_view otherwise);
  [[nodiscard]] std::expected<bool, std::string> holds(const Json& conditions, const Json& row);
  [[nodiscard]] std::expected<bool, std::string> holds_of(const Json& condition, const Values& there);

  Evidence& evidence_;
  const std::map<std::string, Json>& names_;
  const std::map<std::string, std::string>& parameters_;
  std::map<std::string, Values> known_;
};

// The values at a place.
[[nodiscard]] Values values_at(const Json& json, std::string_view place);
// Whether `text` is as `pattern` says, in which * stands for anything.
[[nodiscard]] bool like(std::string_view text, std::string_view pattern);

}  // namespace loopscope::lab
