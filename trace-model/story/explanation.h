// SPDX-License-Identifier: Apache-2.0
// One wakeup, call by call: the wait, what was ready and who woke it, what the loop then did, and the work it
// set going on other threads, with the way back. Two passes over the trace: FindBurst says in which burst a
// record lies, ExplainBurst gathers what belongs to it. Memory is bounded: what exceeds the limits is
// counted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trace-model/analysis/analysis.h"
#include "trace-model/story/opened_files.h"

namespace loopscope::trace_model {

// First pass. Give it to an Analysis, then ask.
class FindBurst : public AnalysisSink {
 public:
  explicit FindBurst(RecordId id) : id_(id) {}

  void on_call(const Call& call, const Thread& thread) override;
  void on_off(const OffRow& row, const Thread& thread) override;
  void on_cqe(const Cqe& cqe) override { note_other(cqe.id); }
  void on_event(const Event& event) override;
  void on_link(const Link& link) override;

  [[nodiscard]] bool met() const { return met_; }
  [[nodiscard]] RecordId burst() const { return burst_; }  // 0: it lies in none that is known
  [[nodiscard]] std::string_view record_type() const { return type_; }

 private:
  void note(const Thread& thread, Ns t);
  void note_other(RecordId id) { met_ |= id == id_; }

  RecordId id_, burst_ = 0;
  bool met_ = false;
  std::string_view type_ = "record";
};

inline constexpr Ns kWayBackWithin = 1'000'000;  // after its last call, a thread made a loop run
inline constexpr size_t kMaxExplainedCalls = 400, kMaxExplainedThreads = 16;

struct ExplainedCall {
  RecordId id = 0;
  Ns t = 0, dur = 0;
  int subject = -1;  // the descriptor it is about
  FileId file = 0;
  bool wait = false;  // one that divides the burst
  std::string line;   // as `show` writes it, from the call's name on; "" for a time off the CPU
  std::optional<Off> off;
};

// What a thread did for it.
struct ExplainedWork {
  Pid tid = 0;
  std::vector<Link> links;           // from the burst's thread to this one
  std::vector<ExplainedCall> calls;  // at most kMaxExplainedCalls of all threads together
  uint64_t left_out = 0;
};

// A later burst that the work came back to.
struct WayBack {
  RecordId burst = 0;
  Pid tid = 0;
  Ns t = 0;
  WakeCause cause = WakeCause::Unknown;
  Link link;
  std::vector<ExplainedCall> writes;  // to sockets, in it
};

struct Explanation {
  Burst burst;       // as it ended
  std::string wait;  // the call that began it
  std::vector<ExplainedCall> calls;
  uint64_t left_out = 0;
  std::vector<ExplainedWork> works;
  uint64_t threads_left_out = 0;
  std::vector<WayBack> back;
  std::vector<OpenedFile> opened;                  // in it, or by a thread it set to work
  std::vector<std::pair<int, std::string>> names;  // of the descriptors that were ready
};

// Second pass: before(event), then Analysis::apply, for every record.
class ExplainBurst : public AnalysisSink {
 public:
  ExplainBurst(RecordId burst, const Analysis& analysis) : id_(burst), analysis_(analysis) {}

  void before(const Event& event);
  [[nodiscard]] const Explanation& explanation() const { return said_; }
  [[nodiscard]] bool found() const { return found_; }

  void on_call(const Call& call, const Thread& thread) override;
  void on_off(const OffRow& row, const Thread& thread) override;
  void on_burst_begun(const Burst& burst, const Thread& thread) override;
  void on_burst(const Burst& burst, const Thread& thread) override;

 private:
  [[nodiscard]] ExplainedCall explained(const Call& call);
  void add(std::vector<ExplainedCall>& calls, uint64_t& left_out, ExplainedCall call);
  ExplainedWork* work_of(const Thread& thread, Ns t);
  void note_way_back(const Burst& burst);
  void note_opened(const Call& call, const Thread& thread, const std::vector<Link>& links);

  RecordId id_;
  const Analysis& analysis_;
  Explanation said_;
  Pid tid_ = 0;
  bool found_ = false;
  size_t kept_ = 0;
  std::string line_;  // of the call that is being applied
  // What bursts that run write, by thread: whether work came back to them is known when they end.
  std::map<Pid, std::vector<ExplainedCall>> followed_;
};

}  // namespace loopscope::trace_model
