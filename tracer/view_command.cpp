// SPDX-License-Identifier: Apache-2.0
#include "tracer/view_command.h"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "trace-model/terminal_text.h"
#include "tracer/print.h"
#include "tracer/trace_choice.h"

namespace loopscope::tracer {
namespace {

constexpr const char* kViewer = "loopscope-viewer";

// Beside this program, as it is built and installed; else wherever PATH has it.
std::string viewer_path() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = self.parent_path() / kViewer;
  return !error && access(beside.c_str(), X_OK) == 0 ? beside.string() : kViewer;
}

// An option of the viewer takes the word behind it, but for these.
bool names_a_file(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "-h" || word == "--help") return true;
    if (word == "-" || !word.starts_with('-')) return true;
    if (word == "--follow") continue;
    if (word.find('=') == word.npos) ++i;
  }
  return false;
}

}  // namespace

int view_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{kViewer};
  words.insert(words.end(), arguments.begin(), arguments.end());
  if (!names_a_file(arguments)) {
    const auto newest = choose_trace("");
    if (!newest) return fail(trace_model::terminal_text(newest.error()));
    words.push_back(*newest);
  }
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(viewer_path().c_str(), argv.data());
  if (errno == ENOENT)
    return fail(
        "loopscope-viewer is not there: build it with -DLOOPSCOPE_VIEWER=ON (Debian: libimgui-dev "
        "libglfw3-dev); "
        "`loopscope report` and `loopscope show` need no window");
  return fail(fmt::format("cannot run loopscope-viewer: {}", std::strerror(errno)));
}

}  // namespace loopscope::tracer
