// SPDX-License-Identifier: Apache-2.0
// What was opened, and by which wakeup, as lines and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "trace-model/story/opened_files.h"

namespace loopscope::trace_model {

struct Report;

// "/srv/balloons.py, opened at 0.164 506 s by thread 20947, id 57" and below it the wakeup and the way from
// it.
[[nodiscard]] std::vector<std::string> opened_lines(const OpenedFile& file);
[[nodiscard]] nlohmann::ordered_json opened_json(const OpenedFile& file);

// "created", "probably woken by": one step from thread to thread.
[[nodiscard]] std::string link_words(const Link& link);

// Why a program may open nothing where one expects it to: what Python does, where one of them is Python.
[[nodiscard]] std::string nothing_opened_words(const Report& report);

// The answer to --opened TEXT.
[[nodiscard]] std::string opened_text(const OpenedFiles& files, const std::string& contains,
                                      const Report& report);
[[nodiscard]] std::string opened_report_json(const OpenedFiles& files, const std::string& contains,
                                             const Report& report);

}  // namespace loopscope::trace_model
