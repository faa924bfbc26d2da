// SPDX-License-Identifier: Apache-2.0
// Lines for standard output, gathered into large writes.
#pragma once

#include <string>

namespace loopscope::tracer {

class LineOutput {
 public:
  // Without `gather` every line is written at once: what feeds us may pause at any time.
  explicit LineOutput(bool gather) : gather_(gather) {}

  [[nodiscard]] std::string& text() { return text_; }  // append here
  // After each line, and at the end with `all`. False when it cannot be written; error() is then one sentence.
  [[nodiscard]] bool pass_on(bool all = false);
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::string text_, error_;
  bool gather_;
};

}  // namespace loopscope::tracer
