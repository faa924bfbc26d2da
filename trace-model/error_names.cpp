// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <string.h>

#include "trace-model/symbols.h"

namespace loopscope::trace_model {
namespace {

// include/linux/errno.h: never seen by user space, but a tracer sees them where the kernel restarts a call.
struct KernelError {
  int number;
  std::string_view name;
};
constexpr KernelError kKernelErrors[]{{512, "ERESTARTSYS"},    {513, "ERESTARTNOINTR"}, {514, "ERESTARTNOHAND"},
                                      {515, "ENOIOCTLCMD"},    {516, "ERESTART_RESTARTBLOCK"},
                                      {517, "EPROBE_DEFER"},   {524, "ENOTSUPP"}};

}  // namespace

std::string_view error_name(int error) {
  for (const KernelError& e : kKernelErrors)
    if (e.number == error) return e.name;
  const char* name = error > 0 ? strerrorname_np(error) : nullptr;
  return name ? std::string_view(name) : std::string_view();
}

std::optional<int> error_number(std::string_view name) {
  int number = 0;
  const char* end = name.data() + name.size();
  if (const auto [at, bad] = std::from_chars(name.data(), end, number); bad == std::errc() && at == end) return number;
  for (int i = 1; i < 600; ++i)
    if (error_name(i) == name && !name.empty()) return i;
  return std::nullopt;
}

}  // namespace loopscope::trace_model
