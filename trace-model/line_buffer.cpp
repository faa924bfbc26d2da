// SPDX-License-Identifier: Apache-2.0
#include "trace-model/line_buffer.h"

#include <algorithm>
#include <cstring>

#include "trace-model/record_parser.h"

namespace loopscope::trace_model {

std::span<char> LineBuffer::room(size_t bytes) {
  const size_t wanted = bytes + RecordParser::kPaddingBytes;
  if (bytes_.size() - end_ < wanted) {
    if (end_ > begin_) std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    searched_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
    if (bytes_.size() - end_ < wanted) bytes_.resize(std::max(bytes_.size() * 2, end_ + wanted));
  }
  return {bytes_.data() + end_, bytes_.size() - end_ - RecordParser::kPaddingBytes};
}

void LineBuffer::filled(size_t bytes) {
  end_ += bytes;
}

std::optional<std::string_view> LineBuffer::next_line() {
  if (searched_ == end_) return std::nullopt;
  const char* from = bytes_.data() + searched_;
  const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - searched_));
  if (!newline) {
    searched_ = end_;
    return std::nullopt;
  }
  const char* first = bytes_.data() + begin_;
  const std::string_view line(first, size_t(newline - first));
  offset_ += line.size() + 1;
  begin_ = searched_ = begin_ + line.size() + 1;
  return line;
}

std::string_view LineBuffer::rest() const {
  return {bytes_.data() + begin_, end_ - begin_};
}

void LineBuffer::drop_rest() {
  offset_ += end_ - begin_;
  begin_ = searched_ = end_ = 0;
}

}  // namespace loopscope::trace_model
