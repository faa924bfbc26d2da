// SPDX-License-Identifier: Apache-2.0
// How far a student has come: one file, loopscope-lab.json, in the folder the lab is done in.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace loopscope::lab {

using Json = nlohmann::ordered_json;

inline constexpr const char* kProgressFile = "loopscope-lab.json";

// Of one exercise. Times are those of UTC, as ISO 8601 has them; empty: not yet.
struct Attempt {
  int version = 0;
  std::string opened_at, answered_at;
  size_t hints = 0, tries = 0;
  std::string prediction, answer, because;
  std::vector<uint64_t> evidence;
  std::string trace, digest;  // the file the answer is about, and its SHA-256
  std::map<std::string, std::string> parameters;
  std::string outcome;  // "right", "wrong", "read", "unanswerable"; empty: not answered
  [[nodiscard]] bool done() const { return outcome == "right" || outcome == "read"; }
};

struct Progress {
  std::string name, started;
  std::string open;       // the exercise that is being worked on
  std::string submitted;  // when; empty: it is not a submission
  std::map<std::string, Attempt> attempts;

  // What is there; a file that makes no sense is refused with a sentence.
  [[nodiscard]] static std::expected<Progress, std::string> parse(std::string_view text);
  [[nodiscard]] static std::expected<Progress, std::string> load(const std::string& path = kProgressFile);
  [[nodiscard]] std::expected<void, std::string> save(const std::string& path = kProgressFile) const;
  [[nodiscard]] Json json() const;
};

[[nodiscard]] std::string time_now();

}  // namespace loopscope::lab
