// SPDX-License-Identifier: Apache-2.0
// Writes lines of random records of every kind and every call to standard output, for schema_test.py.
#include <cstdio>

#include "tests/trace-model/random_records.h"
#include "trace-model/json_writer.h"

int main() {
  using namespace loopscope::trace_model;
  RandomRecords random(5);
  std::string lines;
  for (int i = 0; i < 5; ++i) {
    for (const CallSpec& spec : all_calls()) {
      append_line(lines, random.call(spec));
      append_line(lines, random.pending(spec));
    }
    for (int op = 0; op < 64; ++op) append_line(lines, random.sqe(uint8_t(op)));
    for (size_t kind = 0; kind < std::variant_size_v<Event>; ++kind) append_line(lines, random.record(kind));
  }
  return std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size() && std::fflush(stdout) == 0 ? 0
                                                                                                        : 1;
}
