// SPDX-License-Identifier: Apache-2.0
// Which tracepoints and iterators this kernel has, and in which shape, by its BTF: a raw tracepoint's
// prototype is the function behind the typedef btf_trace_NAME (include/trace/bpf_probe.h), an iterator's
// context is struct bpf_iter__NAME.
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <array>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "tracer/doctor.h"

namespace loopscope::tracer {
namespace {

using Btf = std::unique_ptr<btf, void (*)(btf*)>;

struct Tracepoint {
  std::string_view name, renamed, purpose;  // `renamed`: what it was called before
  bool required;
};

constexpr std::array<Tracepoint, 10> kTracepoints{
    {{"sys_enter", "", "start times", true},
     {"sys_exit", "", "calls", true},
     {"task_newtask", "", "new threads and processes", true},
     {"sched_process_exec", "", "exec", true},
     {"sched_process_exit", "", "ends of threads", true},
     {"io_uring_create", "", "rings", false},
     {"io_uring_submit_req", "io_uring_submit_sqe", "submissions", false},
     {"io_uring_complete", "", "completions", false},
     {"io_uring_cqring_wait", "", "waits in a ring", false},
     {"io_uring_task_add", "", "requests that became ready", false}}};

std::string type_text(const btf& types, uint32_t id) {
  std::string stars;
  const btf_type* type = btf__type_by_id(&types, id);
  while (type && (btf_is_ptr(type) || btf_is_mod(type))) {
    if (btf_is_ptr(type)) stars += '*';
    type = btf__type_by_id(&types, type->type);
  }
  const char* name = type && type->name_off ? btf__name_by_offset(&types, type->name_off) : "void";
  return name + stars;
}

// The arguments, without the first, which is the program's own; nothing when there is no such tracepoint.
std::optional<std::string> shape_of(const btf& types, std::string_view tracepoint) {
  const int id =
      btf__find_by_name_kind(&types, fmt::format("btf_trace_{}", tracepoint).c_str(), BTF_KIND_TYPEDEF);
  const btf_type* type = id < 0 ? nullptr : btf__type_by_id(&types, uint32_t(id));
  const btf_type* pointer = type ? btf__type_by_id(&types, type->type) : nullptr;
  const btf_type* prototype =
      pointer && btf_is_ptr(pointer) ? btf__type_by_id(&types, pointer->type) : nullptr;
  if (!prototype || !btf_is_func_proto(prototype)) return std::nullopt;
  std::string text;
  for (int i = 1; i < btf_vlen(prototype); ++i)
    text += (i > 1 ? ", " : "") + type_text(types, btf_params(prototype)[i].type);
  return '(' + text + ')';
}

ProbeResult tracepoint_probe(const btf& types, const Tracepoint& tracepoint) {
  std::string_view name = tracepoint.name;
  auto shape = shape_of(types, name);
  if (!shape && !tracepoint.renamed.empty()) shape = shape_of(types, name = tracepoint.renamed);
  return {.name = fmt::format("tp_btf/{}", name),
          .ok = shape.has_value(),
          .detail = fmt::format("{}: {}", tracepoint.purpose, shape.value_or("absent")),
          .remedy = {},
          .required = tracepoint.required};
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
  const Btf types(btf__load_vmlinux_btf(), btf__free);
  if (!types)
    return {
        {.name = "BTF", .detail = "the kernel's types cannot be loaded", .remedy = "see the BTF file above"}};
  ProbeResults results;
  for (const Tracepoint& tracepoint : kTracepoints) results.push_back(tracepoint_probe(*types, tracepoint));
  results.push_back(iterator_probe(*types, "task", "calls in progress"));
  results.push_back(iterator_probe(*types, "task_file", "open descriptors"));
  return results;
}

}  // namespace loopscope::tracer
