// SPDX-License-Identifier: Apache-2.0
#include "trace-model/analysis/links.h"

#include <algorithm>
#include <array>

namespace loopscope::trace_model {

std::string_view link_how_name(LinkHow how) {
  constexpr std::array<std::string_view, 6> kNames{"created", "woken",      "eventfd",
                                                   "pipe",    "socketpair", "signal"};
  return kNames[size_t(how)];
}

bool Work::certain() const {
  return std::ranges::all_of(path, &Link::certain);
}

}  // namespace loopscope::trace_model
