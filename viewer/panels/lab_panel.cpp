// SPDX-License-Identifier: Apache-2.0
// The exercises: the list with what is done, or the one that is open, with its hints. Answers are typed, or
// taken from what is selected in the lanes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "lab/words.h"
#include "trace-model/terminal_text.h"
#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {
namespace {

using trace_model::terminal_text;

std::string say(const Frame& frame, std::string_view en, std::string_view zh) {
  return frame.rare(std::string(lab::say(frame.workspace.exercises.language(), en, zh)));
}

void wrapped(const Frame& frame, const std::string& text) {
  wrapped_text(frame.rare(text));
}

void wrapped(const Frame& frame, ImU32 colour, const std::string& text) {
  wrapped_text(colour, frame.rare(text));
}

bool input(const char* label, const char* hint, std::string& text) {
  std::array<char, 2000> buffer{};
  std::strncpy(buffer.data(), text.c_str(), buffer.size() - 1);
  const bool entered = ImGui::InputTextWithHint(label, hint, buffer.data(), buffer.size(),
                                                ImGuiInputTextFlags_EnterReturnsTrue);
  text = buffer.data();
  return entered;
}

void list(const Frame& frame) {
  const Exercises& exercises = frame.workspace.exercises;
  const std::string& language = exercises.language();
  ImGui::TextDisabled("%zu / %zu %s", exercises.done(), exercises.all().size(),
                      say(frame, "done", "完成").c_str());
  int part = 0;
  for (size_t i = 0; i < exercises.all().size(); ++i) {
    const lab::Exercise& exercise = exercises.all()[i];
    if (exercise.part != part) {
      part = exercise.part;
      ImGui::Separator();
      ImGui::TextDisabled("%s", fmt::format(fmt::runtime(say(frame, "Part {}", "第 {} 部分")), part).c_str());
    }
    const lab::Attempt* attempt = exercises.attempt(exercise.id);
    const bool done = attempt && attempt->done();
    const std::string title = fmt::format("{} {}###{}",
                                          done      ? "[x]"
                                          : attempt ? "[-]"
                                                    : "[ ]",
                                          frame.rare(exercise.title.in(language)), exercise.id);
    if (ImGui::Selectable(title.c_str())) frame.ask(Request::Kind::StartExercise, uint32_t(i));
  }
}

// What is selected, as an answer or as evidence: 0 where nothing is.
RecordId selected(const Frame& frame) {
  const Selection& selection = frame.session.selection();
  const RecordTable& records = frame.session.timeline.records;
  return selection.any() && records.has(selection.row) ? records.id(selection.row) : 0;
}

}  // namespace

void LabPanel::draw(const Frame& frame) {
  const Exercises& exercises = frame.workspace.exercises;
  const lab::Exercise* exercise = exercises.open();
  if (!exercise) {
    if (!exercises.said().empty())
      wrapped(frame, exercises.right() ? frame.theme.text : frame.theme.error,
              terminal_text(exercises.said()));
    return list(frame);
  }
  if (exercise->id != id_) {
    id_ = exercise->id;
    answer_ = {};
    prediction_.clear();
  }
  page(frame, *exercise);
}

void LabPanel::page(const Frame& frame, const lab::Exercise& exercise) {
  const Exercises& exercises = frame.workspace.exercises;
  const std::string& language = exercises.language();
  const lab::Attempt* attempt = exercises.attempt(exercise.id);
  const size_t hints = attempt ? std::min(attempt->hints, exercise.hints.size()) : 0;
  if (ImGui::SmallButton(say(frame, "all exercises", "所有題目").c_str()))
    frame.ask(Request::Kind::CloseExercise);
  ImGui::SameLine();
  ImGui::BeginDisabled(hints >= exercise.hints.size());
  if (ImGui::SmallButton(
          fmt::format("{} {} / {}###hint", say(frame, "hint", "提示"), hints, exercise.hints.size()).c_str()))
    frame.ask(Request::Kind::GiveHint);
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (ImGui::SmallButton(language == lab::kChinese ? "English" : "zh-Hant"))
    frame.ask(Request::Kind::SetLanguage, kNone,
              std::string(language == lab::kChinese ? lab::kEnglish : lab::kChinese));
  wrapped(frame, lab::shown(exercise.question, exercises.parameters(), language));
  for (const auto& [name, value] : exercises.parameters()) {
    std::string text = parameters_.contains(name) ? parameters_[name] : value;
    ImGui::SetNextItemWidth(120 * frame.scale);
    const bool entered = input(name.c_str(), "", text);
    parameters_[name] = text;
    if (entered || ImGui::IsItemDeactivatedAfterEdit())
      frame.ask(Request::Kind::SetParameter, kNone, fmt::format("{}={}", name, text));
  }
  for (size_t i = 0; i < hints; ++i)
    wrapped(
        frame, frame.theme.dim,
        fmt::format("{}. {}", i + 1, lab::shown(exercise.hints[i].text, exercises.parameters(), language)));
  ImGui::Separator();
  if (exercise.predict && (!attempt || attempt->prediction.empty())) {
    ImGui::SetNextItemWidth(-1);
    if (input("##predict",
              say(frame, "first: what do you expect? (Enter)", "先說出你的預測（Enter）").c_str(),
              prediction_))
      frame.ask(Request::Kind::Predict, kNone, prediction_);
    return;
  }
  form(frame, exercise);
  if (exercises.busy()) wrapped(frame, frame.theme.dim, "…");
  if (!exercises.said().empty())
    wrapped(frame, exercises.right() ? frame.theme.text : frame.theme.warning,
            terminal_text(exercises.said()));
}

void LabPanel::form(const Frame& frame, const lab::Exercise& exercise) {
  const std::string& language = frame.workspace.exercises.language();
  const RecordId id = selected(frame);
  const float wide = 200 * frame.scale;
  if (exercise.type == lab::AnswerType::Choice) {
    for (const lab::Choice& choice : exercise.choices)
      if (ImGui::RadioButton(frame.rare(choice.text.in(language)).c_str(), answer_.text == choice.id))
        answer_.text = choice.id;
  } else {
    ImGui::SetNextItemWidth(exercise.type == lab::AnswerType::Text ? -1 : wide);
    input("##answer", say(frame, "answer", "答案").c_str(), answer_.text);
  }
  if (exercise.type == lab::AnswerType::Record) {
    ImGui::SameLine();
    ImGui::BeginDisabled(id == 0);
    if (ImGui::Button(say(frame, "what is selected##answer", "選取的項目##answer").c_str()))
      answer_.text = fmt::format("{}", id);
    ImGui::EndDisabled();
  }
  if (!exercise.evidence.is_null()) {
    std::string ids;
    for (const uint64_t each : answer_.evidence) ids += fmt::format("{}{}", ids.empty() ? "" : ", ", each);
    ImGui::TextUnformatted(
        fmt::format("{}: {}", say(frame, "evidence", "證據"), ids.empty() ? "-" : ids).c_str());
    ImGui::SameLine();
    ImGui::BeginDisabled(id == 0);
    if (ImGui::Button(say(frame, "add what is selected", "加入選取的項目").c_str()) &&
        std::ranges::find(answer_.evidence, id) == answer_.evidence.end())
      answer_.evidence.push_back(id);
    ImGui::EndDisabled();
    ImGui::SameLine();
    if (ImGui::Button(say(frame, "clear", "清除").c_str())) answer_.evidence.clear();
  }
  if (exercise.reason && exercise.type != lab::AnswerType::Text) {
    ImGui::SetNextItemWidth(-1);
    input("##because", say(frame, "because …", "因為 …").c_str(), answer_.because);
  }
  ImGui::BeginDisabled(frame.workspace.exercises.busy() || answer_.text.empty());
  if (ImGui::Button(say(frame, "answer###judge", "作答###judge").c_str()))
    frame.ask(Request::Kind::AnswerExercise, kNone, packed(answer_));
  ImGui::EndDisabled();
}

}  // namespace loopscope::viewer
