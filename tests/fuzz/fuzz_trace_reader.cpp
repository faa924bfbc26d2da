// SPDX-License-Identifier: Apache-2.0
// Any bytes at all are read without harm, in one piece as in many, and what was read can be written and read
// again.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "trace-model/json_writer.h"
#include "trace-model/trace_reader.h"

namespace {

using namespace loopscope::trace_model;

constexpr TraceReader::Limits kLimits{
    .max_line_bytes = 1 << 16, .max_problems_kept = 10, .lines_before_refusal = 1000};

std::vector<std::string> lines_written(std::string_view bytes, size_t piece_bytes) {
  TraceReader reader(kLimits);
  std::vector<std::string> lines;
  const auto take = [&] {
    while (const Record* record = reader.next()) append_line(lines.emplace_back(), *record->event);
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_bytes, bytes.size()))) {
    reader.feed(bytes.substr(0, piece_bytes));
    take();
  }
  reader.end();
  take();
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto lines = lines_written(bytes, 1 << 20);
  const bool compressed = bytes.starts_with("\x28\xB5\x2F\xFD");  // how damage shows depends on the pieces
  if (!compressed && lines_written(bytes, 13) != lines) std::abort();
  std::string written;
  for (const std::string& line : lines) written += line;
  if (!written.empty() && lines_written(written, 1 << 20).size() != lines.size()) std::abort();
  return 0;
}
