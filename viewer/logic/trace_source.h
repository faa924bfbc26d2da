// SPDX-License-Identifier: Apache-2.0
// Records of a trace, wherever they come from: a file that is complete, one that is still being written, or
// standard input. A complete file is parsed on threads of its own; of the others what has come is handed on,
// and Quiet says that nothing has for a moment.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trace-model/parallel_reader.h"
#include "viewer/logic/trace_text.h"

namespace loopscope::viewer {

enum class Follow : uint8_t {
  IfWritten,  // goes on at the end of a file while somebody has it open to write to it
  Always,     // until it has an end record, whoever writes it
  Never,
};

class TraceSource {
 public:
  // `text` is open already; both must outlive this.
  TraceSource(std::string path, const TraceText& text, Follow follow);
  ~TraceSource();
  TraceSource(const TraceSource&) = delete;
  TraceSource& operator=(const TraceSource&) = delete;

  enum class Step : uint8_t { Record, Quiet, End, Failed };
  [[nodiscard]] Step next();  // waits 50 ms at most, but for the disk

  [[nodiscard]] const trace_model::Record& record() const { return *record_; }
  [[nodiscard]] const std::string& error() const { return error_; }  // of Failed: a sentence
  [[nodiscard]] const std::vector<std::string>& troubles() const { return troubles_; }  // sentences
  [[nodiscard]] const trace_model::TraceChecks& checks() const;
  [[nodiscard]] bool live() const { return live_; }  // it is being written now
  [[nodiscard]] uint64_t bytes_read() const;         // of the input

 private:
  [[nodiscard]] Step next_of_stream();
  [[nodiscard]] bool read_some();    // false: there is nothing now
  [[nodiscard]] bool end_of_file();  // whether that was all
  [[nodiscard]] bool is_written() const;
  void wait_a_moment() const;

  std::string path_;
  const TraceText& text_;
  Follow follow_;
  std::optional<trace_model::ParallelReader> parallel_;
  std::unique_ptr<trace_model::TraceReader> stream_;
  const trace_model::Record* record_ = nullptr;
  std::string error_;
  std::vector<std::string> troubles_;
  std::vector<char> block_;
  uint64_t bytes_ = 0;
  bool regular_ = false, live_ = false, ended_ = false, end_seen_ = false;
  int unwritten_looks_ = 0;
};

}  // namespace loopscope::viewer
