// SPDX-License-Identifier: Apache-2.0
// `loopscope show`: the calls of a trace as lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loopscope::tracer {

struct ShowOptions {
  std::vector<std::string>
      words;          // [FILE] [QUERY]: the first word that names a file is the file, the rest the query
  bool json = false;  // the records themselves, as they stand in the file
  bool ids = false;   // before each line, that of its record
};

// Of the query language, for --help.
extern const std::string_view kShowHelp;

// An exit code: 0, 1 (the trace or standard output failed), 2 (the query cannot be understood).
[[nodiscard]] int show_command(const ShowOptions& options);

}  // namespace loopscope::tracer
