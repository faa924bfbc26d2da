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

#include "trace-model/analysis/analysis.h"
#include "trace-model/analysis/loop_figures.h"
#include "trace-model/listeners.h"
#include "trace-model/loops.h"
#include "trace-model/model.h"
#include "trace-model/report_requests.h"
#include "trace-model/rings.h"
#include "trace-model/story/opened_files.h"

namespace loopscope::trace_model {

// What the header says was recorded: without it some answers are missing.
struct Recorded {
  bool anything = true;  // false: a reading of the state alone
  bool io = true, accepts = true;
  bool epoll = true, poll = true, select = true;  // all calls of the family
  bool ring_operations = false;                   // what goes through rings, beside the calls io_uring_*
  bool scheduled = false;                         // when threads did not run
  bool wake_contexts = false;                     // and in what the CPU was when they were woken

  [[nodiscard]] bool waits(WaitKind kind) const;
  [[nodiscard]] bool waits(WatchedBy how) const;
};

struct ReportProcess {
  Pid pid = 0, ppid = 0, nspid = 0;
  std::string comm, exe;
  std::vector<std::string> cmdline;
  std::vector<ThreadName> threads;  // those alive at the end, by tid
  bool io_uring = false;
  std::optional<Ns> cpu_ns;                  // of all its threads during the trace, the next two included
  Ns cpu_sqpoll_ns = 0, cpu_workers_ns = 0;  // threads of the kernel that work for its rings
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
  std::optional<int64_t> dropped;  // attempts to connect
  ListenerOrigin origin = ListenerOrigin::Snapshot;
  std::optional<Ns> bind_t, listen_t, closed_t;
  std::vector<Registration> registrations;
  std::optional<uint64_t> accepts, wakeups;
};

struct Quantiles {
  Ns p50 = 0, p99 = 0, max = 0;
};

// All operations of one kind in one ring. The counts are those of OperationCounts (rings.h).
struct ReportOp {
  uint8_t op = 0;
  uint64_t submitted = 0, found = 0, completed = 0, silent = 0, in_flight = 0, given_up = 0;
  uint64_t undecided = 0;  // of those in flight: asked for no completion, and may have succeeded
  uint64_t results = 0, failed = 0, unmatched = 0, punted = 0, ended = 0, without_call = 0;
  std::vector<std::pair<int, uint64_t>> errors;  // number and how often, the most frequent first
  // Taken to the first result, and its parts; to_return from every result to the return of io_uring_enter.
  std::optional<Quantiles> latency, to_armed, to_woken, to_cqe, to_return;
};

struct ReportRing {
  FileId ring = 0;
  Pid pid = 0;
  int fd = -1;
  uint32_t sq_entries = 0, cq_entries = 0, flags = 0;
  bool polled = false;  // IORING_SETUP_SQPOLL
  Pid sq_thread = 0;
  std::optional<Ns> sq_thread_cpu_ns;
  Ns since = 0;
  Origin origin = Origin::Trace;
  std::optional<Ns> closed_t;
  uint64_t enters = 0, sqes = 0, cqes = 0, overflows = 0;
  std::optional<Quantiles> batch;      // operations taken by one io_uring_enter; counts, not durations
  std::array<uint64_t, 33> batches{};  // the same: none, 1, 2 to 3, 4 to 7, …
  uint64_t calls_replaced = 0;         // results for which a program without rings needs a system call
  std::vector<ReportOp> ops;           // the most frequent first
  std::vector<RecordId> overflow_ids;  // the first
  std::optional<Ns> overflow_t;
  std::vector<EndedMultishot> ended;  // and not submitted again, the first of them
};

struct ReportLoop {
  Pid pid = 0, tid = 0;
  std::string comm;
  WaitKind wait = WaitKind::None;
  int fd = -1;  // the epoll instance, ring or listener; -1: none
  std::optional<uint64_t> iterations;
  std::array<uint64_t, kWakeCauses> wakeups{};
  std::optional<Quantiles> busy, slept;
  LoopFigures figures;  // nothing in them where the trace was not analysed
  FileId instance = 0;
  bool scheduled = false;         // as Recorded
  Ns first = 0;                   // when its first wait began
  std::optional<Ns> until;        // when its thread ended
  Ns observed = 0;                // from its first wait, or the beginning, to its end or the trace's
  double load = 0;                // share of it that bursts took
  double rate_per_s = 0;          // bursts
  std::optional<Ns> cpu_ns;       // of its thread
  AsleepIn asleep;                // in this loop's wait when the trace ended
  bool asleep_all_along = false;  // and it never woke
};

struct Finding {
  std::string kind, severity;  // severity: "warning" or "note"
  std::optional<Ns> t;
  Pid tid = 0;
  std::vector<RecordId> evidence;
  std::string text;
  // Of the findings that detectors make (trace-model/findings).
  Pid pid = 0;
  int fd = -1;
  FileId file = 0;
  std::string sure{};    // "certain" or "likely"; empty: certain
  std::string advice{};  // what to do about it
  std::string next{};    // a command that shows more
  Ns hurt_ns = 0;        // for how long it held something up, as far as that can be said
};

// A kind of finding that could not be looked for.
struct NotChecked {
  std::string kind, why;
};

// A part of the text that comes from elsewhere. Lines are harmless for a terminal; those of a table stand as
// they are, others go on below where they are too long.
struct ReportSection {
  std::string name, heading;
  std::vector<std::string> lines, table;
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
  std::vector<ReportRing> rings;          // by pid and fd
  std::vector<ReportRequests> requests;   // by pid; nothing before add_requests()
  std::vector<Finding> findings;          // worst first
  std::vector<NotChecked> not_checked;
  uint64_t lost = 0, gap_count = 0;
  std::vector<ReportGap> gaps;          // the first ones, at most as many as the model keeps
  std::vector<std::string> incomplete;  // what could not be read
  uint64_t listeners_left_out = 0, threads_left_out = 0;
  bool complete = false;                // ended in order, nothing lost, nothing unread
  Window window;                        // what the figures are confined to
  std::vector<OpenedFile> opened;       // files that wakeups opened, the last ones
  std::vector<ReportSection> sections;  // more to tell, after what is slow
};

[[nodiscard]] std::optional<Quantiles> quantiles_of(const DurationHistogram& durations);  // empty: none
[[nodiscard]] Report make_report(const Model& model, const Window& window = {});

}  // namespace loopscope::trace_model
