// SPDX-License-Identifier: Apache-2.0
#include "tracer/kernel_enumerators.h"

#include <bpf/btf.h>

#include <memory>

namespace loopscope::tracer {

std::optional<int> kernel_enumerator(std::string_view name) {
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), &btf__free);
  if (!types) return std::nullopt;
  for (uint32_t id = 1; id < btf__type_cnt(types.get()); ++id) {
    const btf_type* type = btf__type_by_id(types.get(), id);
    if (!btf_is_enum(type)) continue;
    const auto* members = btf_enum(type);
    for (int i = 0; i < btf_vlen(type); ++i)
      if (btf__name_by_offset(types.get(), members[i].name_off) == name) return members[i].val;
  }
  return std::nullopt;
}

}  // namespace loopscope::tracer
