// SPDX-License-Identifier: Apache-2.0
// The records of a trace as values: docs/trace-format.md, in C++. Nothing here concludes anything; it is what
// the recorder writes and what a reader gets back.
//
// Times are int64 nanoseconds since the attach (CLOCK_MONOTONIC). Ids, files and fdtables are 0 where absent.
// A Call object is meant to be reused: clear() keeps the capacity of its strings and vectors, so that a
// recorder that writes a million of them a second does not allocate.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "trace-model/call_table.h"
#include "trace-model/times.h"

namespace loopscope::trace_model {

using RecordId = uint64_t;
using FileId = uint32_t;
using FdTableId = uint32_t;
using Pid = int32_t;

inline constexpr int kFormat = 1;

enum class Origin : uint8_t { Trace, Snapshot, Fork, Exec, Resync };  // Trace is never written
[[nodiscard]] std::string_view origin_name(Origin origin);
[[nodiscard]] std::optional<Origin> origin_of(std::string_view name);

struct TraceHeader {
  RecordId id = 0;
  int format = kFormat;
  std::string tool, started, kernel, arch;
  Ns monotonic_ns = 0;
  int host_cpus = 0;
  std::vector<std::string> command;
  std::vector<Pid> target;
  std::vector<std::string> calls;
  bool io = true;
  std::map<std::string, std::string> probes;
  std::optional<double> last_s;

  // Whether what `probes` names so was recorded.
  [[nodiscard]] bool probed(std::string_view name) const;
};

struct ThreadName {
  Pid tid = 0;
  std::string comm;
};

struct ProcessRow {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0, ppid = 0, nspid = 0;  // nspid 0: same as pid
  FdTableId fdtable = 0;
  std::string comm, exe;
  std::vector<std::string> cmdline;
  std::vector<ThreadName> threads;
  uint64_t netns = 0, pidns = 0;
  Origin origin = Origin::Snapshot;
};

// What is known of a socket. `kind` is the fd row's: tcp, tcp6, udp, unix, …
struct SocketInfo {
  std::string kind, state, sock_type, local, peer;
  std::optional<int64_t> backlog, queue;
  uint64_t inode = 0;
  std::optional<int64_t> drops{};  // attempts to connect, since the socket was made
  uint64_t peer_inode = 0;         // of the other end of a unix socket
};

struct FdRow {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0;
  int fd = -1;
  FileId file = 0;
  FdTableId fdtable = 0;  // 0: the process's own
  SocketInfo socket;      // kind and inode are set for every sort of file, the rest for sockets
  std::string path;
  bool cloexec = false, nonblock = false;
  Origin origin = Origin::Snapshot;
};

struct WatchRow {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0;
  int epfd = -1;
  FileId file = 0;  // the epoll instance
  int fd = -1;
  FileId target = 0;
  uint32_t events = 0;
  uint64_t data = 0;
  bool target_closed = false;
  Origin origin = Origin::Snapshot;
};

struct ReadyEntry {
  uint32_t events = 0;
  uint64_t data = 0;  // epoll only
  int fd = -1;        // -1: not known
  FileId file = 0;
  std::vector<int> candidates;  // several: ambiguous
};

struct PollFd {
  int fd = -1;
  uint32_t events = 0;
  FileId file = 0;
};

struct ReceivedFd {
  int fd = -1;
  FileId file = 0;
};

inline constexpr size_t kMaxReady = 64;

// The call itself, shared by `call` and `pending`.
struct CallBody {
  Pid pid = 0, tid = 0;
  const CallSpec* spec = nullptr;  // nullptr: a call this version does not know, named in unknown_name
  std::string unknown_name;
  uint8_t present = 0;                   // bit i: spec->args[i] has a value
  uint8_t unreadable = 0;                // bit i: its memory could not be read
  std::array<int64_t, kMaxArgs> args{};  // numeric arguments, indexed as spec->args
  std::array<FileId, kMaxArgs> files{};  // of Fd and DirFd arguments
  std::string text;                      // Path or Address argument, raw bytes
  bool text_cut = false;
  std::array<int, 2> pair{-1, -1};  // FdPair
  std::array<FileId, 2> pair_files{};
  std::vector<PollFd> poll_fds;  // at most 64 are written
  std::array<std::vector<int>, 3> fd_sets;
  std::string continues;  // restart_syscall

  void clear_body();
  [[nodiscard]] std::string_view name() const { return spec ? spec->name : std::string_view(unknown_name); }
  [[nodiscard]] bool has(int index) const { return index >= 0 && (present >> index & 1); }
  [[nodiscard]] std::optional<int64_t> arg(std::string_view arg_name) const;
  [[nodiscard]] FileId file(std::string_view arg_name) const;
  void set(int index, int64_t value) { args[index] = value, present |= uint8_t(1u << index); }
};

// In what the CPU was when a thread was made runnable. In an interrupt the thread that ran there is whoever
// was interrupted, which need not have to do with it.
enum class WakeContext : uint8_t { Unknown, Task, Softirq, Hardirq, Nmi };
[[nodiscard]] std::string_view wake_context_name(WakeContext context);  // "unknown", "task", …
[[nodiscard]] std::optional<WakeContext> wake_context_of(std::string_view name);

// Time that a thread did not run: an interval, or several within one call, of which the last is described.
struct Off {
  Ns dur = 0;  // in all
  uint32_t intervals = 1;
  char state = 'S';         // as ps(1): S sleeps, D sleeps undisturbed, T stopped, t traced; R could have run
  std::optional<Ns> woken;  // made runnable, since the attach
  Ns delay = 0;             // from then until it ran
  WakeContext context = WakeContext::Unknown;
  Pid by_pid = 0, by_tid = 0;  // who ran there; 0: nobody, or not visible
  std::string by_comm;
};

struct OffRow {
  RecordId id = 0;
  Ns t = 0;  // since when it did not run
  Pid pid = 0, tid = 0;
  Off off;
};

// How full an accept queue is.
struct QueueRow {
  RecordId id = 0;
  Ns t = 0;
  FileId file = 0;
  int64_t queue = 0, backlog = 0, drops = 0;
};

struct Call : CallBody {
  RecordId id = 0, pending = 0;
  Ns t = 0, dur = 0, late = 0;
  bool start_known = true, uncertain = false;
  bool killed = false;  // its thread died in it: the error is what the kernel left there for nobody
  int64_t ret = 0;
  int error = 0;  // > 0 when the call failed; then ret is -1
  FileId ret_file = 0;
  std::vector<ReadyEntry> ready;
  uint32_t ready_total = 0;  // 0: ready is complete
  std::optional<SocketInfo> socket;
  std::vector<ReceivedFd> rights;
  uint32_t rights_total = 0;
  std::optional<Off> off;
  std::string peek;  // how a request begins, where that was asked for

  void clear();
  [[nodiscard]] Ns end() const { return time_after(t, dur); }
  // When it returned, which is earlier than its place in the file where the record came late.
  [[nodiscard]] Ns returned() const { return time_between(late, end()); }
};

struct Pending : CallBody {
  RecordId id = 0;
  Ns t = 0, seen = 0;
  bool start_known = true;
  Origin origin = Origin::Trace;
};

// An io_uring instance. A ring is named by the identity of its file, here and in Sqe and Cqe.
struct RingRow {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0, tid = 0;
  FileId ring = 0;
  int fd = -1;
  uint32_t sq_entries = 0, cq_entries = 0, flags = 0;  // IORING_SETUP_…
  Pid sq_thread = 0;
  Origin origin = Origin::Trace;
};

// An operation taken from a submission queue. Where there is a call of its kind, CallBody::spec is that call
// and its arguments are in the body, the descriptor among them; else spec is nullptr. `fd` is -1 where the
// operation has none.
struct Sqe : CallBody {
  RecordId id = 0;
  Ns t = 0;
  FileId ring = 0;
  uint8_t op = 0;  // IORING_OP_…
  int fd = -1;     // the slot when `fixed`
  bool fixed = false;
  FileId file_id = 0;
  uint64_t user_data = 0;
  uint32_t flags = 0;  // IOSQE_…
  bool multishot = false, fd_inferred = false;
  std::optional<uint32_t> direct;  // kDirectAlloc: the kernel picks
  std::optional<uint32_t> buf_group, buf_index;
  uint32_t poll = 0;
  std::optional<Ns> timeout_ns;
  int error = 0;
  Origin origin = Origin::Trace;

  void clear();
};
inline constexpr uint32_t kDirectAlloc = UINT32_MAX;

struct Cqe {
  RecordId id = 0, sqe = 0;
  Ns t = 0;
  Pid pid = 0, tid = 0;
  FileId ring = 0;
  // Written without sqe only; Model::join fills them in otherwise, and with them what the line does not have.
  std::optional<uint8_t> op;
  uint64_t user_data = 0;
  int fd = -1;  // of the operation; the slot when `fixed`
  bool fixed = false;
  bool direct = false;     // what it makes goes to a slot
  FileId of = 0;           // the file behind fd
  std::optional<Ns> took;  // since the operation was taken
  int64_t res = 0;         // negative: failed with -error
  uint32_t flags = 0;      // IORING_CQE_F_…, without the buffer id
  std::optional<uint32_t> buffer;
  FileId file = 0, on = 0;
  std::optional<SocketInfo> socket;
  std::vector<ReadyEntry> ready;
  uint32_t ready_total = 0;
  std::optional<Ns> armed, woken, punted;
  bool overflow = false, uncertain = false;

  void clear();
};

struct CpuTime {
  Pid tid = 0;
  std::string comm;
  Ns ns = 0;
};

struct CpuRow {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0;
  std::vector<CpuTime> threads;
};

struct SnapshotEnd {
  RecordId id = 0;
  Ns t = 0, since = 0;
  std::vector<Pid> pids;
  Origin origin = Origin::Snapshot;
  std::string incomplete;
};

struct Fork {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0, tid = 0, child = 0, child_tid = 0, nspid = 0;
  FdTableId fdtable = 0;
  uint64_t flags = 0;
};

struct Exec {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0, tid = 0, old_tid = 0;
  std::string exe;
  FdTableId fdtable = 0;
};

struct Unshare {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0, tid = 0;
  FdTableId fdtable = 0, from = 0;
};

struct Exit {
  RecordId id = 0;
  Ns t = 0;
  Pid pid = 0, tid = 0;
  int code = 0, signal = 0;  // signal 0: exited with code
  bool last = false;
  std::optional<Ns> cpu_ns;
};

enum class LossClass : uint8_t { Call, Io, Lifecycle, Sched, Other };
[[nodiscard]] std::string_view loss_class_name(LossClass c);
[[nodiscard]] std::optional<LossClass> loss_class_of(std::string_view name);

struct Lost {
  RecordId id = 0;
  Ns t = 0, until = 0;
  uint64_t count = 0;
  LossClass loss_class = LossClass::Call;
};

struct End {
  RecordId id = 0;
  Ns t = 0;
  uint64_t events = 0, lost = 0;
  std::string reason, error;
  std::map<std::string, uint64_t> skipped;
};

// A record of a type this version does not know. Its line is kept by whoever reads.
struct Unknown {
  RecordId id = 0;
  std::string type;
};

using Event = std::variant<TraceHeader, ProcessRow, FdRow, WatchRow, RingRow, Pending, SnapshotEnd, Call, Sqe,
                           Cqe, CpuRow, OffRow, QueueRow, Fork, Exec, Unshare, Exit, Lost, End, Unknown>;

[[nodiscard]] RecordId id_of(const Event& event);
[[nodiscard]] Ns completion_time(const Event& event);  // what file order is sorted by

}  // namespace loopscope::trace_model
