// SPDX-License-Identifier: Apache-2.0
#include "trace-model/trace_reader.h"

namespace loopscope::trace_model {

void TraceReader::feed(std::string_view bytes) {
  source_.feed(bytes);
}

std::expected<bool, std::string> TraceReader::read_from(InputFile& file) {
  return source_.read_from(file);
}

const Record* TraceReader::next() {
  using enum LineStep::Kind;
  while (refusal().empty()) {
    if (!lines_.empty()) {
      if (const Record* record = next_line()) return record;
      continue;
    }
    LineStep step = source_.next();
    switch (step.kind) {
      case Nothing:
        return nullptr;
      case Lines:
        lines_ = step.text;
        lines_offset_ = step.offset;
        break;
      case LastLine:
        if (const Record* record = take(step.text, step.offset, false)) return record;
        break;
      case SkippedLine:
        checks_.take_skipped_line();
        break;
      case TooLong:
        checks_.note_long_line(step.offset);
        break;
      case Damage:
        checks_.note_about_next_line(step.offset, std::move(step.what));
        break;
    }
  }
  return nullptr;
}

const Record* TraceReader::next_line() {
  const std::string_view line = lines_.substr(0, lines_.find('\n'));
  const uint64_t offset = lines_offset_;
  lines_.remove_prefix(line.size() + 1);
  lines_offset_ += line.size() + 1;
  return take(line, offset, true);
}

const Record* TraceReader::take(std::string_view line, uint64_t offset, bool complete) {
  pool_.clear();
  const std::string_view content = without_byte_order_mark(line, offset);
  const LineRead read = read_line(parser_, content, pool_, trouble_);
  if (!checks_.take(read, offset, line.size(), complete)) return nullptr;
  record_ = {read.event, content, checks_.line_count(), offset};
  return &record_;
}

}  // namespace loopscope::trace_model
