// SPDX-License-Identifier: Apache-2.0
#include "tracer/trace_choice.h"

#include <filesystem>

namespace loopscope::tracer {
namespace fs = std::filesystem;

std::expected<std::string, std::string> choose_trace(const std::string& named) {
  if (!named.empty()) return named;
  fs::path newest;
  fs::file_time_type newest_time = fs::file_time_type::min();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(".", error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".loopscope.jsonl") && !name.ends_with(".loopscope.jsonl.zst")) continue;
    std::error_code vanished;
    const auto time = entry.last_write_time(vanished);
    if (!vanished && time > newest_time) newest = entry.path().filename(), newest_time = time;
  }
  if (newest.empty())
    return std::unexpected(
        "no trace is named and there is none (*.loopscope.jsonl) in this folder; `loopscope record -p PID` "
        "makes one");
  return newest.string();
}

}  // namespace loopscope::tracer
