// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/exercises.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "lab/words.h"

namespace loopscope::viewer {
namespace {

constexpr char kBetween = '\x1f';  // the unit separator: nobody types it

// What hints call a kind of lanes.
std::string_view name_of(TrackKind kind) {
  switch (kind) {
    case TrackKind::Listener:
      return "listeners";
    case TrackKind::Loop:
      return "loops";
    case TrackKind::Ring:
      return "rings";
    case TrackKind::Thread:
      return "threads";
    case TrackKind::Process:
      break;
  }
  return "";
}

}  // namespace

Exercises::Exercises(std::function<void()> wake, std::string file)
    : wake_(std::move(wake)), file_(std::move(file)), language_(lab::language_of("")) {
  auto progress = lab::Progress::load(file_);
  if (progress) {
    progress_ = std::move(*progress);
    shown_ = progress_.open;
  } else {
    said_ = progress.error();
    readable_ = false;  // what is there is not overwritten
  }
}

Exercises::~Exercises() {
  stop();
}

void Exercises::stop() {
  if (thread_.joinable()) thread_.join();
}

const lab::Attempt* Exercises::attempt(const std::string& id) const {
  const auto found = progress_.attempts.find(id);
  return found == progress_.attempts.end() ? nullptr : &found->second;
}

size_t Exercises::done() const {
  return size_t(std::ranges::count_if(all(), [&](const lab::Exercise& exercise) {
    const lab::Attempt* known = attempt(exercise.id);
    return known && known->done();
  }));
}

const lab::Exercise* Exercises::open() const {
  const auto found = std::ranges::find(all(), shown_, &lab::Exercise::id);
  return found == all().end() ? nullptr : &*found;
}

lab::ParameterValues Exercises::parameters() const {
  const lab::Exercise* exercise = open();
  if (!exercise) return {};
  const lab::Attempt* known = attempt(exercise->id);
  const auto values = lab::parameters_of(*exercise, known ? known->parameters : lab::ParameterValues{});
  return values ? *values : *lab::parameters_of(*exercise, {});
}

void Exercises::save() {
  if (!readable_) return;
  if (const auto saved = progress_.save(file_); !saved) said_ = saved.error();
}

void Exercises::handle(const Request& request) {
  const size_t equals = std::min(request.text.find('='), request.text.size());
  switch (request.kind) {
    case Request::Kind::StartExercise:
      return start(request.a);
    case Request::Kind::CloseExercise:
      return close();
    case Request::Kind::GiveHint:
      return hint();
    case Request::Kind::Predict:
      return predict(request.text);
    case Request::Kind::SetLanguage:
      return set_language(request.text);
    case Request::Kind::SetParameter:
      return set_parameter(request.text.substr(0, equals),
                           request.text.substr(std::min(equals + 1, request.text.size())));
    default:
      return;
  }
}

void Exercises::start(size_t i) {
  if (i >= all().size() || busy_) return;
  const lab::Exercise& exercise = all()[i];
  said_.clear();
  right_ = false;
  shown_ = exercise.id;
  if (!lab::open_exercise(progress_, exercise).done()) progress_.open = exercise.id;
  save();
}

void Exercises::close() {
  if (busy_) return;
  shown_.clear();
  progress_.open.clear();
  save();
}

void Exercises::hint() {
  const lab::Exercise* exercise = open();
  if (!exercise) return;
  lab::Attempt& attempt = lab::open_exercise(progress_, *exercise);
  attempt.hints = std::min(attempt.hints + 1, exercise->hints.size());
  save();
}

void Exercises::predict(const std::string& text) {
  const lab::Exercise* exercise = open();
  if (!exercise || text.empty()) return;
  lab::open_exercise(progress_, *exercise).prediction = text;
  save();
}

void Exercises::set_parameter(const std::string& name, const std::string& value) {
  const lab::Exercise* exercise = open();
  if (!exercise) return;
  lab::Attempt& attempt = lab::open_exercise(progress_, *exercise);
  lab::ParameterValues given = attempt.parameters;
  given[name] = value;
  const auto values = lab::parameters_of(*exercise, given);
  said_ = values ? std::string() : values.error();
  if (!values) return;
  attempt.parameters = *values;
  save();
}

void Exercises::answer(const std::string& trace, lab::Answer answer) {
  const lab::Exercise* exercise = open();
  if (!exercise || busy_) return;
  if (trace == "-") return void(said_ = "An answer is about a trace that is a file: save this one first.");
  stop();
  said_.clear();
  busy_ = true;
  trace_ = trace;
  answer_ = std::move(answer);
  thread_ =
      std::thread([this, exercise, parameters = parameters(), trace, given = answer_, language = language_] {
        auto judged = lab::judge_on(trace, *exercise, parameters, given, language);
        {
          const std::lock_guard lock(mutex_);
          judged_ = std::move(judged);
          busy_ = false;
        }
        wake_();
      });
}

bool Exercises::poll() {
  const std::lock_guard lock(mutex_);
  if (!judged_) return false;
  const auto judged = std::move(*judged_);
  judged_.reset();
  const lab::Exercise* exercise = open();
  if (!judged || !exercise) {
    said_ = judged ? "" : judged.error();
    right_ = false;
    return true;
  }
  lab::note_answer(progress_, *exercise, *judged, trace_, parameters(), answer_);
  const lab::Outcome outcome = judged->verdict.outcome;
  right_ = outcome == lab::Outcome::Right || outcome == lab::Outcome::Read;
  said_ = judged->verdict.say;
  if (outcome == lab::Outcome::Right) said_ = lab::say(language_, "Right. ", "答對了。");
  if (outcome == lab::Outcome::Read)
    said_ = lab::say(language_, "Kept, to be read. ", "已記下，由老師評閱。");
  if (right_) said_ += lab::shown(exercise->explain, parameters(), language_);
  save();
  return true;
}

bool Exercises::hides(std::string_view panel) const {
  const lab::Exercise* exercise = open();
  if (!exercise || progress_.open != exercise->id) return false;
  return std::ranges::find(exercise->hides, panel) != exercise->hides.end();
}

bool Exercises::gives_away(Action action) const {
  if (action == Action::GoToRegistration) return hides("listeners");
  return (action == Action::NextFinding || action == Action::PreviousFinding) && hides("findings");
}

std::string_view Exercises::refusal() const {
  return lab::say(language_, "This would give away the exercise that is open.", "這會透露目前題目的答案。");
}

bool Exercises::highlights(TrackKind kind) const {
  const lab::Exercise* exercise = open();
  const lab::Attempt* known = exercise && progress_.open == exercise->id ? attempt(exercise->id) : nullptr;
  if (!known) return false;
  for (size_t i = 0; i < std::min(known->hints, exercise->hints.size()); ++i)
    if (std::ranges::find(exercise->hints[i].lanes, name_of(kind)) != exercise->hints[i].lanes.end())
      return true;
  return false;
}

std::string packed(const lab::Answer& answer) {
  std::string text = answer.text + kBetween + answer.because + kBetween;
  for (const uint64_t id : answer.evidence) text += fmt::format("{},", id);
  return text;
}

lab::Answer unpacked(std::string_view text) {
  lab::Answer answer;
  const auto take = [&](char until) {
    const size_t end = std::min(text.find(until), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
  };
  answer.text = take(kBetween);
  answer.because = take(kBetween);
  while (!text.empty()) {
    const std::string_view digits = take(',');
    uint64_t id = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), id).ec == std::errc() && id)
      answer.evidence.push_back(id);
  }
  return answer;
}

}  // namespace loopscope::viewer
