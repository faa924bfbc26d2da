// SPDX-License-Identifier: Apache-2.0
// What a Model knows, and the steps that keep its parts in agreement: a change of a descriptor may end
// interest-list items and listener holders. Each record of a trace is one call of `on`.
#pragma once

#include <optional>
#include <vector>

#include "trace-model/cpu_times.h"
#include "trace-model/fd_tables.h"
#include "trace-model/interest_lists.h"
#include "trace-model/listeners.h"
#include "trace-model/model.h"
#include "trace-model/processes.h"
#include "trace-model/rings.h"

namespace loopscope::trace_model {

struct Gap {
  Ns t = 0, until = 0;
  uint64_t count = 0;
  LossClass loss_class = LossClass::Call;
  RecordId id = 0;
};

// How an operation of a ring differs from the call it is the form of.
struct ThroughRing {
  FileId ring = 0;
  std::optional<uint32_t> into;  // the slot that takes what it makes
  std::optional<uint32_t> from;  // the slot that it names in place of a descriptor
};

// The wait that the call last applied was.
struct WaitSeen {
  Loop* loop = nullptr;  // nullptr: it was none, or did not return
  WakeCause cause = WakeCause::Unknown;
  bool may_sleep = false;
};

struct Model::State {
  std::optional<TraceHeader> header;
  std::optional<End> end;
  Processes processes;
  FdTables tables;
  OpenFiles files;
  InterestLists interest;
  Listeners listeners;
  Rings rings;
  CpuTimes cpu;
  std::vector<Gap> gaps;  // the first kMaxGaps
  uint64_t lost = 0, gap_count = 0;
  std::vector<std::string> incomplete;  // what snapshots could not read
  bool uncertain =
      false;  // between a loss that may hide changes of descriptors and the reading that mends it
  uint64_t calls = 0;
  Ns last_t = 0;  // completion time of the record last applied
  // For Analysis: what the call last applied was, and whose.
  Thread* last_thread = nullptr;
  WaitSeen last_wait;

  // Records (lifecycle.cpp, snapshots.cpp, call_effects.cpp, ring_records.cpp).
  void on(const TraceHeader& record) { header = record; }
  void on(const ProcessRow& row);
  void on(const FdRow& row);
  void on(const WatchRow& row);
  void on(const RingRow& row);
  void on(const Pending& pending);
  void on(const SnapshotEnd& record);
  void on(const Call& call);
  void on(const Sqe& sqe);
  void on(const Cqe& cqe);
  void on(const CpuRow& row);
  void on(const OffRow&) {}
  void on(const QueueRow& row);
  void on(const Fork& fork);
  void on(const Exec& exec);
  void on(const Unshare& record);
  void on(const Exit& exit);
  void on(const Lost& record);
  void on(const End& record) { end = record; }
  void on(const Unknown&) {}

  // What a call or an operation did (call_effects.cpp). `through`: nullptr for a call.
  void take_effect(const Call& call, Thread& caller, Ns t, const ThroughRing* through);
  void confirm_arguments(FdTable& table, const CallBody& call, Ns started, Ns t);

  // Operations of rings (ring_records.cpp).
  Ring& ring(FileId id, Pid pid, Ns t);
  [[nodiscard]] Thread* submitter(Pid pid, Pid tid, Ns t);  // nullptr when its process has ended
  Thread* submitter_still(const Operation& op, Ns t);
  void prepare(Sqe& sqe, Ring& ring);
  void completes(const Operation& op, Ring& ring, const Cqe& cqe);
  void settle(Ring& ring, Ns t);
  void note_accept_ready(const Operation& op, Ring& ring);
  void note_multishot_end(const Operation& op, Ring& ring, const Cqe& cqe);

  // Waits on rings (ring_waits.cpp).
  [[nodiscard]] Ring* ring_of(const Thread& thread, const Call& call);
  void enter_returned(const Thread& thread, const Call& call);  // any io_uring_enter
  WakeCause uring_cause(const Thread& thread, const Call& call,
                        std::optional<WakeCause> error);  // one that waited

  // Registered files of rings, and what watches listeners through rings (ring_files.cpp).
  void install_slot(FileId ring, uint32_t slot, OpenFile& file, Ns t, ListenerOrigin how);
  void remove_slot(FileId ring, uint32_t slot, Ns t);
  void remove_slots(FileId ring, Ns t);
  void close_ring(Ring& ring, Ns t);
  void register_accept(Operation& op, const OpenFile& file);
  void disarm(const Operation& op, Ns t);
  void register_accepts(const OpenFile& file);  // those in flight when it began to listen

  // Waits (waits.cpp).
  void note_ready(const Thread& thread, const Call& call);  // what EPOLL_WAIT returned
  void wait_returned(Thread& thread, const Call& call, WaitKind kind);
  void accept_returned(Thread& thread, const Call& call, const OpenFile& listener);
  void restart_returned(Thread& thread, const Call& call);
  void note_waited_on(const Thread& thread, const CallBody& call, WaitKind kind, Ns t, Origin origin);
  void note_sleepers();
  void count_wait(Thread& thread, const Call& call, Loop& loop, WakeCause cause, bool may_sleep);
  void count_wakeup(const Thread& thread, const OpenFile& file, int fd);

  [[nodiscard]] bool born_during_trace(Pid pid);

  // Processes and threads as calls name them; made where a record about them was missed.
  Process& process(Pid pid, Ns t);
  Thread& thread(Pid pid, Pid tid, Ns t);
  [[nodiscard]] FdTable* table_for(Pid pid, Pid tid);  // nullptr where nothing is known
  void unshare_for_range(Thread& thread, Ns t);
  [[nodiscard]] std::vector<FdTable*> tables_of(const Process& process);
  void end_process(Process& process, Ns t);
  void set_table(Process& process, FdTable& table, Ns t, ListenerOrigin how);
  void rename_table(FdTable& table, FdTableId id);
  void drop_unconfirmed_items(const FdTable& table, Ns since, Ns t);
  void move_thread(Thread& thread, FdTable& table, Ns t);

  // The epoll call's interest list, and the file and number behind what it returned (joins.cpp).
  [[nodiscard]] InterestList* list_of(const CallBody& call);
  void join(Call& call);
  void join(Cqe& cqe);

  // Descriptors (descriptors.cpp).
  void install(FdTable& table, int fd, OpenFile& file, bool cloexec, Ns t, ListenerOrigin how);
  void remove(FdTable& table, int fd, Ns t, Ns items_confirmed_before = INT64_MAX);
  void let_go(OpenFile& file, Ns t, Ns items_confirmed_before);
  FdTable& copy_of(const FdTable& table, FdTableId id);
  void join_table(FdTable& table, Pid pid, Ns t, ListenerOrigin how);
  void leave_table(FdTable& table, Pid pid, Ns t);  // the last to leave closes everything
  // The descriptor a call named had this identity when the call returned.
  OpenFile* confirm(FdTable& table, int fd, FileId file, Ns started, Ns t);

  // Listeners and what watches them (descriptors.cpp).
  void start_listening(OpenFile& file, ListenerOrigin how, Ns t);
  void stop_listening(OpenFile& file, Ns t);
  void release_holder(const OpenFile& file, Pid pid, int fd, Ns t);
  void register_item(const InterestItem& item, FileId instance);
  void register_watchers(const OpenFile& file);  // the file's items in all instances
  void register_items(const OpenFile& epoll);    // the instance's items
};

}  // namespace loopscope::trace_model
