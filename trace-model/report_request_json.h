// SPDX-License-Identifier: Apache-2.0
// Requests in `report --json`.
#pragma once

#include <nlohmann/json.hpp>

#include "trace-model/report_requests.h"

namespace loopscope::trace_model {

[[nodiscard]] nlohmann::ordered_json requests_json(const ReportRequests& requests);
[[nodiscard]] nlohmann::ordered_json request_json(const Request& request);
[[nodiscard]] nlohmann::ordered_json request_quantiles_json(const std::optional<RequestQuantiles>& quantiles);

}  // namespace loopscope::trace_model
