// SPDX-License-Identifier: Apache-2.0
// The figures of loops and their bursts as JSON; docs/report.md says what each member means.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "trace-model/report.h"

namespace loopscope::trace_model {

[[nodiscard]] nlohmann::ordered_json causes_json(const std::array<uint64_t, kWakeCauses>& causes);
[[nodiscard]] nlohmann::ordered_json bursts_json(const ReportLoop& loop);
[[nodiscard]] nlohmann::ordered_json burst_json(const Burst& burst);
[[nodiscard]] nlohmann::ordered_json woken_json(const Woken& woken);
[[nodiscard]] nlohmann::ordered_json link_json(const Link& link);
[[nodiscard]] nlohmann::ordered_json window_json(const Window& window);

}  // namespace loopscope::trace_model
