// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace loopscope::tracer {

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

OrErrno<UniqueFd> open_folder(int at, const char* path) {
  UniqueFd fd(openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::unexpected(errno);
  return fd;
}

OrErrno<std::string> read_file(int at, const char* path) {
  const UniqueFd fd(openat(at, path, O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(errno);
  std::string content;
  size_t room = 4096;
  for (;;) {
    const size_t had = content.size();
    content.resize(had + room);
    const ssize_t got = read(fd.get(), content.data() + had, room);
    content.resize(had + size_t(std::max<ssize_t>(got, 0)));
    if (got == 0) return content;
    if (got < 0 && errno != EINTR) return std::unexpected(errno);
    room = std::min<size_t>(room * 2, 1 << 20);
  }
}

OrErrno<std::string> read_link(int at, const char* path) {
  char target[4096];  // PATH_MAX; procfs cuts longer ones off itself, with ENAMETOOLONG
  const ssize_t length = readlinkat(at, path, target, sizeof target);
  if (length < 0) return std::unexpected(errno);
  return std::string(target, size_t(length));
}

OrErrno<std::vector<int>> numbered_entries(int at, const char* path) {
  const int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(fdopendir(fd), closedir);
  if (!folder) return std::unexpected(errno);
  std::vector<int> numbers;
  for (errno = 0; const dirent* entry = readdir(folder.get()); errno = 0) {
    const char* end = entry->d_name + std::strlen(entry->d_name);
    int number = 0;
    const auto [at_end, error] = std::from_chars(entry->d_name, end, number);
    if (error == std::errc() && at_end == end && number >= 0) numbers.push_back(number);
  }
  if (errno) return std::unexpected(errno);
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace loopscope::tracer
