// SPDX-License-Identifier: Apache-2.0
// Bytes of a trace file in, lines out, plain or out of Zstandard, with what was wrong before any line was
// looked into: compressed data that is damaged, lines too long to be kept. What comes out depends on the
// bytes, and for damaged compressed data on how much is fed at a time; not on who takes it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/input_file.h"
#include "trace-model/line_buffer.h"
#include "trace-model/stream_decoder.h"

namespace loopscope::trace_model {

// The next thing that stands in the text.
struct LineStep {
  enum class Kind : uint8_t {
    Nothing,      // more must be fed, or that was all
    Lines,        // complete lines, each with its newline
    LastLine,     // what is behind the last newline
    SkippedLine,  // the end of a line that was too long
    TooLong,      // the line that begins here
    Damage,       // of the compressed data, where the line that begins here would stand
  };
  Kind kind = Kind::Nothing;
  std::string_view text;  // of lines; RecordParser::kPaddingBytes behind it are readable
  uint64_t offset = 0;    // where it begins in the text
  std::string what;       // what is damaged
};

class LineSource {
 public:
  explicit LineSource(size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  void feed(std::string_view bytes) { decoder_.feed(bytes); }
  void end() { decoder_.end(), ended_ = true; }
  // Feeds what the file gives next; false at its end, which is then known. To be called when there is
  // Nothing.
  [[nodiscard]] std::expected<bool, std::string> read_from(InputFile& file);

  // Its text is valid until the next call of next(), feed() or give_away().
  [[nodiscard]] LineStep next();
  // Keeps the text of the step taken last, which is lines, in `mine`: see LineBuffer.
  void give_away(std::vector<char>& mine) { buffer_.give_away(mine); }

 private:
  [[nodiscard]] LineStep take_lines();
  [[nodiscard]] LineStep take_damage();
  [[nodiscard]] LineStep take_last();

  size_t max_line_bytes_;
  StreamDecoder decoder_;
  LineBuffer buffer_;
  std::vector<char> block_;  // of a compressed file
  bool ended_ = false;
  bool skipping_ = false;  // within a line that is too long
};

}  // namespace loopscope::trace_model
