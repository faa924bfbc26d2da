// SPDX-License-Identifier: Apache-2.0
#include "tracer/uring_probes.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tracer/kernel_types.h"

namespace loopscope::tracer {
namespace {

// Arguments, one letter each: r struct io_kiocb*, c struct io_uring_cqe*, p any other pointer, i a number.
// What follows is left alone. Versions are in bpf/uring.h.
struct KnownShapes {
  std::string_view name, purpose;
  std::array<std::string_view, 3> shapes;
};

constexpr std::array<KnownShapes, 9> kKnown{{
    {"create", "rings that are made", {"ipiii"}},
    {"submit_req", "operations taken", {"r"}},
    {"submit_sqe", "operations taken, before Linux 6.3", {"ri", "ppi"}},
    {"req_failed", "operations refused", {"pri", "pppi"}},
    {"poll_arm", "operations set to wait", {"rii", "ppi"}},
    {"task_add", "operations that became ready", {"ri", "ppi"}},
    {"queue_async_work", "operations handed to workers", {"ri", "ppi"}},
    {"complete", "completions", {"ppc", "ppiii", "piii"}},
    {"cqe_overflow", "completions that found the queue full", {"piii"}},
}};

char letter_of(const btf& types, uint32_t id) {
  const std::string text = type_text(types, id);
  if (text == "io_kiocb*") return 'r';
  if (text == "io_uring_cqe*") return 'c';
  return text.ends_with('*') ? 'p' : 'i';
}

const UringProbe* find(const std::vector<UringProbe>& probes, std::string_view name) {
  const auto at = std::ranges::find(probes, name, &UringProbe::name);
  return at != probes.end() ? &*at : nullptr;
}

bool usable(const std::vector<UringProbe>& probes, std::string_view name) {
  const UringProbe* probe = find(probes, name);
  return probe && probe->known;
}

}  // namespace

std::vector<UringProbe> uring_probes(const btf& types) {
  std::vector<UringProbe> probes;
  probes.reserve(kKnown.size());
  for (const KnownShapes& known : kKnown) {
    UringProbe& probe = probes.emplace_back();
    probe.name = known.name;
    probe.purpose = known.purpose;
    const btf_type* prototype = tracepoint_prototype(types, fmt::format("io_uring_{}", known.name));
    if (!prototype) continue;
    std::string letters;
    for (int i = 1; i < btf_vlen(prototype); ++i) letters += letter_of(types, btf_params(prototype)[i].type);
    probe.shape = prototype_text(types, *prototype);
    probe.known = std::ranges::any_of(
        known.shapes, [&](std::string_view shape) { return !shape.empty() && letters.starts_with(shape); });
  }
  return probes;
}

std::string uring_probe_text(const std::vector<UringProbe>& probes) {
  std::vector<std::string> used, missing;
  const bool renamed = usable(probes, "submit_req") || usable(probes, "submit_sqe");
  for (const UringProbe& probe : probes) {
    if (probe.known)
      used.emplace_back(probe.name);
    else if (!probe.shape.empty())
      missing.push_back(fmt::format("{} (its arguments {} are not known)", probe.name, probe.shape));
    else if (!renamed || !probe.name.starts_with("submit_"))
      missing.emplace_back(probe.name);
  }
  if (!renamed || !usable(probes, "complete"))
    return fmt::format("off: only the calls io_uring_* are recorded; this kernel lacks {}",
                       fmt::join(missing, ", "));
  std::string text = fmt::format("{}", fmt::join(used, ", "));
  if (!missing.empty()) text += fmt::format("; missing: {}", fmt::join(missing, ", "));
  return text;
}

}  // namespace loopscope::tracer
