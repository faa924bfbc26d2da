// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "trace-model/trace_reader.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kBlockBytes = 256 * 1024;

}  // namespace

std::expected<TraceFile, std::string> TraceFile::open(const std::string& path,
                                                      const TraceReader::Limits& limits) {
  const bool standard_input = path == "-";
  const int fd =
      standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const std::string name = standard_input ? "standard input" : path;
  if (fd < 0) return std::unexpected(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  return TraceFile(name, fd, limits);
}

TraceFile::TraceFile(std::string path, int fd, const TraceReader::Limits& limits)
    : path_(std::move(path)), fd_(fd), reader_(limits), block_(kBlockBytes) {}

TraceFile::~TraceFile() {
  if (fd_ >= 0) close(fd_);
}

TraceFile::TraceFile(TraceFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      reader_(std::move(other.reader_)),
      block_(std::move(other.block_)),
      ended_(other.ended_) {}

TraceFile& TraceFile::operator=(TraceFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(reader_, other.reader_);
  std::swap(block_, other.block_);
  std::swap(ended_, other.ended_);
  return *this;
}

std::expected<bool, std::string> TraceFile::read_more() {
  ssize_t n = 0;
  do n = read(fd_, block_.data(), block_.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return std::unexpected(fmt::format("cannot read {}: {}", path_, std::strerror(errno)));
  if (n > 0) reader_.feed({block_.data(), size_t(n)});
  return n > 0;
}

std::expected<const Record*, std::string> TraceFile::next() {
  for (;;) {
    if (const Record* record = reader_.next()) return record;
    if (!reader_.refusal().empty()) return std::unexpected(fmt::format("{}: {}", path_, reader_.refusal()));
    if (ended_) break;
    const auto more = read_more();
    if (!more) return std::unexpected(more.error());
    if (!*more) ended_ = true, reader_.end();
  }
  if (reader_.record_count()) return nullptr;
  if (!reader_.problem_count()) return std::unexpected(fmt::format("{} is empty: it holds no trace", path_));
  return std::unexpected(
      fmt::format("{} is not a loopscope trace: {}", path_, sentence_of(reader_.problems().front())));
}

}  // namespace loopscope::trace_model
