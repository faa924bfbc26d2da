// SPDX-License-Identifier: Apache-2.0
#include "trace-model/stream_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <zstd.h>

namespace loopscope::trace_model {
namespace {

constexpr std::string_view kMagic = "\x28\xB5\x2F\xFD";  // ZSTD_MAGICNUMBER, little-endian
constexpr size_t kCompactBytes = 1 << 20;

}  // namespace

struct StreamDecoder::Context {
  struct Free {
    void operator()(ZSTD_DCtx* freed) const { ZSTD_freeDCtx(freed); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
};

StreamDecoder::StreamDecoder() = default;
StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder&&) noexcept = default;
StreamDecoder& StreamDecoder::operator=(StreamDecoder&&) noexcept = default;

void StreamDecoder::feed(std::string_view bytes) {
  compact();
  fed_ += bytes;
}

void StreamDecoder::end() {
  ended_ = true;
}

bool StreamDecoder::recognise() {
  if (kind_ != Kind::Unknown) return true;
  const std::string_view beginning = std::string_view(fed_).substr(0, kMagic.size());
  if (beginning.size() < kMagic.size() && kMagic.starts_with(beginning) && !ended_) return false;
  kind_ = beginning == kMagic ? Kind::Zstd : Kind::Plain;
  if (kind_ == Kind::Zstd) zstd_ = std::make_unique<Context>();
  return true;
}

size_t StreamDecoder::decode(std::span<char> out) {
  if (!recognise() || !damage_.empty()) return 0;
  return kind_ == Kind::Plain ? copy(out) : decompress(out);
}

size_t StreamDecoder::copy(std::span<char> out) {
  const size_t n = std::min(out.size(), fed_.size() - used_);
  std::copy_n(fed_.data() + used_, n, out.data());
  used_ += n;
  return n;
}

// After damage: on to where a frame seems to begin. Whether one does, decompressing it tells.
bool StreamDecoder::find_frame() {
  const size_t at = fed_.find(kMagic, used_);
  used_ =
      at != std::string::npos ? at : std::max(used_, fed_.size() - std::min(fed_.size(), kMagic.size() - 1));
  if (at == std::string::npos && ended_) used_ = fed_.size();
  lost_ = at == std::string::npos;
  return !lost_;
}

size_t StreamDecoder::decompress(std::span<char> out) {
  if (lost_ && !find_frame()) return 0;
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  ZSTD_inBuffer input{fed_.data(), fed_.size(), used_};
  while (output.pos < output.size && (input.pos < input.size || full_)) {
    const size_t left = ZSTD_decompressStream(zstd_->context.get(), &output, &input);
    full_ = output.pos == output.size;  // more may be waiting inside
    if (!ZSTD_isError(left)) {
      in_frame_ = left != 0;
      continue;
    }
    damage_ = std::string("the compressed data is damaged (") + ZSTD_getErrorName(left) + ")";
    ZSTD_DCtx_reset(zstd_->context.get(), ZSTD_reset_session_only);
    lost_ = true;
    in_frame_ = full_ = false;
    input.pos =
        std::max(input.pos, std::min(used_ + 1, fed_.size()));  // on, or the same frame would be found again
    break;
  }
  used_ = input.pos;
  if (ended_ && in_frame_ && output.pos == 0 && used_ == fed_.size()) {
    in_frame_ = false;
    damage_ = "the compressed data ends within a frame: the recording was cut short";
  }
  return output.pos;
}

std::string StreamDecoder::take_damage() {
  return std::exchange(damage_, {});
}

bool StreamDecoder::drained() const {
  return ended_ && used_ == fed_.size() && !in_frame_ && !full_ && damage_.empty();
}

void StreamDecoder::compact() {
  if (used_ < fed_.size() && used_ < kCompactBytes) return;
  fed_.erase(0, used_);
  used_ = 0;
}

}  // namespace loopscope::trace_model
