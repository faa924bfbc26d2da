// SPDX-License-Identifier: Apache-2.0
#include "trace-model/trace_sink.h"

#include <poll.h>
#include <unistd.h>
#include <zstd.h>
#include <cerrno>
#include <cstring>

namespace loopscope::trace_model {

struct TraceSink::Encoder {
  struct Free {
    void operator()(ZSTD_CCtx* freed) const { ZSTD_freeCCtx(freed); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
  std::vector<char> output = std::vector<char>(ZSTD_CStreamOutSize());

  Encoder() {
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  }
};

Compression compression_for(std::string_view file_name) {
  return file_name.ends_with(".zst") ? Compression::Zstd : Compression::None;
}

TraceSink::TraceSink(int fd, Compression compression)
    : fd_(fd), encoder_(compression == Compression::Zstd ? std::make_unique<Encoder>() : nullptr) {
  pending_.reserve(kBufferBytes);
}

TraceSink::~TraceSink() = default;
TraceSink::TraceSink(TraceSink&&) noexcept = default;
TraceSink& TraceSink::operator=(TraceSink&&) noexcept = default;

TraceSink::Result TraceSink::write(std::string_view lines) {
  if (!error_.empty()) return std::unexpected(error_);
  if (lines.empty()) return {};
  if (pending_.empty() && !encoder_holds_bytes_) oldest_unflushed_ = Clock::now();
  pending_ += lines;
  bytes_taken_ += lines.size();
  if (pending_.size() < kBufferBytes) return {};
  return drain(frame_bytes_ >= kFrameBytes ? ZSTD_e_end : ZSTD_e_continue);
}

TraceSink::Result TraceSink::flush() {
  return drain(ZSTD_e_flush);
}
TraceSink::Result TraceSink::finish() {
  return drain(ZSTD_e_end);
}

TraceSink::Result TraceSink::flush_if_due(Clock::time_point now) {
  if (!error_.empty()) return std::unexpected(error_);
  if (pending_.empty() && !encoder_holds_bytes_) return {};
  return now - oldest_unflushed_ >= kFlushInterval ? flush() : Result{};
}

TraceSink::Result TraceSink::drain(int end_directive) {
  if (!error_.empty()) return std::unexpected(error_);
  if (!encoder_) {
    const Result written = write_out(pending_);
    pending_.clear();
    return written;
  }
  if (pending_.empty() && frame_bytes_ == 0) return {};  // nothing begun, nothing to end
  const auto directive = ZSTD_EndDirective(end_directive);
  ZSTD_inBuffer in{pending_.data(), pending_.size(), 0};
  for (size_t left = 1; left != 0 || in.pos < in.size;) {
    ZSTD_outBuffer out{encoder_->output.data(), encoder_->output.size(), 0};
    left = ZSTD_compressStream2(encoder_->context.get(), &out, &in, directive);
    if (ZSTD_isError(left)) {
      error_ = std::string("cannot compress: ") + ZSTD_getErrorName(left);
      return std::unexpected(error_);
    }
    if (const Result written = write_out({encoder_->output.data(), out.pos}); !written) return written;
    if (directive == ZSTD_e_continue && in.pos == in.size) break;
  }
  encoder_holds_bytes_ = directive == ZSTD_e_continue;
  frame_bytes_ = directive == ZSTD_e_end ? 0 : frame_bytes_ + pending_.size();
  pending_.clear();
  return {};
}

TraceSink::Result TraceSink::write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(size_t(n));
      bytes_written_ += uint64_t(n);
    } else if (errno == EAGAIN) {  // someone made the descriptor non-blocking
      pollfd wait{fd_, POLLOUT, 0};
      (void)poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      error_ = std::string("cannot write: ") + std::strerror(errno);
      return std::unexpected(error_);
    }
  }
  return {};
}

}  // namespace loopscope::trace_model
