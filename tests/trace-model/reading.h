// SPDX-License-Identifier: Apache-2.0
// Reading a trace that is in memory, for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trace-model/trace_reader.h"

namespace loopscope::trace_model {

struct WhatWasRead {
  std::vector<Event> events;
  std::vector<std::string> lines;
  std::vector<uint64_t> line_numbers;
  std::vector<Problem> problems;
  std::string refusal;
};

// Feeds `bytes` in pieces of `piece_bytes`, taking records as soon as there are any.
inline WhatWasRead read_all(std::string_view bytes, size_t piece_bytes = 1 << 20,
                            TraceReader::Limits limits = {}) {
  TraceReader reader(limits);
  WhatWasRead read;
  const auto take = [&] {
    while (const Record* record = reader.next()) {
      read.events.push_back(*record->event);
      read.lines.emplace_back(record->line);
      read.line_numbers.push_back(record->line_number);
    }
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_bytes, bytes.size()))) {
    reader.feed(bytes.substr(0, piece_bytes));
    take();
  }
  reader.end();
  take();
  read.problems = reader.problems();
  read.refusal = reader.refusal();
  return read;
}

}  // namespace loopscope::trace_model
