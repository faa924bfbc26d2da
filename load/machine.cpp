// SPDX-License-Identifier: Apache-2.0
#include "load/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace loopscope::load {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.find(':') + 2, line.size()));
  return "unknown";
}

// How many of the known weaknesses are worked around, each at a price for system calls.
std::string mitigations() {
  if (contents("/proc/cmdline").find("mitigations=off") != std::string::npos) return "off (mitigations=off)";
  unsigned mitigated = 0, vulnerable = 0, all = 0;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator("/sys/devices/system/cpu/vulnerabilities", error)) {
    const std::string says = contents(entry.path());
    ++all;
    mitigated += says.starts_with("Mitigation");
    vulnerable += says.starts_with("Vulnerable");
  }
  return all ? fmt::format("on for {} of {} known weaknesses, {} left open", mitigated, all, vulnerable)
             : "not known";
}

}  // namespace

Machine this_machine() {
  Machine machine;
  utsname system{};
  uname(&system);
  machine.kernel = fmt::format("{} {}", system.sysname, system.release);
  machine.cpu = cpu_model();
  machine.cpus = unsigned(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  machine.governor = contents("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (machine.governor.empty()) machine.governor = "none visible (a virtual machine, mostly)";
  machine.mitigations = mitigations();
  const std::string load = contents("/proc/loadavg");
  machine.load = load.substr(0, load.find(' '));
  return machine;
}

}  // namespace loopscope::load
