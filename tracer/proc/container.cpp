// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/container.h"

#include <algorithm>

#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

constexpr size_t kIdDigits = 64, kShownDigits = 12;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// "docker-<id>.scope", "cri-containerd-<id>.scope", "libpod-<id>", "<id>".
std::string_view id_in(std::string_view part) {
  const size_t scope = part.rfind(".scope");
  if (scope != part.npos) part = part.substr(0, scope);
  if (part.size() < kIdDigits) return {};
  const std::string_view id = part.substr(part.size() - kIdDigits);
  return std::ranges::all_of(id, is_hex) ? id.substr(0, kShownDigits) : std::string_view();
}

std::string_view name_in(std::string_view part, std::string_view before) {
  if (before == "lxc" && part != "payload" && part != "monitor") return part;
  for (const std::string_view prefix : {"lxc.payload.", "lxc.payload/"})
    if (part.starts_with(prefix)) return part.substr(prefix.size());
  if (before == "machine.slice" && part.starts_with("systemd-nspawn@") && part.ends_with(".service"))
    return part.substr(15, part.size() - 15 - 8);
  return {};
}

}  // namespace

std::string container_of_cgroup(std::string_view text) {
  std::string found;
  while (!text.empty()) {
    std::string_view path = next_line(text), before;
    path.remove_prefix(std::min(path.find('/'), path.size()));
    while (!path.empty()) {
      path.remove_prefix(1);
      const std::string_view part = path.substr(0, path.find('/'));
      path.remove_prefix(part.size());
      if (const auto id = id_in(part); !id.empty()) found = id;  // the innermost: containers in containers
      if (const auto name = name_in(part, before); !name.empty() && found.empty()) found = name;
      before = part;
    }
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace loopscope::tracer
