// SPDX-License-Identifier: Apache-2.0
// Where the lines of a recording go: a file descriptor the caller opened and keeps, plain or through
// Zstandard. Lines gather in a buffer; flush() makes them readable by others. Call flush_if_due() regularly:
// it flushes when something has waited for kFlushInterval, so that a follower is never further behind and a
// killed recorder leaves all but the last moment. After a flush a compressed file can be decoded to its last
// line although its frame is not ended; frames are ended every kFrameBytes, so that damage costs no more than
// one.
//
// The first error is final: every later call returns it again and writes nothing. What has been written until
// then stays, and ends perhaps within a line, which readers report and skip. The caller ignores SIGPIPE.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::trace_model {

enum class Compression : uint8_t { None, Zstd };
[[nodiscard]] Compression compression_for(std::string_view file_name);  // Zstd for names that end in ".zst"

class TraceSink {
 public:
  using Clock = std::chrono::steady_clock;
  using Result = std::expected<void, std::string>;  // the error: "cannot write: No space left on device"

  static constexpr std::chrono::milliseconds kFlushInterval{300};
  static constexpr size_t kBufferBytes = 256 * 1024;
  static constexpr uint64_t kFrameBytes = 16 * 1024 * 1024;
  static constexpr int kZstdLevel = 1;

  TraceSink(int fd, Compression compression);
  ~TraceSink();  // does not flush: finish() does, and can fail
  TraceSink(TraceSink&&) noexcept;
  TraceSink& operator=(TraceSink&&) noexcept;

  [[nodiscard]] Result write(std::string_view lines);  // whole lines, each with its newline
  [[nodiscard]] Result flush();
  [[nodiscard]] Result flush_if_due(Clock::time_point now);
  [[nodiscard]] Result finish();  // flushes and ends the frame; write() may go on with a new one

  [[nodiscard]] uint64_t bytes_written() const { return bytes_written_; }  // what the file has grown by
  [[nodiscard]] uint64_t bytes_taken() const { return bytes_taken_; }      // what write() was given
  // What the file will have grown by after a flush, at most: for a limit on the size of the file.
  [[nodiscard]] uint64_t bytes_expected() const { return bytes_written_ + pending_.size(); }

 private:
  struct Encoder;

  Result drain(int end_directive);
  Result write_out(std::string_view bytes);

  int fd_;
  std::unique_ptr<Encoder> encoder_;  // null: plain
  std::string pending_;               // lines not yet written or compressed
  bool encoder_holds_bytes_ = false;  // compressed, but not yet flushed to where a reader can decode them
  uint64_t frame_bytes_ = 0;
  uint64_t bytes_written_ = 0, bytes_taken_ = 0;
  Clock::time_point oldest_unflushed_{};
  std::string error_;
};

}  // namespace loopscope::trace_model
