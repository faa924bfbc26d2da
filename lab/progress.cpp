// SPDX-License-Identifier: Apache-2.0
#include "lab/progress.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "lab/bounded_json.h"

namespace loopscope::lab {
namespace {

constexpr size_t kMostAttempts = 1000;
constexpr uintmax_t kLargestFile = 4 << 20;

Json attempt_json(const Attempt& attempt) {
  Json json{{"version", attempt.version}, {"opened_at", attempt.opened_at}, {"hints", attempt.hints}};
  if (!attempt.prediction.empty()) json["prediction"] = attempt.prediction;
  if (!attempt.parameters.empty()) json["parameters"] = attempt.parameters;
  if (attempt.outcome.empty()) return json;
  json["answer"] = attempt.answer;
  json["evidence"] = attempt.evidence;
  json["because"] = attempt.because;
  json["trace"] = attempt.trace;
  json["digest"] = attempt.digest;
  json["tries"] = attempt.tries;
  json["outcome"] = attempt.outcome;
  json["answered_at"] = attempt.answered_at;
  return json;
}

Attempt attempt_of(const Json& json) {
  Attempt attempt;
  attempt.version = json.value("version", 0);
  attempt.opened_at = json.value("opened_at", "");
  attempt.hints = json.value("hints", size_t(0));
  attempt.prediction = json.value("prediction", "");
  attempt.answer = json.value("answer", "");
  attempt.evidence = json.value("evidence", std::vector<uint64_t>());
  attempt.because = json.value("because", "");
  attempt.trace = json.value("trace", "");
  attempt.digest = json.value("digest", "");
  attempt.parameters = json.value("parameters", std::map<std::string, std::string>());
  attempt.tries = json.value("tries", size_t(0));
  attempt.outcome = json.value("outcome", "");
  attempt.answered_at = json.value("answered_at", "");
  return attempt;
}

}  // namespace

std::expected<Progress, std::string> Progress::parse(std::string_view text) {
  try {
    const Json json = parse_bounded(text);
    if (!json.is_object() || json.value("loopscope_lab", 0) != 1)
      return std::unexpected("it is not what `loopscope lab` writes, or of a later version");
    Progress progress;
    progress.name = json.value("name", "");
    progress.started = json.value("started", "");
    progress.open = json.value("open", "");
    progress.submitted = json.value("submitted", "");
    const Json attempts = json.value("exercises", Json::object());
    if (!attempts.is_object() || attempts.size() > kMostAttempts)
      return std::unexpected("its exercises make no sense");
    for (const auto& [id, attempt] : attempts.items()) progress.attempts[id] = attempt_of(attempt);
    return progress;
  } catch (const TooDeep& why) {
    return std::unexpected(why.what());
  } catch (const Json::exception&) {
    return std::unexpected("it is damaged");
  }
}

std::expected<Progress, std::string> Progress::load(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Progress{};
  if (std::filesystem::file_size(path, error) > kLargestFile || error)
    return std::unexpected(fmt::format("{} is no file of the lab", path));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return std::unexpected(fmt::format("{}: {}", path, strerror(errno)));
  auto progress = parse(text.str());
  if (!progress)
    return std::unexpected(fmt::format("{}: {}; move it away to begin anew", path, progress.error()));
  return progress;
}

Json Progress::json() const {
  Json json{{"loopscope_lab", 1},
            {"name", name},
            {"started", started},
            {"open", open},
            {"exercises", Json::object()}};
  for (const auto& [id, attempt] : attempts) json["exercises"][id] = attempt_json(attempt);
  return json;
}

// Whole or not at all: a full disk does not cost what was there.
std::expected<void, std::string> Progress::save(const std::string& path) const {
  const std::string beside = path + ".new";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << json().dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(beside, path, error);
  if (!file || error) return std::unexpected(fmt::format("{} cannot be written: {}", path, strerror(errno)));
  return {};
}

std::string time_now() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

}  // namespace loopscope::lab
