// SPDX-License-Identifier: Apache-2.0
#include "tracer/trace_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace loopscope::tracer {
namespace {

// The finer the segments, the closer the trace is to the seconds asked for, and the more often the state is
// written.
constexpr int kSegmentsPerSpan = 8;

std::expected<void, std::string> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return std::unexpected(fmt::format("cannot write a segment: {}", strerror(errno)));
    bytes.remove_prefix(size_t(done));
  }
  return {};
}

// Beside other temporary files, without a name; in memory where the folder cannot do that.
UniqueFd nameless_file() {
  const char* folder = getenv("TMPDIR");
  UniqueFd fd(open(folder ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  return fd ? std::move(fd) : UniqueFd(memfd_create("loopscope segment", MFD_CLOEXEC));
}

}  // namespace

TraceOutput::TraceOutput(int fd, std::string_view file_name, std::optional<double> last_s, Head head)
    : sink_(fd, trace_model::compression_for(file_name)), last_s_(last_s), head_(std::move(head)) {}

TraceOutput::~TraceOutput() = default;

TraceOutput::Result TraceOutput::begin(std::string_view header_line) {
  if (Result written = sink_.write(header_line); !written) return written;
  return sink_.flush();
}

TraceOutput::Result TraceOutput::prepare(uint64_t now_ns) {
  if (!last_s_) return {};
  const auto span_ns = uint64_t(*last_s_ * 1e9);
  if (segments_.empty() || now_ns - segments_.back().since_ns > span_ns / kSegmentsPerSpan) {
    Segment segment{now_ns, segments_.empty() ? std::string() : head_(), nameless_file()};
    if (!segment.file)
      return std::unexpected(fmt::format("cannot make a temporary file: {}", strerror(errno)));
    segments_.push_back(std::move(segment));
  }
  // The oldest may go when the one after it alone reaches back far enough.
  while (segments_.size() > 1 && now_ns - segments_[1].since_ns >= span_ns) segments_.pop_front();
  return {};
}

TraceOutput::Result TraceOutput::write(std::string_view lines, uint64_t calls) {
  if (last_s_) {
    segments_.back().bytes += lines.size();
    segments_.back().calls += calls;
    return write_all(segments_.back().file.get(), lines);
  }
  calls_ += calls;
  if (!lines.empty())
    if (Result written = sink_.write(lines); !written) return written;
  return sink_.flush_if_due(trace_model::TraceSink::Clock::now());
}

TraceOutput::Result TraceOutput::copy_segment(const Segment& segment) {
  std::vector<char> chunk(1 << 20);
  for (off_t at = 0;;) {
    const ssize_t got = pread(segment.file.get(), chunk.data(), chunk.size(), at);
    if (got < 0) return std::unexpected(fmt::format("cannot read a segment back: {}", strerror(errno)));
    if (got == 0) return {};
    at += got;
    if (Result written = sink_.write({chunk.data(), size_t(got)}); !written) return written;
  }
}

TraceOutput::Result TraceOutput::finish() {
  if (!segments_.empty())
    if (Result written = sink_.write(segments_.front().head); !written) return written;
  for (const Segment& segment : segments_)
    if (Result copied = copy_segment(segment); !copied) return copied;
  calls_ = calls();
  segments_.clear();
  return sink_.finish();
}

uint64_t TraceOutput::bytes() const {
  uint64_t bytes = sink_.bytes_expected();
  for (const Segment& segment : segments_) bytes += segment.bytes;
  return bytes;
}

uint64_t TraceOutput::calls() const {
  uint64_t calls = calls_;
  for (const Segment& segment : segments_) calls += segment.calls;
  return calls;
}

}  // namespace loopscope::tracer
