// SPDX-License-Identifier: Apache-2.0
// `loopscope show`: the calls of a trace as lines.
#pragma once

#include <string>
#include <vector>

namespace loopscope::tracer {

struct ShowOptions {
  std::vector<std::string> words;  // [FILE] [QUERY]: a word that names a file is the file, the rest is the query
};

[[nodiscard]] int show_command(const ShowOptions& options);

}  // namespace loopscope::tracer
