// SPDX-License-Identifier: Apache-2.0
#include "lab/selection.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "trace-model/query.h"

namespace loopscope::lab {
namespace {

using Result = std::expected<Values, std::string>;

constexpr std::array<std::string_view, 11> kKinds{"report", "show", "opened", "name",  "values",  "first",
                                                  "last",   "max",  "any",    "count", "quotient"};

std::string_view kind_of(const Json& json) {
  for (const std::string_view kind : kKinds)
    if (json.is_object() && json.contains(kind)) return kind;
  return {};
}

// The {name}s in a text, in their order; empty parts are none.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (size_t at = 0; (at = text.find('{', at)) != text.npos; ++at) {
    const size_t end = text.find('}', at);
    if (end == text.npos) break;
    names.emplace_back(text.substr(at + 1, end - at - 1));
    at = end;
  }
  return names;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string unknown_name(const Json& json, const std::vector<std::string>& known) {
  if (json.is_string()) {
    for (const std::string& name : names_in(json.get_ref<const std::string&>()))
      if (std::ranges::find(known, name) == known.end()) return name;
    return {};
  }
  if (json.is_structured())
    for (const auto& [key, value] : json.items())
      if (std::string name = unknown_name(value, known); !name.empty()) return name;
  return {};
}

std::string why_no_query(const Json& json) {
  std::string text = json["show"];
  for (const std::string& name : names_in(text))
    text.replace(text.find('{' + name + '}'), name.size() + 2, "1");
  const auto query = trace_model::Query::parse(text);
  return query ? std::string() : query.error();
}

}  // namespace

std::string why_no_selection(const Json& json, const std::vector<std::string>& known) {
  const std::string_view kind = kind_of(json);
  if (kind.empty()) return fmt::format("{} is no selection", json.dump().substr(0, 60));
  const Json& what = json[kind];
  constexpr std::array<std::string_view, 4> kOfRows{"where", "each", "with", "take"};
  const bool rows = kind == "report" || kind == "show" || kind == "opened";
  for (const auto& [member, value] : json.items()) {
    if (member == kind) continue;
    if (!rows || std::ranges::find(kOfRows, member) == kOfRows.end())
      return fmt::format("a selection by \"{}\" has no member \"{}\"", kind, member);
    if ((member == "each" || member == "take") != value.is_string())
      return fmt::format("\"{}\" has the wrong type", member);
    if ((member == "where" || member == "with") && !value.is_object())
      return fmt::format("\"{}\" is not an object", member);
  }
  if (const std::string name = unknown_name(json, known); !name.empty())
    return fmt::format("{{{}}} is neither a parameter nor a name that was stated before", name);
  if (rows || kind == "name") {
    if (!what.is_string()) return fmt::format("\"{}\" is no text", kind);
    if (kind == "show") return why_no_query(json);
    if (kind == "name" && std::ranges::find(known, what.get_ref<const std::string&>()) == known.end())
      return fmt::format("there is no name \"{}\"", what.get_ref<const std::string&>());
    return {};
  }
  if (kind == "values") return what.is_array() ? "" : "\"values\" is no list";
  if (kind == "any") {
    if (!what.is_array()) return "\"any\" is no list";
    for (const Json& each : what)
      if (std::string why = why_no_selection(each, known); !why.empty()) return why;
    return {};
  }
  if (kind == "quotient") {
    if (!what.is_array() || what.size() != 2) return "\"quotient\" is no list of two";
    return why_no_selection(what[1], known);
  }
  return why_no_selection(what, known);
}

Values values_at(const Json& json, std::string_view place) {
  if (place.empty()) return {json};
  const size_t point = place.find('.');
  const std::string_view step = place.substr(0, point);
  const std::string_view rest = point == place.npos ? std::string_view() : place.substr(point + 1);
  Values values;
  const auto go_on = [&](const Json& next) {
    for (Json& value : values_at(next, rest)) values.push_back(std::move(value));
  };
  if (json.is_array() && step == "*") {
    for (const Json& each : json) go_on(each);
  } else if (json.is_array()) {
    size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    if (error == std::errc() && end == step.data() + step.size() && index < json.size()) go_on(json[index]);
  } else if (json.is_object()) {
    if (const auto found = json.find(step); found != json.end()) go_on(*found);
  }
  return values;
}

bool like(std::string_view text, std::string_view pattern) {
  size_t star = pattern.npos, from = 0, t = 0, p = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

Result Selector::of_name(const std::string& name) {
  if (const auto given = parameters_.find(name); given != parameters_.end())
    return Values{Json(given->second)};
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  const auto stated = names_.find(name);
  if (stated == names_.end()) return std::unexpected(fmt::format("there is no name \"{}\"", name));
  Result found = values(stated->second);
  if (found) known_[name] = *found;
  return found;
}

std::expected<std::string, std::string> Selector::expand(std::string_view text) {
  std::string made(text);
  for (const std::string& name : names_in(text)) {
    const Result found = of_name(name);
    if (!found) return std::unexpected(found.error());
    std::string list;
    for (const Json& value : *found) list += (list.empty() ? "" : ",") + text_of(value);
    if (const size_t at = made.find('{' + name + '}'); at != made.npos)
      made.replace(at, name.size() + 2, list);
  }
  return made;
}

std::expected<bool, std::string> Selector::holds_of(const Json& condition, const Values& there) {
  if (condition.is_array()) {
    for (const Json& each : condition)
      if (const auto one = holds_of(each, there); !one || *one) return one;
    return false;
  }
  if (condition.is_null())
    return std::ranges::all_of(there, [](const Json& value) { return value.is_null(); });
  if (!condition.is_string()) return std::ranges::find(there, condition) != there.end();
  const auto pattern = expand(condition.get_ref<const std::string&>());
  if (!pattern) return std::unexpected(pattern.error());
  return std::ranges::any_of(
      there, [&](const Json& value) { return !value.is_null() && like(text_of(value), *pattern); });
}

std::expected<bool, std::string> Selector::holds(const Json& conditions, const Json& row) {
  for (const auto& [place, condition] : conditions.items())
    if (const auto one = holds_of(condition, values_at(row, place)); !one || !*one) return one;
  return true;
}

Result Selector::of_rows(const Json& rows, const Json& selection, std::string_view otherwise) {
  const Json none = Json::object();
  const std::string take = selection.value("take", std::string(otherwise));
  const std::string inner = selection.value("each", "");
  Values values;
  const auto take_from = [&](const Json& row) {
    for (Json& value : values_at(row, take))
      if (!value.is_null()) values.push_back(std::move(value));
  };
  for (const Json& row : rows) {
    const auto wanted = holds(selection.contains("where") ? selection["where"] : none, row);
    if (!wanted) return std::unexpected(wanted.error());
    if (!*wanted) continue;
    if (inner.empty()) {
      take_from(row);
      continue;
    }
    for (const Json& each : row.value(inner, Json::array())) {
      const auto also = holds(selection.contains("with") ? selection["with"] : none, each);
      if (!also) return std::unexpected(also.error());
      if (*also) take_from(each);
    }
  }
  return values;
}

Result Selector::values(const Json& selection) {
  const std::string_view kind = kind_of(selection);
  if (kind.empty()) return std::unexpected("this is no selection");
  const Json& what = selection[kind];
  if (kind == "values") return Values(what.begin(), what.end());
  if (kind == "name") return of_name(what);
  if (kind == "any") {
    Values all;
    for (const Json& each : what) {
      const Result some = values(each);
      if (!some) return some;
      all.insert(all.end(), some->begin(), some->end());
    }
    return all;
  }
  if (kind == "report")
    return of_rows(evidence_.report().value(what.get<std::string>(), Json::array()), selection, "");
  if (kind == "opened" || kind == "show") {
    const auto text = expand(what.get_ref<const std::string&>());
    if (!text) return std::unexpected(text.error());
    if (kind == "opened") {
      const auto files = evidence_.opened(*text);
      return files ? of_rows(**files, selection, "wakeup.id") : Result(std::unexpected(files.error()));
    }
    // A name without values makes a condition that nothing can meet.
    if (text->find("=,") != text->npos || text->ends_with('=') || text->find("= ") != text->npos)
      return Values{};
    const auto records = evidence_.find(*text);
    return records ? of_rows(Json(**records), selection, "id") : Result(std::unexpected(records.error()));
  }
  Result inner = values(kind == "quotient" ? what[1] : what);
  if (!inner) return inner;
  if (kind == "count") return Values{Json(inner->size())};
  if (kind == "first") return inner->empty() ? Values{} : Values{inner->front()};
  if (kind == "max") {
    const auto less = [](const Json& a, const Json& b) { return a.is_number() && b.is_number() && a < b; };
    return inner->empty() ? Values{} : Values{*std::ranges::max_element(*inner, less)};
  }
  if (kind == "last") return inner->empty() ? Values{} : Values{inner->back()};
  const auto dividend = expand(text_of(what[0]));  // "quotient"
  if (!dividend) return std::unexpected(dividend.error());
  const double number = std::strtod(dividend->c_str(), nullptr);
  Values quotients;
  for (const Json& value : *inner)
    if (value.is_number() && value.get<double>() > 0) quotients.emplace_back(number / value.get<double>());
  return quotients;
}

}  // namespace loopscope::lab
