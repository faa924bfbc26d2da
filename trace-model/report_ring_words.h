// SPDX-License-Identifier: Apache-2.0
// The lines of a report about one ring.
#pragma once

#include <string>
#include <vector>

#include "trace-model/report.h"

namespace loopscope::trace_model {

// "io_uring 5: 256 entries, SINGLE_ISSUER|DEFER_TASKRUN, since 1.2 s", and what went through it, a line each;
// first what comes above the table of its operations, then what comes below.
struct RingWords {
  std::string heading;
  std::vector<std::string> above, table, below;
};
[[nodiscard]] RingWords ring_words(const ReportRing& ring, const Report& report);

// "1.2 s of CPU, of it 0.3 s in SQPOLL threads"; empty where that is not known.
[[nodiscard]] std::string cpu_words(const ReportProcess& process);

// "ACCEPT"; "0x80" for one without a name
[[nodiscard]] std::string op_words(uint8_t op);

}  // namespace loopscope::trace_model
