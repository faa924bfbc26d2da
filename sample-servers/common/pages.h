// SPDX-License-Identifier: Apache-2.0
// What the sample servers serve, the same in each: "/", "/balloons", which opens a file on every request, and
// "/cpu?ms=N", which burns N ms of CPU.
#pragma once

#include <chrono>
#include <string>

#include "sample-servers/common/http.h"

namespace loopscope::sample_servers {

// What a request asks for, free of the bytes it came in, so that it can wait, or move to another thread.
struct Page {
  enum class Kind { Index, Balloons, Cpu, Refusal };
  Kind kind = Kind::Index;
  std::chrono::milliseconds cpu{0};  // Cpu: how long to compute, at most kMostCpu
  int status = 200;                  // Refusal: what to say instead
};

inline constexpr std::chrono::milliseconds kMostCpu{10'000};

[[nodiscard]] Page page_of(const Request& request);

// Makes the answer: opens balloons.txt in `root` anew each time, so that a trace shows which wakeup opened
// it, or computes. May be called on any thread.
[[nodiscard]] Response render(const Page& page, const std::string& root);

// Computes until this thread has used `duration` of CPU.
void burn_cpu(std::chrono::nanoseconds duration);

// The folder of the running program, where the build puts balloons.txt.
[[nodiscard]] std::string program_folder();

}  // namespace loopscope::sample_servers
