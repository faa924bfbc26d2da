// SPDX-License-Identifier: Apache-2.0
// What the running kernel's BTF says: values that move between versions, and the arguments of tracepoints.
#pragma once

#include <bpf/btf.h>

#include <optional>
#include <string>
#include <string_view>

namespace loopscope::tracer {

// nullptr where the kernel gives none. Read once, which takes some ten milliseconds.
[[nodiscard]] const btf* kernel_types();

// Of the kernel's own enumerations, anonymous ones included.
[[nodiscard]] std::optional<int> kernel_enumerator(std::string_view name);

// The arguments of a raw tracepoint: the function behind the typedef btf_trace_NAME
// (include/trace/bpf_probe.h), without its first, which is the program's own. nullptr when there is no such
// tracepoint.
[[nodiscard]] const btf_type* tracepoint_prototype(const btf& types, std::string_view name);

[[nodiscard]] std::string prototype_text(const btf& types, const btf_type& prototype);  // "(io_kiocb*, int)"

// The name of a type without const and the like, one '*' for each pointer: "io_kiocb*", "int", "void*".
[[nodiscard]] std::string type_text(const btf& types, uint32_t id);

// Where a variable of which each CPU has its own lies in the memory of each.
[[nodiscard]] std::optional<uint32_t> per_cpu_offset(const btf& types, std::string_view name);

// In bytes; members of anonymous structures count as the structure's own.
[[nodiscard]] std::optional<uint32_t> member_offset(const btf& types, const btf_type& type,
                                                    std::string_view name);
[[nodiscard]] std::optional<uint32_t> member_offset(const btf& types, std::string_view structure,
                                                    std::string_view name);

}  // namespace loopscope::tracer
