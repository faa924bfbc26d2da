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

std::string_view LineBuffer::take_lines() {
  if (searched_ == end_) return {};
  const char* from = bytes_.data() + searched_;
  const auto* newline = static_cast<const char*>(memrchr(from, '\n', end_ - searched_));
  if (newline) return take(size_t(newline + 1 - bytes_.data()) - begin_);
  searched_ = end_;
  return {};
}

std::string_view LineBuffer::take_line() {
  if (searched_ == end_) return {};
  const char* from = bytes_.data() + searched_;
  const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - searched_));
  if (newline) return take(size_t(newline + 1 - bytes_.data()) - begin_);
  searched_ = end_;
  return {};
}

std::string_view LineBuffer::take(size_t bytes) {
  const std::string_view taken(bytes_.data() + begin_, bytes);
  offset_ += bytes;
  begin_ = searched_ = begin_ + bytes;
  return taken;
}

void LineBuffer::give_away(std::vector<char>& mine) {
  const size_t incomplete = end_ - begin_;
  if (mine.size() < incomplete + RecordParser::kPaddingBytes)
    mine.resize(std::max(bytes_.size(), incomplete + RecordParser::kPaddingBytes));
  std::memcpy(mine.data(), bytes_.data() + begin_, incomplete);
  bytes_.swap(mine);
  searched_ -= begin_;
  begin_ = 0;
  end_ = incomplete;
}

std::string_view LineBuffer::rest() const {
  return {bytes_.data() + begin_, end_ - begin_};
}

std::string_view LineBuffer::closed_rest() {
  if (end_ > begin_) std::memset(bytes_.data() + end_, '\n', RecordParser::kPaddingBytes);
  return rest();
}

void LineBuffer::drop_rest() {
  offset_ += end_ - begin_;
  begin_ = searched_ = end_ = 0;
}

}  // namespace loopscope::trace_model
