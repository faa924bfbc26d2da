// SPDX-License-Identifier: Apache-2.0
// A burst in a few words: what woke it, and what took its time.
#pragma once

#include <string>

#include "trace-model/analysis/loop_figures.h"

namespace loopscope::trace_model {

[[nodiscard]] std::string call_words(const CallSpec* spec, int fd);  // "recvfrom(fd 9)"; "" for no call

// "new connection on fd 6", "data on fd 9 and 3 more", "timeout"
[[nodiscard]] std::string burst_cause_words(const Burst& burst);

// What took most of it: "on the CPU for 200 ms after recvfrom(fd 9)", "asleep 180 ms in openat(/srv/x)",
// "ready to run, but without a CPU for 8.4 ms". Empty where nothing stands out.
[[nodiscard]] std::string burst_story(const Burst& burst);

// "curl 4800 ran there, in sendto", "network receive (softirq)": how it was made runnable.
[[nodiscard]] std::string woken_words(WakeContext context, Pid tid, const std::string& comm,
                                      const CallSpec* in);

[[nodiscard]] std::string offset_text(Ns t);  // "+3.210 s", with milliseconds

}  // namespace loopscope::trace_model
