// SPDX-License-Identifier: Apache-2.0
#include "tracer/print.h"

#include <errno.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace loopscope::tracer {

int print(std::string_view text) {
  signal(SIGPIPE, SIG_IGN);
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(fmt::format("cannot write to standard output: {}", strerror(errno)));
    text.remove_prefix(size_t(written));
  }
  return 0;
}

int stdout_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 100;
}

bool stdout_has_color() {
  const char* no_color = getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && !(no_color && *no_color);
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = getenv(name); value && *value)
      return strcasestr(value, "utf-8") != nullptr || strcasestr(value, "utf8") != nullptr;
  return false;
}

int fail(std::string_view sentence) {
  fmt::print(stderr, "loopscope: {}\n", sentence);
  return 1;
}

}  // namespace loopscope::tracer
