// SPDX-License-Identifier: Apache-2.0
// The lines of a trace, to be read again one by one: out of the trace itself where it is a plain file, else
// (compressed, or from a pipe) out of a temporary file that has no name, into which its lines were copied.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace loopscope::viewer {

class TraceText {
 public:
  TraceText() = default;
  ~TraceText();
  TraceText(const TraceText&) = delete;
  TraceText& operator=(const TraceText&) = delete;

  // The error is a sentence. "-" is standard input.
  [[nodiscard]] std::expected<void, std::string> open(const std::string& path);

  [[nodiscard]] int input() const { return input_; }
  [[nodiscard]] uint64_t input_bytes() const { return input_bytes_; }  // 0: not known

  // Where a line of the input will be found again. `offset` is the one it has in the input's text.
  [[nodiscard]] uint64_t keep(std::string_view line, uint64_t offset);
  [[nodiscard]] bool flush();  // of what was kept; false: there was no room for it
  // Nobody asks for lines before this one any more: of a copy they need take no room.
  void drop_before(uint64_t offset) const;

  // Whether more lines may come.
  void set_growing(bool growing) { growing_ = growing; }
  [[nodiscard]] bool growing() const { return growing_; }

  // Any thread. Empty where it cannot be read.
  [[nodiscard]] std::string line(uint64_t offset) const;
  // Reads on from `offset`, for those who go through all of it; 0 at the end.
  [[nodiscard]] size_t read(uint64_t offset, char* to, size_t bytes) const;

 private:
  int input_ = -1, spool_ = -1;
  uint64_t input_bytes_ = 0, spooled_ = 0;
  std::string unwritten_;
  std::atomic<bool> growing_ = true;
};

}  // namespace loopscope::viewer
