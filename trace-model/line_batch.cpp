// SPDX-License-Identifier: Apache-2.0
#include "trace-model/line_batch.h"

#include <utility>

namespace loopscope::trace_model {
namespace {

// Records keep the lists that lines filled; a trace made to fill them must not fill the memory.
constexpr size_t kLargeLineBytes = 1024, kMaxLargeBytes = 4 << 20;
constexpr size_t kMaxKeptBytes = 1 << 20;

}  // namespace

void LineBatch::keep(LineStep taken, LineSource& source) {
  if (bytes_.size() > kMaxKeptBytes) std::exchange(bytes_, {});
  step = std::move(taken);
  if (step.kind == LineStep::Kind::Lines) source.give_away(bytes_);
  if (step.kind != LineStep::Kind::LastLine) return;
  bytes_.assign(step.text.begin(), step.text.end());
  bytes_.resize(bytes_.size() + RecordParser::kPaddingBytes, '\n');  // as LineBuffer::closed_rest() does
  step.text = {bytes_.data(), step.text.size()};
}

void LineBatch::parse(RecordParser& parser, size_t max_line_bytes) {
  lines.clear();
  troubles_.clear();
  pool_.clear();
  if (large_bytes_ > kMaxLargeBytes) pool_ = {}, large_bytes_ = 0;
  if (step.kind == LineStep::Kind::LastLine) return parse_line(parser, step.text, max_line_bytes);
  if (step.kind != LineStep::Kind::Lines) return;
  for (std::string_view rest = step.text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    parse_line(parser, line, max_line_bytes);
  }
}

void LineBatch::parse_line(RecordParser& parser, std::string_view line, size_t max_line_bytes) {
  Line& parsed = lines.emplace_back(line);
  if (line.size() > max_line_bytes) return;
  if (line.size() > kLargeLineBytes) large_bytes_ += line.size();
  LineTrouble trouble;
  parsed.read = read_line(parser, without_byte_order_mark(line, offset_of(parsed)), pool_, trouble);
  if (parsed.read.trouble) parsed.read.trouble = &troubles_.emplace_back(std::move(trouble));
}

}  // namespace loopscope::trace_model
