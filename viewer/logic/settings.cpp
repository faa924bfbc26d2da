// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/settings.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace loopscope::viewer {
namespace {

constexpr size_t kMostRecent = 12;
constexpr int kLeast = 320, kMost = 16384;

int within(const nlohmann::json& all, const char* name, int otherwise) {
  const auto found = all.find(name);
  if (found == all.end() || !found->is_number_integer()) return otherwise;
  return int(std::clamp<int64_t>(found->get<int64_t>(), kLeast, kMost));
}

}  // namespace

void Settings::note_file(const std::string& path) {
  if (path.empty() || path == "-") return;
  std::error_code error;
  const std::string full = std::filesystem::absolute(path, error).string();
  if (error) return;
  std::erase(recent, full);
  recent.insert(recent.begin(), full);
  if (recent.size() > kMostRecent) recent.resize(kMostRecent);
}

std::string settings_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state && *state == '/') return std::string(state) + "/loopscope/viewer.json";
  return home && *home == '/' ? std::string(home) + "/.local/state/loopscope/viewer.json" : std::string();
}

Settings read_settings(const std::string& path) {
  Settings settings;
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file) return settings;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto all = nlohmann::json::parse(text, nullptr, false);
  if (!all.is_object()) return settings;
  settings.width = within(all, "width", settings.width);
  settings.height = within(all, "height", settings.height);
  if (const auto found = all.find("maximized"); found != all.end() && found->is_boolean())
    settings.maximized = found->get<bool>();
  if (const auto found = all.find("theme"); found != all.end() && found->is_string())
    settings.theme = found->get<std::string>();
  if (const auto found = all.find("text_scale"); found != all.end() && found->is_number())
    settings.text_scale = std::clamp(found->get<double>(), 0.6, 3.0);
  if (const auto found = all.find("recent"); found != all.end() && found->is_array())
    for (const auto& each : *found)
      if (each.is_string() && settings.recent.size() < kMostRecent)
        settings.recent.push_back(each.get<std::string>());
  return settings;
}

void write_settings(const std::string& path, const Settings& settings) {
  if (path.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  const nlohmann::ordered_json all{{"width", settings.width},           {"height", settings.height},
                                   {"maximized", settings.maximized},   {"theme", settings.theme},
                                   {"text_scale", settings.text_scale}, {"recent", settings.recent}};
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::binary);
  file << all.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  file.close();
  if (file)
    std::filesystem::rename(part, path, error);
  else
    std::filesystem::remove(part, error);
}

float scale_for(float reported, int height_px) {
  constexpr float kUsualLines = 1080;
  constexpr int kManyLines = 1600;
  if (reported != 1 || height_px <= kManyLines) return reported;
  return std::floor(float(height_px) / kUsualLines * 4) / 4;
}

}  // namespace loopscope::viewer
