// SPDX-License-Identifier: Apache-2.0
// Parts of a trace as files of their own: its events as a table, and a stretch of it as a trace. Both read
// its lines again.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "trace-model/events.h"
#include "viewer/logic/trace_text.h"

namespace loopscope::viewer {

using trace_model::Ns;

// What was written: a sentence, "web.csv: 1 234 records". The error is one, too.
using Exported = std::expected<std::string, std::string>;

// Comma-separated, RFC 4180, with a line of titles. `rows`: numbers of records, ascending; empty: all.
[[nodiscard]] Exported write_table(const TraceText& text, const std::vector<uint32_t>& rows,
                                   const std::string& path, const std::atomic<bool>& stopped);

// A trace that begins at `from`: the header, the state then as rows of a snapshot, what completed before
// `until`, an end.
[[nodiscard]] Exported write_range(const TraceText& text, Ns from, Ns until, const std::string& path,
                                   const std::atomic<bool>& stopped);

// "web.loopscope.jsonl", "-part", ".loopscope.jsonl" → "web-part.loopscope.jsonl", or -part2 and so on:
// a name that nobody has.
[[nodiscard]] std::string free_path(const std::string& trace, const std::string& part,
                                    const std::string& end);

// Does one of them on a thread of its own.
class Exporting {
 public:
  explicit Exporting(std::function<void()> wake) : wake_(std::move(wake)) {}
  ~Exporting();
  Exporting(const Exporting&) = delete;
  Exporting& operator=(const Exporting&) = delete;

  void start(std::function<Exported(const std::atomic<bool>&)> work);
  [[nodiscard]] std::string take_outcome();  // a sentence, once; empty: none yet
  [[nodiscard]] bool busy() const { return busy_; }

 private:
  std::function<void()> wake_;
  std::string outcome_;
  std::atomic<bool> busy_ = false, stopped_ = false;
  std::mutex mutex_;
  std::thread thread_;
};

}  // namespace loopscope::viewer
