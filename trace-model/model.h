// SPDX-License-Identifier: Apache-2.0
// The state of the processes in a trace as it was at the record last applied, and what has been counted up to
// there: descriptor tables, epoll interest lists, listeners, accepts, waits. One pass, streaming: the
// recorder runs it live, readers run it over a file, and both get the same answers. Memory follows the live
// state, not the length of the trace.
//
// Records are applied in file order. Nothing here does I/O or fails: a record that contradicts the state is
// evidence that something was missed, and the later record wins.
#pragma once

#include <memory>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::trace_model {

class Model {
 public:
  Model();
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  void apply(const Event& event);
  void apply(const Call& call);  // the frequent one, without the variant

  // Fills `fd`, `file` or `candidates` of what an epoll call returned, from the registrations known before
  // it, and `uncertain`. To be called before apply(call); apply does not use what the trace itself says
  // there.
  void join(Call& call) const;
  void join(Cqe& cqe) const;      // likewise; and what its operation was
  void join(Event& event) const;  // where it is one of these

  // Rows (process, fd, watch, ring) that state everything known now, stamped `t` and of origin Snapshot,
  // followed by a SnapshotEnd: a trace that begins here begins with these. Before them come the operations of
  // rings that are in flight, in the order of the ids they have and must keep, for completions will name
  // them; all other rows have the id 0, to be replaced.
  [[nodiscard]] std::vector<Event> state_rows(Ns t) const;

  struct State;  // trace-model/model_state.h, for reports and tests
  [[nodiscard]] const State& state() const { return *state_; }
  [[nodiscard]] State& state() { return *state_; }  // for Analysis, which keeps things in it

 private:
  std::unique_ptr<State> state_;
};

}  // namespace loopscope::trace_model
