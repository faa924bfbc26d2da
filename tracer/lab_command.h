// SPDX-License-Identifier: Apache-2.0
// `loopscope lab`: the exercises in the terminal.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace loopscope::tracer {

struct LabOptions {
  std::vector<std::string> words;     // [EXERCISE], or submit, grade DIR, new FILE, validate FILE…
  std::string trace;                  // empty: the newest in the current folder
  std::vector<std::string> settings;  // NAME=VALUE
  std::optional<std::string> answer, because, prediction;
  std::vector<std::string> evidence;
  bool hint = false, close = false, json_list = false;
  std::string language, name, output, csv, json;
  std::vector<std::string> files;  // --exercises: of a teacher's own
};

void add_lab(CLI::App& app, LabOptions& options);

// An exit code: 0 where the answer is right, 1 where it is not or something failed, 2 for words that make no
// sense.
[[nodiscard]] int lab_command(const LabOptions& options);

}  // namespace loopscope::tracer
