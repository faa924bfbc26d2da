// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "trace-model/report.h"

namespace loopscope::trace_model {

[[nodiscard]] nlohmann::ordered_json ring_json(const ReportRing& ring);
[[nodiscard]] nlohmann::ordered_json quantiles_json(const std::optional<Quantiles>& quantiles);

}  // namespace loopscope::trace_model
