// SPDX-License-Identifier: Apache-2.0
// What a trace says, as values: who runs, what listens and how it is registered, how loops wait and what woke
// them, what was lost. The text and the JSON of `loopscope report` are two views of this and add nothing.
//
// An empty optional means that the trace does not say. What was not recorded is never counted as zero.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "trace-model/listeners.h"
#include "trace-model/loops.h"
#include "trace-model/model.h"

namespace loopscope::trace_model {

// What the header says was recorded: without it some answers are missing.
struct Recorded {
  bool anything = true;  // false: a reading of the state alone
  bool io = true, accepts = true;
  bool epoll = true, poll = true, select = true;  // all calls of the family
  bool ring_operations = false;                   // what goes through rings, beside the calls io_uring_*

  [[nodiscard]] bool waits(WaitKind kind) const;
  [[nodiscard]] bool waits(WatchedBy how) const;
};

struct ReportProcess {
  Pid pid = 0, ppid = 0, nspid = 0;
  std::string comm, exe;
  std::vector<std::string> cmdline;
  std::vector<ThreadName> threads;  // those alive at the end, by tid
  bool io_uring = false;
  std::optional<Ns> exit_t;
  int exit_code = 0, exit_signal = 0;
};

// One descriptor of one process that is, or was, a listening socket.
struct ReportListener {
  Pid pid = 0;
  int fd = -1;
  FileId file = 0;
  uint64_t inode = 0;
  std::string address;
  FileKind kind = FileKind::Unknown;
  std::optional<int64_t> backlog, queue_max;
  ListenerOrigin origin = ListenerOrigin::Snapshot;
  std::optional<Ns> bind_t, listen_t, closed_t;
  std::vector<Registration> registrations;
  std::optional<uint64_t> accepts, wakeups;
};

struct Quantiles {
  Ns p50 = 0, p99 = 0, max = 0;
};

struct ReportLoop {
  Pid pid = 0, tid = 0;
  std::string comm;
  WaitKind wait = WaitKind::None;
  int fd = -1;  // the epoll instance, ring or listener; -1: none
  std::optional<uint64_t> iterations;
  std::array<uint64_t, kWakeCauses> wakeups{};
  std::optional<Quantiles> busy, slept;
  AsleepIn asleep;                // in this loop's wait when the trace ended
  bool asleep_all_along = false;  // and it never woke
};

struct Finding {
  std::string kind, severity;  // severity: "warning" or "note"
  std::optional<Ns> t;
  Pid tid = 0;
  std::vector<RecordId> evidence;
  std::string text;
};

struct ReportGap {
  RecordId id = 0;
  Ns t = 0, until = 0;
  uint64_t count = 0;
  LossClass loss_class = LossClass::Call;
};

struct Report {
  std::optional<TraceHeader> header;
  std::optional<End> end;
  Recorded recorded;
  uint64_t calls = 0;
  Ns last_t = 0;
  std::vector<ReportProcess> processes;   // by pid
  std::vector<ReportListener> listeners;  // by pid and fd; those that are closed after those that are open
  std::vector<ReportLoop> loops;          // by pid and tid
  std::vector<Finding> findings;          // worst first
  uint64_t lost = 0, gap_count = 0;
  std::vector<ReportGap> gaps;          // the first ones, at most as many as the model keeps
  std::vector<std::string> incomplete;  // what could not be read
  uint64_t listeners_left_out = 0, threads_left_out = 0;
  bool complete = false;  // ended in order, nothing lost, nothing unread
};

[[nodiscard]] Report make_report(const Model& model);

}  // namespace loopscope::trace_model
