// SPDX-License-Identifier: Apache-2.0
// Files of the first format, and lines of it to be found fault with.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/trace-model/reading.h"

namespace loopscope::trace_model {

inline const std::string kHeader = R"({"type":"trace","id":1,"format":1,"tool":"t","monotonic_ns":5})"
                                   "\n";

inline std::string contents(const std::string& name) {
  std::ifstream file(std::string(LOOPSCOPE_TEST_DATA "/") + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Files that were written once, by the first format; they are added to, never edited.
inline std::string golden() {
  return contents("format-1.jsonl");
}
inline std::string golden_off() {
  return contents("format-1-off.jsonl");
}
inline std::string golden_peek() {
  return contents("format-1-peek.jsonl");
}
inline std::string golden_queue() {
  return contents("format-1-queue.jsonl");
}
inline std::string golden_rings() {
  return contents("format-1-rings.jsonl");
}

inline std::string call_line(int id, int64_t t = 0) {
  return R"({"type":"call","id":)" + std::to_string(id) + R"(,"t":)" + std::to_string(t) +
         R"(,"dur":0,"tid":7,"call":"close","args":{"fd":3},"ret":0})"
         "\n";
}

// What is said about the second of three lines, of which the others are read.
inline std::string problem_with(std::string_view line) {
  const auto read = read_all(kHeader + std::string(line) + "\n" + call_line(900, 1'000'000'000'000));
  EXPECT_EQ(read.events.size(), 2u) << line;
  EXPECT_EQ(read.problems.size(), 1u) << line;
  if (read.problems.size() != 1) return {};
  EXPECT_EQ(read.problems[0].line, 2u);
  EXPECT_EQ(read.problems[0].offset, kHeader.size());
  EXPECT_FALSE(read.problems[0].used);
  EXPECT_EQ(id_of(read.events.back()), 900u);
  return read.problems[0].what;
}

}  // namespace loopscope::trace_model
