// SPDX-License-Identifier: Apache-2.0
// Closed-loop load by hey: so many clients, each of which sends its next request when it has its answer.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "load/measured.h"

namespace loopscope::load {

[[nodiscard]] std::expected<Measured, std::string> run_hey(uint16_t port, unsigned requests,
                                                           unsigned clients);
// What `hey -o csv` prints: response-time,…,status-code,offset.
[[nodiscard]] std::expected<Measured, std::string> read_hey_csv(std::string_view csv, unsigned requests);

}  // namespace loopscope::load
