// SPDX-License-Identifier: Apache-2.0
// A trace as a log of `strace -f -ttt -T -o`: a line for each call at the time when it began, or two where
// something of another thread lies within it ("<unfinished ...>", "<... resumed>").
//
// A trace tells of a call when it returned, so lines wait until no call can come that began before them: one
// that lasts 250 ms is told of by a `pending` record, and lines wait four times as long.
#pragma once

#include <map>
#include <set>

#include "exchange/exporter.h"

namespace loopscope::exchange::strace {

class LogWriter : public Exporter {
 public:
  static constexpr trace_model::Ns kPatience = 1'000'000'000;

  void take(const trace_model::Event& event, const trace_model::Model& model, bool inside,
            std::string& out) override;
  void finish(const trace_model::Report& report, std::string& out) override;

 private:
  struct Piece {
    trace_model::Pid tid = 0;
    uint64_t call = 0;  // 0: a line of its own
    bool begins = false;
    std::string text, result;  // a call's beginning; its rest, and what it returned
    std::string name;
  };

  void take(const trace_model::Call& call);
  void take(const trace_model::Pending& pending);
  void take(const trace_model::Exit& exit);
  void flush(trace_model::Ns until, std::string& out);
  void line(std::string& out, trace_model::Ns t, trace_model::Pid tid, std::string_view text,
            std::string_view result) const;

  std::multimap<trace_model::Ns, Piece> waiting_;
  std::map<trace_model::Pid, uint64_t> begun_;  // calls whose beginning has been told, by thread
  trace_model::Ns epoch_ = 0, written_ = INT64_MIN;
  uint64_t calls_ = 0;
};

}  // namespace loopscope::exchange::strace
