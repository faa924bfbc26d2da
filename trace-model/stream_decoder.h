// SPDX-License-Identifier: Apache-2.0
// The bytes of a trace file as text: as they are, or out of Zstandard, whichever the first bytes say. Decodes
// only as much as is asked for, so that a small file that decodes to a huge one needs no huge memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace loopscope::trace_model {

class StreamDecoder {
 public:
  StreamDecoder();
  ~StreamDecoder();
  StreamDecoder(StreamDecoder&&) noexcept;
  StreamDecoder& operator=(StreamDecoder&&) noexcept;

  void feed(std::string_view bytes);
  void end();  // no more will be fed

  // Puts text into `out` and says how much. 0: feed more first, or see damage(), or everything has been
  // decoded.
  [[nodiscard]] size_t decode(std::span<char> out);

  // What was wrong with the compressed data, once. Behind it decoding goes on with the next frame that
  // begins, so text is missing here.
  [[nodiscard]] std::string take_damage();

  // What is fed next would come out as it is, at once: whoever has it need not feed it.
  [[nodiscard]] bool passes_through() const { return kind_ == Kind::Plain && used_ == fed_.size(); }

  [[nodiscard]] bool drained() const;  // ended, and all text has been handed out

 private:
  enum class Kind : uint8_t { Unknown, Plain, Zstd };
  struct Context;

  bool recognise();
  size_t copy(std::span<char> out);
  size_t decompress(std::span<char> out);
  bool find_frame();
  void compact();

  Kind kind_ = Kind::Unknown;
  std::string fed_;
  size_t used_ = 0;  // of fed_
  bool ended_ = false, in_frame_ = false, lost_ = false, full_ = false;
  std::string damage_;
  std::unique_ptr<Context> zstd_;
};

}  // namespace loopscope::trace_model
