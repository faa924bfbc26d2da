// SPDX-License-Identifier: Apache-2.0
#include "trace-model/line_source.h"

#include <utility>

namespace loopscope::trace_model {
namespace {

// What is parsed at a time: enough that handing it to another thread costs little a line, and little enough
// to stay in a core's cache with the records that come of it.
constexpr size_t kChunkBytes = 64 * 1024;
constexpr size_t kFileBytes = 256 * 1024;  // of a compressed file at a time

}  // namespace

LineStep LineSource::next() {
  using enum LineStep::Kind;
  for (;;) {
    if (LineStep lines = take_lines(); lines.kind != Nothing) return lines;
    if (skipping_) {
      buffer_.drop_rest();
    } else if (buffer_.rest().size() > max_line_bytes_) {
      const uint64_t offset = buffer_.offset();
      buffer_.drop_rest();
      skipping_ = true;
      return {.kind = TooLong, .text = {}, .offset = offset, .what = {}};
    }
    if (LineStep damage = take_damage(); damage.kind != Nothing) return damage;
    const size_t decoded = decoder_.decode(buffer_.room(kChunkBytes));
    buffer_.filled(decoded);
    if (decoded) continue;
    if (LineStep damage = take_damage(); damage.kind != Nothing) return damage;
    return ended_ ? take_last() : LineStep();
  }
}

std::expected<bool, std::string> LineSource::read_from(InputFile& file) {
  const bool plain = decoder_.passes_through();
  if (!plain) block_.resize(kFileBytes);
  const auto bytes = file.read(plain ? buffer_.room(kChunkBytes) : std::span(block_));
  if (!bytes) return std::unexpected(bytes.error());
  if (*bytes == 0) end();
  if (plain)
    buffer_.filled(*bytes);
  else
    feed({block_.data(), *bytes});
  return *bytes > 0;
}

LineStep LineSource::take_lines() {
  using enum LineStep::Kind;
  const uint64_t offset = buffer_.offset();
  const bool skipped = skipping_;
  const std::string_view text = skipped ? buffer_.take_line() : buffer_.take_lines();
  if (text.empty()) return {};
  skipping_ = false;
  return {.kind = skipped ? SkippedLine : Lines, .text = text, .offset = offset, .what = {}};
}

LineStep LineSource::take_damage() {
  std::string damage = decoder_.take_damage();
  if (damage.empty()) return {};
  const uint64_t offset = buffer_.offset();
  if (!decoder_.drained()) buffer_.drop_rest();  // the text that follows does not continue this line
  return {.kind = LineStep::Kind::Damage, .text = {}, .offset = offset, .what = std::move(damage)};
}

LineStep LineSource::take_last() {
  const std::string_view text = buffer_.closed_rest();
  const uint64_t offset = buffer_.offset();
  if (text.empty() || skipping_) return {};
  buffer_.drop_rest();  // the text stays where it is
  return {.kind = LineStep::Kind::LastLine, .text = text, .offset = offset, .what = {}};
}

}  // namespace loopscope::trace_model
