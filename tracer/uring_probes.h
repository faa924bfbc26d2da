// SPDX-License-Identifier: Apache-2.0
// Which tracepoints of io_uring this kernel has, and whether their arguments are ones that bpf/uring_*.bpf.c
// knows.
#pragma once

#include <bpf/btf.h>

#include <string>
#include <string_view>
#include <vector>

namespace loopscope::tracer {

struct UringProbe {
  std::string_view name;  // without io_uring_
  std::string_view purpose;
  std::string shape;   // "(io_kiocb*, int)"; empty: this kernel has none of that name
  bool known = false;  // it can be used
};

// All that the recorder may use, in a fixed order. `submit_sqe` is what `submit_req` was called before
// Linux 6.3.
[[nodiscard]] std::vector<UringProbe> uring_probes(const btf& types);

// For the header: "create, submit_req, …", what is missing and why, or "off: " and why operations cannot be
// recorded.
[[nodiscard]] std::string uring_probe_text(const std::vector<UringProbe>& probes);

}  // namespace loopscope::tracer
