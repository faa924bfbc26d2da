// SPDX-License-Identifier: Apache-2.0
#include "tracer/lab_command.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "lab/desk.h"
#include "lab/grade.h"
#include "lab/judge.h"
#include "lab/progress.h"
#include "lab/submission.h"
#include "lab/trace_evidence.h"
#include "lab/words.h"
#include "trace-model/terminal_text.h"
#include "tracer/print.h"
#include "tracer/trace_choice.h"

namespace loopscope::tracer {

using lab::Attempt;
using lab::Exercise;
using lab::Progress;
using trace_model::terminal_text;

namespace {

constexpr size_t kLargestExercise = 1 << 20;

std::expected<std::string, std::string> content_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return std::unexpected(fmt::format("{} is no file", path));
  if (std::filesystem::file_size(path, error) > kLargestExercise)
    return std::unexpected(fmt::format("{} is too large for an exercise", path));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return std::unexpected(fmt::format("{} cannot be read", path));
  return text.str();
}

std::expected<Exercise, std::string> exercise_in(const std::string& path) {
  const auto text = content_of(path);
  if (!text) return std::unexpected(text.error());
  auto exercise = lab::parse_exercise(*text);
  if (!exercise) return std::unexpected(fmt::format("{}: {}", path, exercise.error()));
  return exercise;
}

// Those that come with the program, and a teacher's own, which take the place of those with the same id.
std::expected<std::vector<Exercise>, std::string> all_exercises(const LabOptions& options) {
  std::vector<Exercise> all = lab::bundled_exercises();
  for (const std::string& path : options.files) {
    auto exercise = exercise_in(path);
    if (!exercise) return std::unexpected(exercise.error());
    std::erase_if(all, [&](const Exercise& each) { return each.id == exercise->id; });
    all.push_back(std::move(*exercise));
  }
  std::ranges::stable_sort(all, {}, [](const Exercise& each) { return std::pair(each.part, each.order); });
  return all;
}

std::string_view state_of(const Progress& progress, const std::string& id, std::string_view language) {
  const auto attempt = progress.attempts.find(id);
  if (attempt == progress.attempts.end()) return "";
  if (attempt->second.outcome == "right") return lab::say(language, "solved", "完成");
  if (attempt->second.outcome == "read") return lab::say(language, "answered", "已作答");
  if (progress.open == id) return lab::say(language, "open", "進行中");
  return attempt->second.outcome.empty() ? lab::say(language, "begun", "已開始")
                                         : lab::say(language, "not yet", "尚未答對");
}

int list_exercises(const std::vector<Exercise>& exercises, const Progress& progress,
                   std::string_view language) {
  std::string text;
  int part = 0;
  size_t done = 0;
  for (const Exercise& exercise : exercises) {
    if (exercise.part != part) {
      text += part ? "\n" : "";
      part = exercise.part;
      text += fmt::format(fmt::runtime(lab::say(language, "Part {}\n", "第 {} 部分\n")), part);
    }
    const std::string_view state = state_of(progress, exercise.id, language);
    const auto attempt = progress.attempts.find(exercise.id);
    done += attempt != progress.attempts.end() && attempt->second.done();
    text += fmt::format("  {:<22} {}{}\n", exercise.id, terminal_text(exercise.title.in(language)),
                        state.empty() ? "" : fmt::format("  [{}]", state));
  }
  text += fmt::format("\n{} / {} {}\n", done, exercises.size(), lab::say(language, "done", "完成"));
  text += lab::say(language, "Begin with: loopscope lab EXERCISE\n", "開始：loopscope lab 題目\n");
  return print(text);
}

// The exercise as a page: question, parameters, choices, hints so far, how to answer.
std::string page_of(const Exercise& exercise, const Attempt& attempt, const lab::ParameterValues& parameters,
                    std::string_view language) {
  std::string text = fmt::format("{}\n\n{}\n", terminal_text(exercise.title.in(language)),
                                 lab::shown(exercise.question, parameters, language));
  for (const lab::Choice& choice : exercise.choices)
    text += fmt::format("  {:<7}{}\n", choice.id, terminal_text(choice.text.in(language)));
  for (const auto& [name, value] : parameters)
    text += fmt::format("\n{} = {}  ({}; --set {}=…)", name, terminal_text(value),
                        terminal_text(exercise.parameters.at(name).text.in(language)), name);
  if (!parameters.empty()) text += '\n';
  for (size_t i = 0; i < std::min(attempt.hints, exercise.hints.size()); ++i)
    text += fmt::format("\n{} {}: {}\n", lab::say(language, "Hint", "提示"), i + 1,
                        lab::shown(exercise.hints[i].text, parameters, language));
  const std::string more = attempt.hints < exercise.hints.size()
                               ? fmt::format(" ({} --hint)", lab::say(language, "a hint:", "提示："))
                               : std::string();
  if (exercise.predict && attempt.prediction.empty())
    return text + fmt::format("\n{}loopscope lab {} --predict …\n",
                              lab::say(language, "First say what you expect: ", "先說出你的預測："),
                              exercise.id);
  text += fmt::format("\n{}loopscope lab {} --answer …{}{}{}\n", lab::say(language, "Answer: ", "作答："),
                      exercise.id, exercise.evidence.is_null() ? "" : " --evidence ID",
                      exercise.reason && exercise.type != lab::AnswerType::Text ? " --because …" : "", more);
  return text;
}

std::expected<lab::ParameterValues, std::string> settings_of(const LabOptions& options,
                                                             const Exercise& exercise,
                                                             const Attempt& attempt) {
  lab::ParameterValues given = attempt.parameters;
  for (const std::string& setting : options.settings) {
    const size_t equals = setting.find('=');
    if (equals == setting.npos)
      return std::unexpected(fmt::format("--set takes NAME=VALUE, not '{}'", setting));
    given[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return lab::parameters_of(exercise, given);
}

std::expected<std::vector<uint64_t>, std::string> ids_of(const std::vector<std::string>& words) {
  std::vector<uint64_t> ids;
  for (std::string_view word : words) {
    if (word.starts_with('#')) word.remove_prefix(1);
    uint64_t id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || end != word.data() + word.size() || id == 0)
      return std::unexpected(fmt::format("--evidence takes ids of records, not '{}'", word));
    ids.push_back(id);
  }
  return ids;
}

int judge_answer(const LabOptions& options, const std::string& answer, const Exercise& exercise,
                 Progress& progress, Attempt& attempt, std::string_view language) {
  if (exercise.predict && attempt.prediction.empty())
    return fail(
        lab::say(language, "first say what you expect, with --predict", "請先用 --predict 說出你的預測"));
  const auto ids = ids_of(options.evidence);
  if (!ids) return fail(terminal_text(ids.error()));
  const auto path = choose_trace(options.trace);
  if (!path) return fail(terminal_text(path.error()));
  const auto parameters = settings_of(options, exercise, attempt);
  if (!parameters) return fail(terminal_text(parameters.error()));
  const lab::Answer given{answer, *ids, options.because.value_or("")};
  const auto judged = lab::judge_on(*path, exercise, *parameters, given, language);
  if (!judged) return fail(terminal_text(judged.error()));
  const lab::Verdict& verdict = judged->verdict;
  lab::note_answer(progress, exercise, *judged, *path, *parameters, given);
  if (const auto saved = progress.save(); !saved) return fail(terminal_text(saved.error()));
  if (verdict.outcome != lab::Outcome::Right && verdict.outcome != lab::Outcome::Read) {
    (void)print(fmt::format("{}: {}\n", terminal_text(*path), terminal_text(verdict.say)));
    return 1;
  }
  std::string text(verdict.outcome == lab::Outcome::Read
                       ? lab::say(language, "Kept, to be read.", "已記下，由老師評閱。")
                       : lab::say(language, "Right.", "答對了。"));
  if (!exercise.explain.empty()) text += ' ' + lab::shown(exercise.explain, *parameters, language);
  return print(text + '\n');
}

int work_on(const LabOptions& options, const Exercise& exercise, Progress& progress,
            std::string_view language) {
  Attempt& attempt = lab::open_exercise(progress, exercise);
  const auto parameters = settings_of(options, exercise, attempt);
  if (!parameters) return fail(terminal_text(parameters.error()));
  attempt.parameters = *parameters;
  if (options.prediction) attempt.prediction = *options.prediction;
  if (options.answer) return judge_answer(options, *options.answer, exercise, progress, attempt, language);
  if (options.hint && attempt.hints < exercise.hints.size()) ++attempt.hints;
  if (options.close)
    progress.open.clear();
  else if (!attempt.done())
    progress.open = exercise.id;
  if (const auto saved = progress.save(); !saved) return fail(terminal_text(saved.error()));
  if (options.close) return 0;
  std::string text = page_of(exercise, attempt, *parameters, language);
  const auto path = choose_trace(options.trace);
  // Who predicts has yet to record it: the newest trace is of something else.
  if (path && !(exercise.predict && options.trace.empty())) {
    text +=
        fmt::format("{}{}{}\n", lab::say(language, "Your trace: ", "你的紀錄："), terminal_text(*path),
                    options.trace.empty() ? lab::say(language, ", the newest here (another: --trace FILE)",
                                                     "，這個資料夾裡最新的（其他：--trace 檔案）")
                                          : "");
    // A trace that lacks what the question needs says so before the student looks for it.
    const auto evidence = lab::TraceEvidence::open(*path);
    if (!evidence && !options.trace.empty()) return fail(terminal_text(evidence.error()));
    if (!evidence)  // one that happens to lie here is no reason not to ask
      text += fmt::format("  {}\n", terminal_text(evidence.error()));
    else if (const std::string why = lab::lacks(exercise, **evidence, *parameters, language); !why.empty())
      text += fmt::format("  {}\n", terminal_text(why));
  }
  return print(text);
}

int submit(const LabOptions& options, Progress& progress) {
  if (!options.name.empty()) progress.name = options.name;
  if (progress.name.empty()) return fail("submit needs to know who hands it in: --name NAME");
  if (std::ranges::none_of(progress.attempts, [](const auto& each) { return !each.second.outcome.empty(); }))
    return fail("there is no answer yet; `loopscope lab` lists the exercises");
  if (const auto saved = progress.save(); !saved) return fail(terminal_text(saved.error()));
  const std::string path = options.output.empty() ? "loopscope-lab.zip" : options.output;
  if (const auto written = lab::write_submission(progress, path); !written)
    return fail(terminal_text(written.error()));
  return print(fmt::format("{}\n", terminal_text(path)));
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return bool(file);
}

int grade(const LabOptions& options, const std::string& folder, const std::vector<Exercise>& exercises) {
  const auto graded = lab::grade_folder(folder, exercises);
  if (!graded) return fail(terminal_text(graded.error()));
  const std::string csv = lab::marks_csv(*graded, exercises);
  if (!options.csv.empty() && !write_file(options.csv, csv))
    return fail(fmt::format("{} cannot be written", terminal_text(options.csv)));
  if (!options.json.empty() && !write_file(options.json, lab::marks_json(*graded)))
    return fail(fmt::format("{} cannot be written", terminal_text(options.json)));
  size_t problems = 0;
  for (const lab::Graded& row : *graded) {
    if (row.problem.empty()) continue;
    ++problems;
    fmt::print(stderr, "loopscope: {}: {}\n", terminal_text(row.file), terminal_text(row.problem));
  }
  fmt::print(stderr, "loopscope: {} submissions, {} of them could not be graded\n", graded->size(), problems);
  return options.csv.empty() ? print(csv) : 0;
}

int make_new(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error))
    return fail(fmt::format("{} is there already", terminal_text(path)));
  if (!write_file(path, lab::exercise_template(std::filesystem::path(path).stem().string())))
    return fail(fmt::format("{} cannot be written", terminal_text(path)));
  return 0;
}

int validate(const std::vector<std::string>& files) {
  int code = 0;
  for (const std::string& file : files) {
    const auto exercise = exercise_in(file);
    if (!exercise) code = fail(terminal_text(exercise.error()));
  }
  return code;
}

std::string no_such_exercise(const std::vector<Exercise>& exercises, const std::string& word) {
  const auto near = std::ranges::find_if(
      exercises, [&](const Exercise& each) { return word.size() > 2 && each.id.contains(word); });
  if (near == exercises.end())
    return fmt::format("there is no exercise '{}'; `loopscope lab` lists them", terminal_text(word));
  return fmt::format("there is no exercise '{}'; is it {}?", terminal_text(word), near->id);
}

int usage(std::string_view sentence) {
  (void)fail(sentence);
  return 2;
}

}  // namespace

int lab_command(const LabOptions& options) {
  const std::string language = lab::language_of(options.language);
  const auto& words = options.words;
  const std::string first = words.empty() ? std::string() : words[0];
  if (first == "validate")
    return words.size() < 2 ? usage("lab validate needs a file") : validate({words.begin() + 1, words.end()});
  if (first == "new") return words.size() == 2 ? make_new(words[1]) : usage("lab new needs one file to make");
  const auto exercises = all_exercises(options);
  if (!exercises) return fail(terminal_text(exercises.error()));
  if (first == "grade")
    return words.size() == 2 ? grade(options, words[1], *exercises)
                             : usage("lab grade needs a folder with submissions");
  auto progress = Progress::load();
  if (!progress) return fail(terminal_text(progress.error()));
  if (words.empty()) return list_exercises(*exercises, *progress, language);
  if (words.size() > 1) return usage(fmt::format("'{}' is one word too many", terminal_text(words[1])));
  if (first == "submit") return submit(options, *progress);
  const auto exercise = std::ranges::find(*exercises, first, &Exercise::id);
  if (exercise == exercises->end()) return usage(no_such_exercise(*exercises, first));
  return work_on(options, *exercise, *progress, language);
}

}  // namespace loopscope::tracer
