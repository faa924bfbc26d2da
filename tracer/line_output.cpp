// SPDX-License-Identifier: Apache-2.0
#include "tracer/line_output.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

namespace loopscope::tracer {
namespace {

constexpr size_t kBlockBytes = 64 * 1024;

}  // namespace

bool LineOutput::pass_on(bool all) {
  if (!error_.empty()) return false;
  if (gather_ && !all && text_.size() < kBlockBytes) return true;
  for (std::string_view rest = text_; !rest.empty();) {
    const ssize_t n = write(STDOUT_FILENO, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      error_ = errno == EPIPE ? "whoever read standard output has gone; the rest is not shown"
                              : fmt::format("cannot write to standard output: {}", std::strerror(errno));
      return false;
    }
    rest.remove_prefix(size_t(n));
  }
  text_.clear();
  return true;
}

}  // namespace loopscope::tracer
