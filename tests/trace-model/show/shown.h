// SPDX-License-Identifier: Apache-2.0
// A record as `show` writes it, without the time and the column of the process.
#pragma once

#include <string>

#include "tests/trace-model/model/trace_maker.h"
#include "trace-model/show_line.h"

namespace loopscope::trace_model {

inline constexpr size_t kColumnsBefore = 12 + 16;

inline std::string whole_line(Analysis& analysis, Event event) {
  const Model& model = analysis.model();
  std::string out;
  model.join(event);
  append_line_begin(out, event, model.state());
  analysis.apply(event);
  append_line_end(out, event, model.state());
  return out;
}

inline std::string shown(TraceMaker& maker, const Event& event) {
  std::string line = whole_line(maker.analysis, event);
  EXPECT_TRUE(line.ends_with('\n')) << line;
  EXPECT_GT(line.size(), kColumnsBefore) << line;
  line.pop_back();
  return line.substr(std::min(line.size(), kColumnsBefore));
}

}  // namespace loopscope::trace_model
