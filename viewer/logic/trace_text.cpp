// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/trace_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace loopscope::viewer {
namespace {

constexpr size_t kFirstBytes = 1024, kMostBytes = 64 << 20, kFlushBytes = 1 << 20;

// Text begins with a brace or white space; Zstandard's frames do not.
bool is_plain(int fd) {
  char begin[4] = {};
  const ssize_t n = pread(fd, begin, sizeof begin, 0);
  return n < ssize_t(sizeof begin) ||
         (std::memcmp(begin, "\x28\xB5\x2F\xFD", 4) != 0 && std::memcmp(begin + 1, "\x2A\x4D\x18", 3) != 0);
}

int temporary_file() {
  const char* folder = std::getenv("TMPDIR");
  for (const char* each : {folder ? folder : "/tmp", "/var/tmp", "."}) {
    int fd = open(each, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
      std::string name = std::string(each) + "/loopscope-XXXXXX";
      fd = mkostemp(name.data(), O_CLOEXEC);
      if (fd >= 0) unlink(name.c_str());
    }
    if (fd >= 0) return fd;
  }
  return -1;
}

}  // namespace

TraceText::~TraceText() {
  if (spool_ >= 0 && spool_ != input_) close(spool_);
  if (input_ >= 0) close(input_);
}

std::expected<void, std::string> TraceText::open(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  input_ = path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (input_ < 0 || fstat(input_, &status) != 0)
    return std::unexpected(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  if (S_ISDIR(status.st_mode)) return std::unexpected(fmt::format("{} is a folder, not a trace", name));
  const bool file = S_ISREG(status.st_mode) && lseek(input_, 0, SEEK_CUR) == 0;
  if (file) input_bytes_ = uint64_t(status.st_size);
  spool_ = file && is_plain(input_) ? input_ : temporary_file();
  if (spool_ < 0)
    return std::unexpected(
        fmt::format("{} must be copied to a temporary file to be looked at, and none can be made: {}", name,
                    std::strerror(errno)));
  return {};
}

uint64_t TraceText::keep(std::string_view line, uint64_t offset) {
  if (spool_ == input_) return offset;
  const uint64_t at = spooled_ + unwritten_.size();
  unwritten_.append(line).push_back('\n');
  if (unwritten_.size() >= kFlushBytes) (void)flush();
  return at;
}

bool TraceText::flush() {
  if (spool_ == input_) return true;
  size_t done = 0;
  while (done < unwritten_.size()) {
    const ssize_t n =
        pwrite(spool_, unwritten_.data() + done, unwritten_.size() - done, off_t(spooled_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += size_t(n);
  }
  const bool all = done == unwritten_.size();
  spooled_ += unwritten_.size();  // what found no room reads as nothing
  unwritten_.clear();
  return all;
}

void TraceText::drop_before(uint64_t offset) const {
  if (spool_ != input_ && offset > 0)
    (void)fallocate(spool_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, off_t(offset));
}

size_t TraceText::read(uint64_t offset, char* to, size_t bytes) const {
  ssize_t n = 0;
  do n = pread(spool_, to, bytes, off_t(offset));
  while (n < 0 && errno == EINTR);
  return n > 0 ? size_t(n) : 0;
}

std::string TraceText::line(uint64_t offset) const {
  std::string text;
  for (size_t wanted = kFirstBytes; wanted <= kMostBytes; wanted *= 4) {
    const size_t before = text.size();
    text.resize(wanted);
    text.resize(before + read(offset + before, text.data() + before, wanted - before));
    const size_t end = text.find('\n', before);
    if (end != text.npos) {
      text.resize(end);
      return text;
    }
    if (text.size() < wanted) return text;  // the last, which may lack its newline
  }
  return text;
}

}  // namespace loopscope::viewer
