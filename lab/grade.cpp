// SPDX-License-Identifier: Apache-2.0
#include "lab/grade.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <stdlib.h>

#include "lab/desk.h"
#include "lab/submission.h"
#include "lab/trace_evidence.h"
#include "lab/words.h"

namespace loopscope::lab {
namespace {

// A folder that goes with its owner.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "loopscope-grade.XXXXXX").string();
    if (mkdtemp(name.data())) path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr size_t kLongestName = 200, kLongestText = 20'000;  // bytes

std::string cut(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > 0 && (text[end] & 0xc0) == 0x80) --end;  // never within a character of UTF-8
  return text.substr(0, end) + " … (cut)";
}

using Opened =
    std::map<std::string, std::expected<std::unique_ptr<TraceEvidence>, std::string>>;  // by digest

Mark mark_of(const Exercise& exercise, const Submission& submission, Opened& opened) {
  Mark mark;
  mark.exercise = exercise.id;
  mark.outcome = "missing";
  const auto found = submission.progress.attempts.find(exercise.id);
  if (found == submission.progress.attempts.end() || found->second.outcome.empty()) return mark;
  const Attempt& attempt = found->second;
  mark.answer = cut(attempt.answer, kLongestText);
  mark.because = cut(attempt.because, kLongestText);
  mark.prediction = cut(attempt.prediction, kLongestText);
  mark.digest = attempt.digest;
  mark.hints = attempt.hints;
  mark.tries = attempt.tries;
  mark.outcome = "wrong";
  const auto trace = submission.traces.find(attempt.digest);
  if (trace == submission.traces.end()) return mark.say = "its trace was not handed in, or is another", mark;
  const auto parameters = parameters_of(exercise, attempt.parameters);
  if (!parameters) return mark.say = parameters.error(), mark;
  auto evidence = opened.find(attempt.digest);
  if (evidence == opened.end())
    evidence = opened.emplace(attempt.digest, TraceEvidence::open(trace->second)).first;
  if (!evidence->second) return mark.say = "its trace cannot be read", mark;
  const Verdict verdict = judge(exercise, **evidence->second, *parameters,
                                {attempt.answer, attempt.evidence, attempt.because}, kEnglish);
  mark.outcome = outcome_name(verdict.outcome);
  mark.say = verdict.say;
  return mark;
}

Graded graded_of(const std::filesystem::path& path, const std::vector<Exercise>& exercises,
                 std::map<std::string, std::set<std::string>>& who_has) {
  Graded graded;
  graded.file = path.filename().string();
  const Scratch scratch;
  if (scratch.path().empty()) return graded.problem = "there is no room to unpack it", graded;
  const auto submission = read_submission(path.string(), scratch.path());
  if (!submission) return graded.problem = submission.error(), graded;
  graded.name = cut(submission->progress.name, kLongestName);
  graded.started = cut(submission->progress.started, kLongestName);
  graded.submitted = cut(submission->progress.submitted, kLongestName);
  Opened opened;
  for (const Exercise& exercise : exercises) graded.marks.push_back(mark_of(exercise, *submission, opened));
  for (const auto& [digest, file] : submission->traces) who_has[digest].insert(graded.file);
  return graded;
}

// RFC 4180; and nothing that begins a formula.
std::string cell(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t\r\n").contains(text.front())) text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace

size_t Graded::right() const {
  return size_t(std::ranges::count(marks, "right", &Mark::outcome));
}

std::expected<std::vector<Graded>, std::string> grade_folder(const std::string& folder,
                                                             const std::vector<Exercise>& exercises) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".zip" && at->is_regular_file()) files.push_back(at->path());
  if (error) return std::unexpected(fmt::format("{}: {}", folder, error.message()));
  if (files.empty()) return std::unexpected(fmt::format("there is no .zip in {}", folder));
  std::ranges::sort(files);
  std::map<std::string, std::set<std::string>> who_has;
  std::vector<Graded> all;
  all.reserve(files.size());
  for (const auto& file : files) all.push_back(graded_of(file, exercises, who_has));
  for (Graded& graded : all) {
    std::set<std::string> others;
    for (const auto& [digest, holders] : who_has)
      if (holders.contains(graded.file)) others.insert(holders.begin(), holders.end());
    others.erase(graded.file);
    graded.same_traces_as.assign(others.begin(), others.end());
  }
  return all;
}

std::string marks_csv(const std::vector<Graded>& graded, const std::vector<Exercise>& exercises) {
  std::string csv = "file,name,started,submitted,right,of,same traces as,problem";
  for (const Exercise& exercise : exercises) csv += ',' + cell(exercise.id);
  csv += "\r\n";
  for (const Graded& row : graded) {
    std::string same;
    for (const std::string& other : row.same_traces_as) same += (same.empty() ? "" : " ") + other;
    csv += fmt::format("{},{},{},{},{},{},{},{}", cell(row.file), cell(row.name), cell(row.started),
                       cell(row.submitted), row.right(), exercises.size(), cell(same), cell(row.problem));
    for (const Exercise& exercise : exercises) {
      const auto mark = std::ranges::find(row.marks, exercise.id, &Mark::exercise);
      csv += ',';
      if (mark == row.marks.end() || mark->outcome == "missing") continue;
      csv += mark->outcome == "right" ? "1" : mark->outcome == "read" ? "read" : "0";
    }
    csv += "\r\n";
  }
  return csv;
}

std::string marks_json(const std::vector<Graded>& graded) {
  Json list = Json::array();
  for (const Graded& row : graded) {
    Json json{{"file", row.file}, {"name", row.name}, {"started", row.started}, {"submitted", row.submitted}};
    json["problem"] = row.problem.empty() ? Json() : Json(row.problem);
    json["right"] = row.right();
    json["same_traces_as"] = row.same_traces_as;
    json["exercises"] = Json::object();
    for (const Mark& mark : row.marks) {
      Json one{{"outcome", mark.outcome}};
      if (mark.outcome != "missing")
        one.update({{"say", mark.say},
                    {"answer", mark.answer},
                    {"because", mark.because},
                    {"prediction", mark.prediction},
                    {"digest", mark.digest},
                    {"hints", mark.hints},
                    {"tries", mark.tries}});
      json["exercises"][mark.exercise] = std::move(one);
    }
    list.push_back(std::move(json));
  }
  return Json{{"loopscope_results", 1}, {"submissions", std::move(list)}}.dump(
             1, ' ', false, Json::error_handler_t::replace) +
         '\n';
}

}  // namespace loopscope::lab
