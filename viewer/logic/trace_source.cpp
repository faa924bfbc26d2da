// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/trace_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kBlockBytes = 256 * 1024;
constexpr int kWaitMs = 50, kLooksUntilOver = 20;
constexpr time_t kLatelyS = 3;

// A lease for reading is given only where nobody has the file open to write to it, fcntl(2). It may be asked
// for by its owner; others go by when it was written last.
bool has_writer(int fd, const struct stat& status) {
  if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    (void)fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
  }
  if (errno == EAGAIN) return true;
  return time(nullptr) - status.st_mtim.tv_sec <= kLatelyS;
}

}  // namespace

TraceSource::TraceSource(std::string path, const TraceText& text, Follow follow)
    : path_(std::move(path)), text_(text), follow_(follow) {
  regular_ = text_.input_bytes() > 0;
  struct stat status{};
  if (fstat(text_.input(), &status) == 0 && S_ISREG(status.st_mode)) regular_ = true;
  live_ = !regular_ || follow_ == Follow::Always || (follow_ == Follow::IfWritten && is_written());
  if (!live_ && path_ != "-") {
    if (auto opened = ParallelReader::open(path_)) {
      parallel_.emplace(std::move(*opened));
      return;
    }
  }
  block_.resize(kBlockBytes);
  stream_ = std::make_unique<TraceReader>();
}

TraceSource::~TraceSource() = default;

bool TraceSource::is_written() const {
  struct stat status{};
  return regular_ && fstat(text_.input(), &status) == 0 && has_writer(text_.input(), status);
}

const TraceChecks& TraceSource::checks() const {
  return parallel_ ? const_cast<ParallelReader&>(*parallel_).checks() : stream_->checks();
}

uint64_t TraceSource::bytes_read() const {
  return parallel_ ? parallel_->position() : bytes_;
}

void TraceSource::wait_a_moment() const {
  pollfd input{.fd = text_.input(), .events = POLLIN, .revents = 0};
  // A file is always ready to be read, at its end as well.
  (void)poll(&input, regular_ ? 0 : 1, kWaitMs);
}

bool TraceSource::read_some() {
  if (!regular_) {
    pollfd input{.fd = text_.input(), .events = POLLIN, .revents = 0};
    if (poll(&input, 1, 0) == 0) return false;
  }
  const ssize_t n = read(text_.input(), block_.data(), block_.size());
  if (n < 0 && errno == EINTR) return true;
  if (n > 0) {
    stream_->feed({block_.data(), size_t(n)});
    bytes_ += uint64_t(n);
    unwritten_looks_ = 0;
    return true;
  }
  if (n < 0) troubles_.push_back(fmt::format("cannot read on: {}", std::strerror(errno)));
  if (n < 0 || end_of_file()) {
    stream_->end();
    ended_ = true;
    live_ = false;
    return true;
  }
  return false;
}

bool TraceSource::end_of_file() {
  if (!regular_ || !live_ || end_seen_) return true;
  struct stat status{};
  if (fstat(text_.input(), &status) != 0) return true;
  if (uint64_t(status.st_size) < bytes_) {
    troubles_.emplace_back("the file was made shorter while it was read: what it had is shown");
    return true;
  }
  if (status.st_nlink == 0) {
    troubles_.emplace_back("the file was removed while it was read: what it had is shown");
    return true;
  }
  if (follow_ == Follow::Always || uint64_t(status.st_size) > bytes_ || has_writer(text_.input(), status)) {
    unwritten_looks_ = 0;
    return false;
  }
  return ++unwritten_looks_ >= kLooksUntilOver;
}

TraceSource::Step TraceSource::next() {
  if (!parallel_) return next_of_stream();
  const auto record = parallel_->next();
  if (!record) {
    error_ = record.error();
    return Step::Failed;
  }
  record_ = *record;
  return record_ ? Step::Record : Step::End;
}

TraceSource::Step TraceSource::next_of_stream() {
  for (bool waited = false;;) {
    record_ = stream_->next();
    if (record_) {
      end_seen_ = std::holds_alternative<End>(*record_->event);
      return Step::Record;
    }
    if (!stream_->refusal().empty()) {
      error_ = fmt::format("{}: {}", path_, stream_->refusal());
      return Step::Failed;
    }
    if (ended_) {
      if (stream_->record_count() > 0) return Step::End;
      error_ = stream_->checks().why_empty(path_ == "-" ? "standard input" : path_);
      return Step::Failed;
    }
    if (read_some()) continue;
    if (waited) return Step::Quiet;
    waited = true;
    wait_a_moment();
  }
}

}  // namespace loopscope::viewer
