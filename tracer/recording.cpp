// SPDX-License-Identifier: Apache-2.0
#include "tracer/recording.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "trace-model/json_writer.h"
#include "tracer/call_numbers.h"
#include "tracer/proc/access.h"
#include "tracer/proc/call_in_progress.h"
#include "tracer/targets.h"
#include "tracer/version.h"
#include "tracer/wakeup.h"

namespace loopscope::tracer {

using trace_model::Ns;
using trace_model::Origin;
using trace_model::Pid;

namespace {

constexpr uint64_t kMillisecond = 1'000'000;
// A record is stamped before it is reserved; between the two an interrupt may take this long, and a host may
// take the CPU away. What comes later still is written as `late`.
constexpr uint64_t kReorderWindow = 20 * kMillisecond;
constexpr uint64_t kPendingAfter = 250 * kMillisecond;
constexpr uint64_t kScanEvery = 125 * kMillisecond;
constexpr uint64_t kResyncEvery = 500 * kMillisecond;
constexpr uint64_t kQueuesEvery = 1000 * kMillisecond;
constexpr uint64_t kRoomForEnd = 512;  // bytes of the last line
constexpr auto kRound = std::chrono::milliseconds(10);
constexpr auto kIdleRound = std::chrono::milliseconds(200);
constexpr uint64_t kProgressEvery = 500 * kMillisecond;

uint64_t time_of(std::span<const std::byte> record) {
  wire_header header{};
  memcpy(&header, record.data(), sizeof(header));
  uint64_t time_ns = 0;
  const size_t at = header.type == WIRE_CALL ? offsetof(wire_call, end_ns) : offsetof(wire_fork, time_ns);
  memcpy(&time_ns, record.data() + at, sizeof(time_ns));
  return time_ns;
}
static_assert(offsetof(wire_fork, time_ns) == offsetof(wire_exec, time_ns) &&
              offsetof(wire_fork, time_ns) == offsetof(wire_exit, time_ns) &&
              offsetof(wire_fork, time_ns) == offsetof(wire_off, time_ns) &&
              offsetof(wire_fork, time_ns) == offsetof(wire_ring, time_ns) &&
              offsetof(wire_fork, time_ns) == offsetof(wire_sqe, time_ns) &&
              offsetof(wire_fork, time_ns) == offsetof(wire_cqe, time_ns) &&
              offsetof(wire_fork, time_ns) == offsetof(wire_select_sets, start_ns));

static_assert(kMostPeekBytes == WIRE_ROOM_PEEK);

std::string wall_clock_at(uint64_t monotonic) {
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  const int64_t wall_ns =
      int64_t(wall.tv_sec) * 1'000'000'000 + wall.tv_nsec - int64_t(monotonic_ns() - monotonic);
  const time_t seconds = wall_ns / 1'000'000'000;
  tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, wall_ns % 1'000'000'000);
}

trace_model::LossClass loss_class(wire_loss kind) {
  switch (kind) {
    case LOSS_CALL:
      return trace_model::LossClass::Call;
    case LOSS_IO:
      return trace_model::LossClass::Io;
    case LOSS_LIFECYCLE:
      return trace_model::LossClass::Lifecycle;
    case LOSS_SCHED:
      return trace_model::LossClass::Sched;
    default:
      return trace_model::LossClass::Other;
  }
}

// What serves the names of programs and files, and poll sets of calls in progress.
std::string names_probe(const std::vector<Pid>& targets) {
  for (const Pid pid : targets)
    if (const auto why = why_nameless(ProcFs(), pid)) return fmt::format("off: process {}: {}", pid, *why);
  return "/proc";
}

}  // namespace

Recording::Recording(const RecordOptions& options, std::vector<std::string> command_line)
    : options_(options) {
  utsname machine{};
  uname(&machine);
  header_.tool = fmt::format("loopscope {}", kVersion);
  header_.kernel = machine.release;
  header_.arch = machine.machine;
  header_.host_cpus = int(std::thread::hardware_concurrency());
  header_.command = std::move(command_line);
  header_.last_s = options.last_s;
}

Recording::~Recording() = default;

std::expected<void, std::string> Recording::attach(const std::vector<Pid>& targets) {
  auto selection = select_calls(options_.calls, options_.no_io);
  if (!selection) return std::unexpected(selection.error());
  selection_ = std::move(*selection);
  auto bpf = BpfSession::open({.shapes = shapes_of(selection_, options_.peek > 0),
                               .buffer_bytes = options_.buffer_bytes,
                               .follow_forks = !options_.no_follow,
                               .sched = !options_.no_sched,
                               .peek_bytes = options_.peek,
                               .wanted_ops = ring_operations(selection_),
                               .table_ops = ring_operations_of_tables()});
  if (!bpf) return std::unexpected(bpf.error());
  bpf_ = std::make_unique<BpfSession>(std::move(*bpf));

  start_ns_ = monotonic_ns();
  header_.started = wall_clock_at(start_ns_);
  header_.monotonic_ns = Ns(start_ns_);
  header_.target = targets;
  header_.io = selection_.io;
  for (const auto* call : selection_.calls) header_.calls.emplace_back(call->name);
  stream_ = std::make_unique<RecordStream>(start_ns_);
  if (options_.peek > 0) stream_->keep_request_starts();
  state_ = std::make_unique<StateReader>(*bpf_, order_, start_ns_);

  if (auto attached = bpf_->attach(); !attached) return attached;
  header_.probes = bpf_->probes();
  header_.probes["names"] = names_probe(targets);
  for (const Pid pid : targets)
    if (auto added = bpf_->add_target(uint32_t(pid)); !added) return added;
  auto threads = state_->mark_threads();
  if (!threads) return std::unexpected(threads.error());
  for (const Pid pid : targets)
    if (std::ranges::none_of(*threads, [pid](const wire_task_row& row) { return Pid(row.pid) == pid; }))
      return std::unexpected(why_not_observed(pid));
  drain();
  if (auto read = state_->read(Origin::Snapshot, *threads, {}); !read) return read;
  // After the descriptors: what a call waits for can then be named.
  scan_pending(Origin::Snapshot, UINT64_MAX, Announce::New);
  state_->add_cpu_times(*threads);
  drain();
  return {};
}

size_t Recording::drain() {
  const size_t count = bpf_->drain([this](std::span<const std::byte> record) {
    wire_header header{};
    memcpy(&header, record.data(), sizeof(header));
    if (header.type == WIRE_EXEC) {
      wire_exec exec{};
      memcpy(&exec, record.data(), std::min(record.size(), sizeof(exec)));
      executed_.insert(Pid(exec.pid));
    }
    order_.add(time_of(record), record);
  });
  records_ += count;
  return count;
}

void Recording::note_losses() {
  for (const LossInterval& interval : bpf_->take_losses()) {
    trace_model::Lost lost;
    lost.t = Ns(interval.first_ns - start_ns_);
    lost.until = Ns(interval.last_ns - start_ns_);
    lost.count = interval.count;
    lost.loss_class = loss_class(interval.kind);
    lost_ += interval.count;
    state_in_doubt_ |= interval.kind == LOSS_CALL || interval.kind == LOSS_LIFECYCLE;
    losses_.push_back(lost);
    order_.add(interval.last_ns, trace_model::Event(lost));
  }
}

// Reads the state again where a loss or an exec has made it doubtful; after losses not too often, but for the
// last time.
void Recording::look_again(Due due) {
  const uint64_t now_ns = monotonic_ns();
  if (state_in_doubt_ && (due == Due::Now || now_ns - last_resync_ns_ >= kResyncEvery)) {
    state_in_doubt_ = false;
    last_resync_ns_ = now_ns;
    if (const auto threads = state_->mark_threads())
      if (!state_->read(Origin::Resync, *threads, {})) state_in_doubt_ = true;
  }
  if (executed_.empty()) return;
  const auto processes = std::exchange(executed_, {});
  if (const auto threads = bpf_->threads())
    if (!state_->read(Origin::Exec, *threads, processes)) state_in_doubt_ = true;
}

// Every descriptor of the machine is passed by: that may take a hundredth of a CPU's time.
void Recording::look_at_queues() {
  const uint64_t began_ns = monotonic_ns();
  if (const auto rows = bpf_->queues())
    for (const wire_queue_row& row : *rows) order_.add(row.time_ns, QueueObservation{row});
  queues_due_ns_ = began_ns + std::max(kQueuesEvery, 100 * (monotonic_ns() - began_ns));
}

void Recording::scan_pending(Origin origin, uint64_t started_before_ns, Announce which) {
  last_scan_ns_ = monotonic_ns();
  records_at_scan_ = records_;
  const auto threads = bpf_->threads();
  if (!threads) return;
  for (const wire_task_row& row : *threads) {
    if (!(row.header.flags & WIRE_F_IN_CALL) || row.start_ns > started_before_ns) continue;
    if (which == Announce::New && !stream_->pending().is_new(row)) continue;
    const auto* spec = call_by_number(row.nr);
    if (!spec) continue;
    PendingObservation observed{row, {}, origin, which == Announce::All};
    CallInProgress call{row.nr, {}};
    std::ranges::copy(row.args, call.args.begin());
    describe_call(call, *spec, memory_of(Pid(row.pid)), observed.pending);
    order_.add(row.time_ns, std::move(observed));
  }
}

// Takes what is older than the watermark to the output; false once the file has the size it may have.
std::expected<bool, std::string> Recording::release(uint64_t watermark_ns, TraceOutput& output) {
  const uint64_t limit = options_.last_s ? 0 : options_.max_size_bytes;
  const uint64_t calls_before = stream_->calls_written();
  const auto room_left = [&] {
    return !limit || output.bytes() + stream_->lines().size() + kRoomForEnd < limit;
  };
  order_.release(
      watermark_ns,
      [&](std::span<const std::byte> record) {
        stream_->take(record);
        return room_left();
      },
      [&](Observation& observation) {
        stream_->take(observation);
        return room_left();
      });
  auto written = output.write(stream_->lines(), stream_->calls_written() - calls_before);
  if (!written) return std::unexpected(written.error());
  stream_->lines().clear();
  return room_left();
}

std::expected<RecordingTotals, std::string> Recording::run(int fd, std::string_view file_name,
                                                           const StopReason& stop, int wake_fd) {
  TraceOutput output(fd, file_name, options_.last_s, [this] {
    std::string head;
    for (trace_model::Event& row : stream_->model().state_rows(stream_->last_time())) {
      if (id_of(row) == 0) std::visit([this](auto& record) { record.id = stream_->next_id(); }, row);
      trace_model::append_line(head, row);
    }
    return head;
  });
  stream_->take(trace_model::Event(header_));
  if (auto begun = output.begin(stream_->lines()); !begun) return std::unexpected(begun.error());
  stream_->lines().clear();

  uint64_t quiet_since_ns = monotonic_ns();
  std::string reason;
  while (reason.empty()) {
    const uint64_t round_ns = monotonic_ns();
    const size_t fresh = drain();
    if (fresh) quiet_since_ns = round_ns;
    note_losses();
    look_again(Due::InTime);
    if (round_ns >= queues_due_ns_) look_at_queues();
    // A call can only newly be in progress where one has returned since the last look.
    if (round_ns - last_scan_ns_ >= kScanEvery &&
        (records_ != records_at_scan_ || round_ns - quiet_since_ns < 2 * kPendingAfter))
      scan_pending(Origin::Trace, round_ns - kPendingAfter, Announce::New);
    if (auto ready = output.prepare(round_ns); !ready) return std::unexpected(ready.error());
    const auto room = release(round_ns - kReorderWindow, output);
    if (!room) return std::unexpected(room.error());
    show_progress(output, false);

    if (!*room)
      reason = "max-size";
    else if (options_.duration_s && double(round_ns - start_ns_) / 1e9 >= *options_.duration_s)
      reason = "duration";
    else if (std::string why = stop(); !why.empty())
      reason = why;
    else if (order_.empty() && stream_->saw_any_thread() && !stream_->any_thread_left())
      reason = "target exited";
    if (!reason.empty()) break;
    if (round_ns - quiet_since_ns > 1000 * kMillisecond)
      bpf_->wait(kIdleRound, wake_fd);
    else
      wait_readable(wake_fd, kRound);
  }
  if (auto finished = finish(output, reason); !finished) return std::unexpected(finished.error());
  show_progress(output, true);
  return RecordingTotals{output.calls(), lost_, output.bytes(), double(monotonic_ns() - start_ns_) / 1e9,
                         reason};
}

std::expected<void, std::string> Recording::finish(TraceOutput& output, const std::string& reason) {
  bpf_->detach();
  Ns end_t = Ns(monotonic_ns() - start_ns_);
  if (reason == "max-size") {
    end_t = stream_->last_time();  // what happened later is not in the file
  } else {
    drain();
    note_losses();
    look_again(Due::Now);
    look_at_queues();
    scan_pending(Origin::Trace, UINT64_MAX, Announce::All);
    if (const auto threads = bpf_->threads()) state_->add_cpu_times(*threads);
    end_t = Ns(monotonic_ns() - start_ns_);
    if (const auto released = release(UINT64_MAX, output); !released)
      return std::unexpected(released.error());
  }
  trace_model::End end;
  end.t = end_t;
  end.events = output.calls();
  end.lost = lost_;
  end.reason = reason;
  end.skipped = bpf_->skipped();
  if (stream_->undecodable()) end.skipped["records that could not be decoded"] = stream_->undecodable();
  if (stream_->homeless_off())
    end.skipped["times off the CPU within calls that were lost"] = stream_->homeless_off();
  stream_->take(trace_model::Event(end));
  if (auto written = output.write(stream_->lines(), 0); !written) return written;
  stream_->lines().clear();
  return output.finish();
}

void Recording::show_progress(const TraceOutput& output, bool last) {
  if (options_.quiet || !isatty(STDERR_FILENO)) return;
  const uint64_t now_ns = monotonic_ns();
  if (!last && now_ns - last_progress_ns_ < kProgressEvery) return;
  last_progress_ns_ = now_ns;
  const double seconds = double(now_ns - start_ns_) / 1e9;
  fmt::print(stderr, "\r\033[K{:.0f} s  {} calls  {:.0f}/s  {} lost  {:.1f} MB{}", seconds,
             stream_->calls_written(), double(stream_->calls_written()) / std::max(seconds, 0.001), lost_,
             double(output.bytes()) / 1e6, last ? "\n" : "");
}

}  // namespace loopscope::tracer
