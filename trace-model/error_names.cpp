// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include <algorithm>
#include <charconv>
#include <vector>

#include "trace-model/symbols.h"

namespace loopscope::trace_model {
namespace {

// include/linux/errno.h: never seen by user space, but a tracer sees them where the kernel restarts a call.
struct KernelError {
  int number;
  std::string_view name;
};
constexpr KernelError kKernelErrors[]{
    {512, "ERESTARTSYS"},           {513, "ERESTARTNOINTR"}, {514, "ERESTARTNOHAND"}, {515, "ENOIOCTLCMD"},
    {516, "ERESTART_RESTARTBLOCK"}, {517, "EPROBE_DEFER"},   {524, "ENOTSUPP"}};

constexpr int kLastNumber = 600;

// A trace that is read names one in every other line.
std::vector<KernelError> names_in_order() {
  std::vector<KernelError> names;
  for (int number = 1; number < kLastNumber; ++number)
    if (const std::string_view name = error_name(number); !name.empty()) names.push_back({number, name});
  std::ranges::stable_sort(names, {}, &KernelError::name);
  return names;
}

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
  if (const auto [at, bad] = std::from_chars(name.data(), end, number); bad == std::errc() && at == end)
    return number;
  static const std::vector<KernelError> by_name = names_in_order();
  const auto at = std::ranges::lower_bound(by_name, name, {}, &KernelError::name);
  return at != by_name.end() && at->name == name ? std::optional(at->number) : std::nullopt;
}

}  // namespace loopscope::trace_model
