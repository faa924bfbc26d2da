// SPDX-License-Identifier: Apache-2.0
#include "tracer/doctor.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trace-model/terminal_text.h"
#include "tracer/print.h"
#include "tracer/proc/access.h"

namespace loopscope::tracer {
namespace {

using nlohmann::ordered_json;

std::string_view verdict(const ProbeResult& result) {
  if (result.ok) return "ok";
  return result.required ? "NO" : "-";
}

// What root may do, so that `record` gets it through sudo.
constexpr std::array<std::string_view, 4> kOfRoot{"CAP_BPF", "CAP_PERFMON", "bpf()", "ring buffer"};

bool is_in_path(const std::string& program) {
  const char* path = getenv("PATH");
  for (std::string_view rest = path ? path : ""; !rest.empty();) {
    const size_t end = std::min(rest.find(':'), rest.size());
    if (access(fmt::format("{}/{}", rest.substr(0, end), program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

// Nothing is missing but what an ordinary user lacks, and there is a sudo to ask.
bool through_sudo(const ProbeResults& results) {
  const auto of_root = [](const ProbeResult& result) {
    return result.ok || !result.required || std::ranges::find(kOfRoot, result.name) != kOfRoot.end();
  };
  return !can_record(results) && geteuid() != 0 && std::ranges::all_of(results, of_root) &&
         is_in_path("sudo");
}

std::string conclusion(const ProbeResults& results) {
  if (can_record(results)) return "Recording is possible here.\n";
  if (through_sudo(results))
    return "Recording goes through sudo here, which asks for your password: what is missing above is what an "
           "ordinary user\nlacks. Whether that is all `sudo \"$(command -v loopscope)\" doctor` says.\n";
  std::string names;
  for (const ProbeResult& result : results)
    if (!result.ok && result.required) names += (names.empty() ? "" : ", ") + result.name;
  return fmt::format(
      "Recording is not possible here, for want of: {}.\n"
      "Without it, `loopscope list` and `loopscope report -p PID` still say who listens and how it is "
      "registered.\n",
      names);
}

}  // namespace

ProbeResults target_probes(const ProcFs& proc, const std::vector<Pid>& targets) {
  ProbeResults results;
  for (const Pid pid : targets) {
    const auto why = why_unreadable(proc, pid);
    results.push_back({.name = fmt::format("process {}", pid),
                       .ok = !why,
                       .detail = why.value_or("may be looked into"),
                       .remedy = {}});
  }
  return results;
}

bool can_record(const ProbeResults& results) {
  return std::ranges::all_of(results,
                             [](const ProbeResult& result) { return result.ok || !result.required; });
}

std::string doctor_text(const ProbeResults& results) {
  size_t width = 0;
  for (const ProbeResult& result : results) width = std::max(width, result.name.size());
  std::string text;
  std::set<std::string_view> said;  // one remedy often serves several
  for (const ProbeResult& result : results) {
    text += fmt::format("{:<3} {:<{}}  {}\n", verdict(result), result.name, width,
                        trace_model::terminal_text(result.detail));
    if (!result.ok && !result.remedy.empty() && said.insert(result.remedy).second)
      text += fmt::format("    {:<{}}  → {}\n", "", width, result.remedy);
  }
  return text + '\n' + conclusion(results);
}

std::string doctor_json(const ProbeResults& results) {
  ordered_json json{{"can_record", can_record(results)}, {"probes", ordered_json::array()}};
  for (const ProbeResult& result : results) {
    ordered_json one{
        {"name", result.name}, {"ok", result.ok}, {"required", result.required}, {"detail", result.detail}};
    if (!result.remedy.empty()) one["remedy"] = result.remedy;
    json["probes"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

int doctor_command(const DoctorOptions& options) {
  ProbeResults results;
  const auto take = [&](ProbeResults more) { std::ranges::move(more, std::back_inserter(results)); };
  take(system_probes({}));
  take(map_probes({}));
  take(btf_probes());
  if (options.more_probes) take(options.more_probes());
  take(target_probes(ProcFs(), options.targets));
  const int printed = print(options.json ? doctor_json(results) : doctor_text(results));
  return printed == 0 && can_record(results) ? 0 : 1;
}

}  // namespace loopscope::tracer
