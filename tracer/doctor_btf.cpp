// SPDX-License-Identifier: Apache-2.0
// Which tracepoints and iterators this kernel has, and in which shape, by its BTF; an iterator's context is
// struct bpf_iter__NAME.
#include <bpf/libbpf.h>

#include <array>

#include <fmt/format.h>

#include "tracer/doctor.h"
#include "tracer/kernel_types.h"
#include "tracer/sched_probes.h"
#include "tracer/uring_probes.h"

namespace loopscope::tracer {
namespace {

struct Tracepoint {
  std::string_view name, purpose;
};

constexpr std::array<Tracepoint, 5> kTracepoints{{{"sys_enter", "start times"},
                                                  {"sys_exit", "calls"},
                                                  {"task_newtask", "new threads and processes"},
                                                  {"sched_process_exec", "exec"},
                                                  {"sched_process_exit", "ends of threads"}}};

ProbeResult tracepoint_probe(const btf& types, const Tracepoint& tracepoint) {
  const btf_type* prototype = tracepoint_prototype(types, tracepoint.name);
  return {.name = fmt::format("tp_btf/{}", tracepoint.name),
          .ok = prototype != nullptr,
          .detail = fmt::format("{}: {}", tracepoint.purpose,
                                prototype ? prototype_text(types, *prototype) : "absent"),
          .remedy = {},
          .required = true};
}

ProbeResult uring_probe(const UringProbe& probe) {
  const std::string_view shape = probe.shape.empty() ? "absent" : std::string_view(probe.shape);
  return {.name = fmt::format("raw_tp/io_uring_{}", probe.name),
          .ok = probe.known,
          .detail = fmt::format("{}: {}{}", probe.purpose, shape,
                                probe.known || probe.shape.empty() ? "" : ", which loopscope does not know"),
          .remedy = {},
          .required = false};
}

// One of the two names of one tracepoint is enough.
ProbeResults uring_results(const btf& types) {
  ProbeResults results;
  const auto probes = uring_probes(types);
  for (const UringProbe& probe : probes)
    if (!probe.shape.empty() || !probe.name.starts_with("submit_")) results.push_back(uring_probe(probe));
  return results;
}

ProbeResult sched_probe(const btf& types) {
  const SchedProbes probes = sched_probes(types);
  return {.name = "off-CPU",
          .ok = probes.there && probes.context,
          .detail = "when threads do not run: " + sched_probe_text(probes),
          .remedy = {},
          .required = false};
}

ProbeResult iterator_probe(const btf& types, std::string_view name, std::string_view purpose) {
  const bool there =
      btf__find_by_name_kind(&types, fmt::format("bpf_iter__{}", name).c_str(), BTF_KIND_STRUCT) > 0;
  return {.name = fmt::format("iter/{}", name),
          .ok = there,
          .detail = fmt::format("{}: {}", purpose, there ? "there" : "absent"),
          .remedy = {}};
}

}  // namespace

ProbeResults btf_probes() {
  libbpf_set_print(nullptr);  // what fails here is our answer, not a complaint for the terminal
  const btf* types = kernel_types();
  if (!types)
    return {
        {.name = "BTF", .detail = "the kernel's types cannot be loaded", .remedy = "see the BTF file above"}};
  ProbeResults results;
  for (const Tracepoint& tracepoint : kTracepoints) results.push_back(tracepoint_probe(*types, tracepoint));
  for (ProbeResult& result : uring_results(*types)) results.push_back(std::move(result));
  results.push_back(sched_probe(*types));
  results.push_back(iterator_probe(*types, "task", "calls in progress"));
  results.push_back(iterator_probe(*types, "task_file", "open descriptors"));
  return results;
}

}  // namespace loopscope::tracer
