// SPDX-License-Identifier: Apache-2.0
#include "tracer/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "trace-model/terminal_text.h"

namespace loopscope::tracer {
namespace {

// Where sudo ran us, the file belongs to who typed sudo.
void give_to_caller(int fd) {
  const char* uid = getenv("SUDO_UID");
  const char* gid = getenv("SUDO_GID");
  if (geteuid() != 0 || !uid || !gid) return;
  if (fchown(fd, uid_t(strtoul(uid, nullptr, 10)), gid_t(strtoul(gid, nullptr, 10)))) return;
}

}  // namespace

std::expected<OutputFile, std::string> OutputFile::open(const std::string& path) {
  if (path == "-") return OutputFile(path, UniqueFd(dup(STDOUT_FILENO)), false);
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  const bool created = bool(fd);
  if (!created && errno == EEXIST) fd = UniqueFd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd)
    return std::unexpected(fmt::format("cannot write the trace to {}: {}; name another place with -o",
                                       trace_model::terminal_text(path), strerror(errno)));
  if (created) give_to_caller(fd.get());
  return OutputFile(path, std::move(fd), created);
}

std::string OutputFile::shown_name() const {
  return is_stdout() ? "standard output" : trace_model::terminal_text(path_);
}

bool OutputFile::is_regular() const {
  struct stat status{};
  return fstat(fd(), &status) == 0 && S_ISREG(status.st_mode);
}

void OutputFile::begin() {
  struct stat info{};
  // A pipe or a device cannot be emptied and need not be.
  if (fstat(fd(), &info) == 0 && S_ISREG(info.st_mode) && !is_stdout() && ftruncate(fd(), 0) != 0) return;
}

void OutputFile::abandon() {
  if (created_) unlink(path_.c_str());
}

std::string default_trace_name(std::string_view name, int pid) {
  std::string safe;
  for (const char c : name)
    if (isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-') safe += c;
  if (safe.empty() || safe[0] == '.' || safe[0] == '-') safe.insert(0, "trace");
  const time_t now = time(nullptr);
  tm local{};
  localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  return fmt::format("{}-{}-{}.loopscope.jsonl", safe, pid, stamp.data());
}

}  // namespace loopscope::tracer
