// SPDX-License-Identifier: Apache-2.0
#include "tracer/kernel_types.h"

#include <memory>

#include <fmt/format.h>

namespace loopscope::tracer {

const btf* kernel_types() {
  static const std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), &btf__free);
  return types.get();
}

std::optional<int> kernel_enumerator(std::string_view name) {
  const btf* types = kernel_types();
  if (!types) return std::nullopt;
  for (uint32_t id = 1; id < btf__type_cnt(types); ++id) {
    const btf_type* type = btf__type_by_id(types, id);
    if (!btf_is_enum(type)) continue;
    const auto* members = btf_enum(type);
    for (int i = 0; i < btf_vlen(type); ++i)
      if (btf__name_by_offset(types, members[i].name_off) == name) return members[i].val;
  }
  return std::nullopt;
}

const btf_type* tracepoint_prototype(const btf& types, std::string_view name) {
  const int id = btf__find_by_name_kind(&types, fmt::format("btf_trace_{}", name).c_str(), BTF_KIND_TYPEDEF);
  const btf_type* type = id < 0 ? nullptr : btf__type_by_id(&types, uint32_t(id));
  const btf_type* pointer = type ? btf__type_by_id(&types, type->type) : nullptr;
  if (!pointer || !btf_is_ptr(pointer)) return nullptr;
  const btf_type* prototype = btf__type_by_id(&types, pointer->type);
  return prototype && btf_is_func_proto(prototype) ? prototype : nullptr;
}

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

std::string prototype_text(const btf& types, const btf_type& prototype) {
  std::string text;
  for (int i = 1; i < btf_vlen(&prototype); ++i)
    text += (i > 1 ? ", " : "") + type_text(types, btf_params(&prototype)[i].type);
  return '(' + text + ')';
}

std::optional<uint32_t> per_cpu_offset(const btf& types, std::string_view name) {
  for (uint32_t id = 1; id < btf__type_cnt(&types); ++id) {
    const btf_type* type = btf__type_by_id(&types, id);
    if (!btf_is_datasec(type) ||
        btf__name_by_offset(&types, type->name_off) != std::string_view(".data..percpu"))
      continue;
    const btf_var_secinfo* variables = btf_var_secinfos(type);
    for (int i = 0; i < btf_vlen(type); ++i)
      if (btf__name_by_offset(&types, btf__type_by_id(&types, variables[i].type)->name_off) == name)
        return variables[i].offset;
  }
  return std::nullopt;
}

std::optional<uint32_t> member_offset(const btf& types, const btf_type& type, std::string_view name) {
  const btf_member* members = btf_members(&type);
  for (int i = 0; i < btf_vlen(&type); ++i) {
    const uint32_t at = btf_member_bit_offset(&type, uint32_t(i)) / 8;
    const std::string_view member = btf__name_by_offset(&types, members[i].name_off);
    if (member == name) return at;
    const btf_type* inner = member.empty() ? btf__type_by_id(&types, members[i].type) : nullptr;
    if (!inner || !btf_is_composite(inner)) continue;
    if (const auto within = member_offset(types, *inner, name)) return at + *within;
  }
  return std::nullopt;
}

std::optional<uint32_t> member_offset(const btf& types, std::string_view type, std::string_view name) {
  const int id = btf__find_by_name_kind(&types, std::string(type).c_str(), BTF_KIND_STRUCT);
  return id < 0 ? std::nullopt : member_offset(types, *btf__type_by_id(&types, uint32_t(id)), name);
}

}  // namespace loopscope::tracer
