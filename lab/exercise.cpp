// SPDX-License-Identifier: Apache-2.0
#include "lab/exercise.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "lab/bounded_json.h"
#include "lab/embedded_exercises.h"
#include "lab/selection.h"

namespace loopscope::lab {
namespace {

constexpr std::array<std::string_view, 5> kTypes{"fd", "record", "number", "choice", "text"};
constexpr std::array<std::string_view, 2> kLanguages{"en", "zh-Hant"};

// What is wrong with a file, on its way out of it.
struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <typename... Arguments>
[[noreturn]] void wrong(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  throw Wrong(fmt::format(format, std::forward<Arguments>(arguments)...));
}

void check_members(const Json& json, std::string_view where, std::initializer_list<std::string_view> known) {
  if (!json.is_object()) wrong("{} is not an object", where);
  for (const auto& [name, value] : json.items())
    if (std::ranges::find(known, name) == known.end()) wrong("{} has no member \"{}\"", where, name);
}

LocalText local_text(const Json& json, std::string_view where) {
  LocalText text;
  if (!json.is_object()) wrong("{} is not an object with texts by language", where);
  for (const auto& [language, value] : json.items()) {
    if (std::ranges::find(kLanguages, language) == kLanguages.end() && language != "lanes")
      wrong("{} is in a language that is not known, \"{}\"", where, language);
    if (language == "lanes") continue;
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
      wrong("{}.{} is no text", where, language);
    text.by_language[language] = value;
  }
  if (!text.by_language.contains("en")) wrong("{} has no English text (\"en\")", where);
  return text;
}

std::string text_of(const Json& json, const char* name, std::string_view where) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) wrong("{} has no text \"{}\"", where, name);
  return *found;
}

int number_of(const Json& json, const char* name, int otherwise) {
  const auto found = json.find(name);
  if (found == json.end()) return otherwise;
  if (!found->is_number_integer()) wrong("\"{}\" is no whole number", name);
  return *found;
}

std::vector<std::string> texts_of(const Json& json, std::string_view where) {
  if (!json.is_array()) wrong("{} is no list", where);
  std::vector<std::string> texts;
  for (const Json& each : json) {
    if (!each.is_string()) wrong("{} has an entry that is no text", where);
    texts.push_back(each);
  }
  return texts;
}

Json checked(const Json& selection, std::string_view where, const std::vector<std::string>& known) {
  if (const std::string why = why_no_selection(selection, known); !why.empty()) wrong("{}: {}", where, why);
  return selection;
}

void take_answer(Exercise& exercise, const Json& answer, const std::vector<std::string>& known) {
  check_members(answer, "\"answer\"", {"type", "accept", "tolerance", "choices", "predict"});
  const std::string type = text_of(answer, "type", "\"answer\"");
  const auto found = std::ranges::find(kTypes, type);
  if (found == kTypes.end())
    wrong("\"answer\".type is \"{}\"; there are fd, record, number, choice, text", type);
  exercise.type = AnswerType(found - kTypes.begin());
  if (exercise.type != AnswerType::Text) {
    if (!answer.contains("accept")) wrong("\"answer\" has no \"accept\"");
    exercise.accept = checked(answer["accept"], "\"answer\".accept", known);
  }
  if (const auto tolerance = answer.find("tolerance"); tolerance != answer.end()) {
    if (!tolerance->is_number() || tolerance->get<double>() < 0) wrong("\"answer\".tolerance is no number");
    exercise.tolerance = *tolerance;
  }
  exercise.predict = answer.value("predict", false);
  if (exercise.type != AnswerType::Choice) return;
  if (!answer.contains("choices") || !answer["choices"].is_object() || answer["choices"].size() < 2)
    wrong("\"answer\" has no \"choices\", or less than two");
  for (const auto& [id, text] : answer["choices"].items())
    exercise.choices.push_back({id, local_text(text, fmt::format("\"choices\".{}", id))});
}

void take_texts(Exercise& exercise, const Json& json) {
  exercise.title = local_text(json.value("title", Json()), "\"title\"");
  exercise.question = local_text(json.value("question", Json()), "\"question\"");
  if (json.contains("otherwise")) exercise.otherwise = local_text(json["otherwise"], "\"otherwise\"");
  if (json.contains("explain")) exercise.explain = local_text(json["explain"], "\"explain\"");
  if (!json.contains("hints")) return;
  if (!json["hints"].is_array()) wrong("\"hints\" is no list");
  for (const Json& hint : json["hints"]) {
    Hint made{local_text(hint, "a hint"), {}};
    if (hint.contains("lanes")) made.lanes = texts_of(hint["lanes"], "\"lanes\" of a hint");
    exercise.hints.push_back(std::move(made));
  }
}

std::vector<std::string> take_names(Exercise& exercise, const Json& json) {
  std::vector<std::string> known;
  if (json.contains("parameters")) {
    if (!json["parameters"].is_object()) wrong("\"parameters\" is not an object");
    for (const auto& [name, parameter] : json["parameters"].items()) {
      if (!parameter.is_object()) wrong("parameter {} is not an object", name);
      Json text = parameter;
      const std::string value = text_of(parameter, "default", fmt::format("parameter {}", name));
      text.erase("default");
      exercise.parameters[name] = {value, local_text(text, fmt::format("parameter {}", name))};
      known.push_back(name);
    }
  }
  if (!json.contains("names")) return known;
  if (!json["names"].is_object()) wrong("\"names\" is not an object");
  for (const auto& [name, selection] : json["names"].items()) {
    exercise.names[name] = checked(selection, fmt::format("name {}", name), known);
    known.push_back(name);  // each may refer to those before it, so none to itself
  }
  return known;
}

void take_judgements(Exercise& exercise, const Json& json, const std::vector<std::string>& known) {
  for (const Json& need : json.value("needs", Json::array())) {
    check_members(need, "an entry of \"needs\"", {"has", "say"});
    if (!need.contains("has")) wrong("an entry of \"needs\" has no \"has\"");
    exercise.needs.push_back(
        {checked(need["has"], "\"needs\"", known), local_text(need.value("say", Json()), "\"needs\".say")});
  }
  if (json.contains("evidence")) {
    const Json& evidence = json["evidence"];
    check_members(evidence, "\"evidence\"", {"accept", "least"});
    if (!evidence.contains("accept")) wrong("\"evidence\" has no \"accept\"");
    exercise.evidence = checked(evidence["accept"], "\"evidence\".accept", known);
    exercise.evidence_least = size_t(std::max(number_of(evidence, "least", 1), 1));
  }
  for (const Json& entry : json.value("wrong", Json::array())) {
    check_members(entry, "an entry of \"wrong\"", {"answer", "evidence", "say"});
    const bool of_evidence = entry.contains("evidence");
    if (of_evidence == entry.contains("answer"))
      wrong("an entry of \"wrong\" is about either the \"answer\" or the \"evidence\"");
    exercise.wrong.push_back({checked(entry[of_evidence ? "evidence" : "answer"], "\"wrong\"", known),
                              of_evidence, local_text(entry.value("say", Json()), "\"wrong\".say")});
  }
}

Exercise exercise_of(const Json& json) {
  check_members(
      json, "the file",
      {"loopscope_exercise", "id", "version", "part", "order", "title", "question", "hints", "parameters",
       "names", "needs", "hides", "answer", "evidence", "reason", "wrong", "otherwise", "explain"});
  if (json.value("loopscope_exercise", Json()) != 1)
    wrong("\"loopscope_exercise\" is not 1: it is no exercise, or one of a later version");
  Exercise exercise;
  exercise.id = text_of(json, "id", "the file");
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (exercise.id.empty() || exercise.id.size() > 64 || !std::ranges::all_of(exercise.id, plain))
    wrong("\"id\" may have small letters, digits and hyphens, up to 64");
  for (const std::string_view taken : {"submit", "grade", "new", "validate"})
    if (exercise.id == taken) wrong("\"id\" is \"{}\", which is a command", taken);
  exercise.version = number_of(json, "version", 1);
  exercise.part = number_of(json, "part", 1);
  exercise.order = number_of(json, "order", 1000);
  take_texts(exercise, json);
  const std::vector<std::string> known = take_names(exercise, json);
  take_judgements(exercise, json, known);
  if (!json.contains("answer")) wrong("the file has no \"answer\"");
  take_answer(exercise, json["answer"], known);
  if (json.contains("hides")) exercise.hides = texts_of(json["hides"], "\"hides\"");
  exercise.reason = json.value("reason", true);
  return exercise;
}

}  // namespace

const std::string& LocalText::in(std::string_view language) const {
  static const std::string kNone;
  auto found = by_language.find(std::string(language));
  if (found == by_language.end()) found = by_language.find("en");
  return found == by_language.end() ? kNone : found->second;
}

std::string_view answer_type_name(AnswerType type) {
  return kTypes[size_t(type)];
}

std::expected<Exercise, std::string> parse_exercise(std::string_view text) {
  try {
    return exercise_of(parse_bounded(text));
  } catch (const Wrong& why) {
    return std::unexpected(why.what());
  } catch (const TooDeep& why) {
    return std::unexpected(why.what());
  } catch (const Json::parse_error& error) {
    const auto line =
        std::count(text.begin(), text.begin() + long(std::min(error.byte, text.size())), '\n') + 1;
    return std::unexpected(fmt::format("line {} is not JSON", line));
  } catch (const Json::exception& error) {
    return std::unexpected(fmt::format("a member has the wrong type: {}", error.what()));
  }
}

const std::vector<Exercise>& bundled_exercises() {
  static const std::vector<Exercise> kBundled = [] {
    std::vector<Exercise> all;
    for (const std::string_view text : kEmbeddedExercises)
      if (auto exercise = parse_exercise(text)) all.push_back(std::move(*exercise));
    std::ranges::sort(all, {}, [](const Exercise& each) { return std::pair(each.part, each.order); });
    return all;
  }();
  return kBundled;
}

std::string exercise_template(std::string_view id) {
  const Json json{
      {"loopscope_exercise", 1},
      {"id", id},
      {"version", 1},
      {"part", 1},
      {"order", 500},
      {"title", {{"en", "The listening socket"}}},
      {"question", {{"en", "Which descriptor does the server on port {port} listen on?"}}},
      {"hints", {{{"en", "listen(2) makes a socket a listening one."}, {"lanes", {"listeners"}}}}},
      {"parameters", {{"port", {{"default", "8079"}, {"en", "the port of the server"}}}}},
      {"names",
       {{"listener", {{"report", "listeners"}, {"where", {{"address", "*:{port}"}}}, {"take", "fd"}}}}},
      {"needs",
       {{{"has", {{"name", "listener"}}},
         {"say", {{"en", "Nothing in this trace listens on port {port}."}}}}}},
      {"hides", {"listeners"}},
      {"answer", {{"type", "fd"}, {"accept", {{"name", "listener"}}}}},
      {"evidence", {{"accept", {{"show", "call=listen ret=0 fd={listener}"}}}, {"least", 1}}},
      {"wrong",
       {{{"answer", {{"show", "call=epoll_create1"}, {"take", "ret"}}},
         {"say", {{"en", "That is an epoll instance."}}}}}},
      {"explain", {{"en", "bind gives a socket its address, listen makes it accept connections."}}}};
  return json.dump(2) + '\n';
}

}  // namespace loopscope::lab
