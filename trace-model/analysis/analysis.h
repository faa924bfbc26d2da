// SPDX-License-Identifier: Apache-2.0
// From records to answers: bursts of loops with their causes, and the work they start on other threads. One
// pass, streaming, in file order, live and in replay alike; memory follows the live state. It owns the Model
// that says what the descriptors are.
//
//   Analysis analysis;
//   analysis.add(watcher);                 // any number of AnalysisSinks, told in this order
//   while (record) analysis.apply(*record->event);
//   analysis.finish();
//
// Figures of each loop stand in Loop::figures (loops.h), of which Model::State holds all.
#pragma once

#include <vector>

#include "trace-model/analysis/activity.h"
#include "trace-model/analysis/notifiers.h"
#include "trace-model/model.h"

namespace loopscope::trace_model {

class InterestObserver;
struct Thread;
struct Process;

// A part of a trace, to which figures are confined: what begins at `from` or later and before `until`.
struct Window {
  Ns from = INT64_MIN, until = INT64_MAX;
  [[nodiscard]] bool has(Ns t) const { return from <= t && t < until; }
  [[nodiscard]] bool all() const { return from == INT64_MIN && until == INT64_MAX; }
};

// Each is called after the record was applied to the model. References last for the call only.
class AnalysisSink {
 public:
  virtual ~AnalysisSink() = default;
  // Any call that returned, a wait among them (then activity.burst is the one it began or went on with).
  virtual void on_call(const Call& /*call*/, const Thread& /*thread*/) {}
  virtual void on_off(const OffRow& /*row*/, const Thread& /*thread*/) {}
  virtual void on_cqe(const Cqe& /*cqe*/) {}
  virtual void on_event(const Event& /*event*/) {}  // any other record
  virtual void on_burst_begun(const Burst& /*burst*/, const Thread& /*thread*/) {}
  virtual void on_burst(const Burst& /*burst*/, const Thread& /*thread*/) {}  // it has ended
  virtual void on_link(const Link& /*link*/) {}
};

class Analysis {
 public:
  Analysis() = default;
  explicit Analysis(Model model) : model_(std::move(model)) {}

  void add(AnalysisSink& sink) { sinks_.push_back(&sink); }

  // Only bursts that begin within it count in Loop::figures; sinks are told of all, and may ask.
  void set_window(const Window& window) { window_ = window; }
  [[nodiscard]] const Window& window() const { return window_; }

  // Is told what epoll instances watch. Before the first record.
  void observe(InterestObserver& observer);

  // What was counted up to here counts no longer: calls, accepts, wakeups, waits.
  void forget_counts();

  // Joins (see Model::join), applies and analyses. The record is changed by the join only.
  void apply(Event& event);
  void apply(Call& call);

  // The trace ends here: bursts in progress are reported as unfinished.
  void finish();

  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] Model take_model() { return std::move(model_); }  // and is of no use afterwards
  // Whether the scheduler was recorded, so that "did not sleep" is known.
  [[nodiscard]] bool scheduled() const { return scheduled_; }
  // What a thread works on at `t`: its burst, or what it was given; nullptr: not known.
  [[nodiscard]] static Work work_of(const Thread& thread, Ns t);

 private:
  void on(const OffRow& row);
  void on(const Cqe& cqe);
  void on(const Fork& fork);
  void on(const Lost& lost);
  void on(const Pending& pending);

  void after(const Call& call, Thread& thread);
  void wait_returned(const Call& call, Thread& thread);
  void begin_burst(const Call& call, Thread& thread, Slept slept);
  void go_on(const Call& call, Thread& thread);
  void add_ready(const Call& call, Thread& thread);
  void end_burst(Thread& thread, Ns t, bool unfinished);
  void end_bursts_of(Pid pid, Ns t, bool whole_process, Pid tid);
  void count(const Call& call, Activity& activity);
  void take_off(Activity& activity, const Off& off, const Stretch& where);
  void find_writer(Burst& burst, Pid tid) const;
  void resolve_waker(Thread& thread);
  void note_waker(Thread& thread, const Off& off, RecordId evidence);
  void link(Thread& to, Work work, const Link& link);
  [[nodiscard]] Slept slept_in(const Call& call, bool may_sleep) const;

  Model model_;
  std::vector<AnalysisSink*> sinks_;
  Notifiers notifiers_;
  FlatMap<std::vector<ReadyFile>> completions_;  // of each ring since a wait on it last returned
  bool scheduled_ = false;
  Ns lost_until_ = INT64_MIN;
  Window window_;
};

}  // namespace loopscope::trace_model
