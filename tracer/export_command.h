// SPDX-License-Identifier: Apache-2.0
// `loopscope export`: a trace in another format.
#pragma once

#include <optional>
#include <string>

#include "trace-model/story/part_of_trace.h"

namespace loopscope::tracer {

struct ExportOptions {
  std::string file;    // empty: the newest in the current folder
  std::string format;  // one of kExportFormats
  std::string output;  // empty or "-": standard output
  std::string redact;
  std::optional<trace_model::Bound> from, to;
  std::optional<size_t> limit;  // of calls that a page draws
};

inline constexpr const char* kExportFormats[]{"html", "chrome", "csv", "strace", "jsonl"};

[[nodiscard]] int export_command(const ExportOptions& options);

}  // namespace loopscope::tracer
