// SPDX-License-Identifier: Apache-2.0
// Searches the whole trace in the language of `loopscope show` (trace-model/query.h), on a thread of its own:
// it reads the lines again, so it knows all that the query may ask for. A new text ends the search before it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "trace-model/query.h"
#include "viewer/logic/trace_text.h"

namespace loopscope::viewer {

class Search {
 public:
  explicit Search(std::function<void()> wake) : wake_(std::move(wake)) {}
  ~Search() { stop(); }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  // An empty text clears. What the query lacks is in error(). A word alone is looked for in paths, addresses
  // and names of calls.
  // `offset`, `row`: of the first line that is still to be had. While the trace grows it goes on.
  void start(const std::string& query, std::shared_ptr<const TraceText> text, uint64_t offset = 0,
             uint32_t row = 0);
  void drop_before(uint32_t row);
  bool poll();  // takes over what was found; true when there was something new

  [[nodiscard]] const std::string& query() const { return query_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] bool is_hit(uint32_t row) const;
  [[nodiscard]] const std::vector<uint32_t>& hits() const { return hits_; }  // rows, ascending
  // The hit behind (before) a row, going round at the end; nothing when there is none.
  [[nodiscard]] std::optional<uint32_t> next(uint32_t row) const;
  [[nodiscard]] std::optional<uint32_t> previous(uint32_t row) const;

 private:
  static constexpr size_t kMostHits = 5'000'000;

  void stop();
  void run(const std::vector<trace_model::Query>& any, const TraceText& text, uint64_t offset, uint32_t row);
  void found(std::vector<uint32_t>& rows);

  std::function<void()> wake_;
  std::string query_, error_;
  std::vector<uint32_t> hits_;
  std::atomic<bool> stopped_ = false, running_ = false;  // running: not at the end yet
  std::mutex mutex_;
  std::vector<uint32_t> new_hits_;
  std::thread thread_;
};

}  // namespace loopscope::viewer
