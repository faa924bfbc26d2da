// SPDX-License-Identifier: Apache-2.0
#include "trace-model/analysis/requests.h"

#include <algorithm>

#include "trace-model/analysis/connections.h"
#include "trace-model/call_plans.h"
#include "trace-model/model_state.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

constexpr uint32_t kReadable = 0x1 | 0x2 | 0x8 | 0x10 | 0x2000;  // EPOLLIN PRI ERR HUP RDHUP; POLL… likewise
constexpr int64_t kMsgPeek = 2, kMsgErrqueue = 0x2000;
constexpr int64_t kShutRead = 0;

FileId file_at(const Thread& thread, FileId recorded, int64_t fd) {
  if (recorded) return recorded;
  const OpenFile* open = thread.table ? thread.table->at(int(fd)) : nullptr;
  return open ? open->id : 0;
}

bool slept(const Call& call) {
  return call.off && (call.off->state != 'R' || call.off->intervals > 1);
}

bool leaves_data(const Call& call, const CallPlan& plan) {
  return plan.reads >= 0 && plan.flags >= 0 && call.has(plan.flags) &&
         (call.args[size_t(plan.flags)] & (kMsgPeek | kMsgErrqueue));
}

// "GET /balloons" of "GET /balloons HTTP/1.1\r\nHost: …".
std::string label_of(std::string_view beginning) {
  constexpr size_t kLongest = 80;
  std::string_view line = beginning.substr(0, beginning.find_first_of("\r\n"));
  if (const size_t version = line.rfind(" HTTP/"); version != line.npos) line = line.substr(0, version);
  return std::string(line.substr(0, kLongest));
}

}  // namespace

Requests::Requests(const Analysis& analysis, const RequestOptions& options)
    : analysis_(analysis), options_(options) {}
Requests::~Requests() = default;

// ---- Processes that serve ----

const ServedProcess* Requests::served(Pid pid) const {
  const std::unique_ptr<ServedProcess>* known = served_.find(uint64_t(uint32_t(pid)));
  return known ? known->get() : nullptr;
}

ServedProcess* Requests::served_by(Pid pid) {
  if (last_served_ && last_served_->pid == pid) return last_served_;
  const std::unique_ptr<ServedProcess>* known = served_.find(uint64_t(uint32_t(pid)));
  return known ? last_served_ = known->get() : nullptr;
}

ServedProcess* Requests::serve(Pid pid) {
  if (ServedProcess* known = served_by(pid)) return known;
  if (!pid || served_.size() >= kMaxServed) return nullptr;
  std::unique_ptr<ServedProcess>& made = served_[uint64_t(uint32_t(pid))];
  made = std::make_unique<ServedProcess>();
  made->pid = pid;
  return last_served_ = made.get();
}

// The wake-up that brought its first connection belongs to it.
void Requests::serve(const Thread& thread) {
  if (served_by(thread.pid) || !serve(thread.pid)) return;
  const Activity& activity = thread.activity;
  const bool woke = activity.in_burst && activity.burst.slept != Slept::No;
  count(thread.pid, activity.last_end, [&](RequestCounters& counters) {
    counters.calls = 1 + (woke && activity.burst.id != activity.last_call);
    counters.wakeups = woke;
  });
}

void Requests::on_burst_begun(const Burst& burst, const Thread& thread) {
  if (burst.slept != Slept::No)
    count(thread.pid, burst.start, [](RequestCounters& counters) { ++counters.wakeups; });
}

void Requests::on_burst(const Burst& burst, const Thread& thread) {
  if (!options_.parts || !served_by(thread.pid)) return;
  RequestPart& part = parts_.at(burst.end);
  part.running = time_after(part.running, std::max<Ns>(0, burst.running()));
}

// ---- Records ----

void Requests::on_call(const Call& call, const Thread& thread) {
  count(thread.pid, call.returned(), [&](RequestCounters& counters) {
    ++counters.calls;
    if (call.off) counters.switches += call.off->intervals;
  });
  if (call.spec && !take_call(call, thread)) attend(call, thread);
}

// Whether the call was one on a connection, and so has been accounted for.
bool Requests::take_call(const Call& call, const Thread& thread) {
  const CallPlan& plan = plan_of(*call.spec);
  if (plan.reads >= 0 || plan.writes >= 0) return moved_by(call, thread);
  switch (plan.effect) {
    case Effect::Wait:
      if (!call.ready.empty()) note_ready(call, thread);
      return false;
    case Effect::Accept:
      if (call.error || call.ret < 0) return false;
      serve(thread);
      accepted(file_at(thread, call.ret_file, call.ret), file_at(thread, call.files[0], call.args[0]),
               call.returned());
      return false;
    case Effect::Close:
      if (known(call.files[0]) && !held(call.files[0])) end_connection(call.files[0], false);
      return false;
    case Effect::Shutdown:
      if (call.error || call.args[1] == kShutRead) return false;
      if (Connection* connection = known(file_at(thread, call.files[0], call.args[0])))
        end_request(*connection, false);
      return false;
    default:
      return false;
  }
}

void Requests::note_ready(const Call& call, const Thread& thread) {
  const Burst& burst = thread.activity.burst;
  Ns t = call.returned();
  if (burst.id == call.id && burst.slept != Slept::No && burst.woken.t)
    t = std::clamp(*burst.woken.t, std::min(call.t, t), t);
  for (const ReadyEntry& entry : call.ready) {
    if (!(entry.events & kReadable)) continue;
    Connection* connection = this->connection(file_at(thread, entry.file, entry.fd));
    if (connection && !connection->ready) connection->ready = t;
  }
}

bool Requests::moved_by(const Call& call, const Thread& thread) {
  const CallPlan& plan = plan_of(*call.spec);
  bool on_connection = false;
  const auto take = [&](int8_t index, bool reads) {
    if (index < 0 || leaves_data(call, plan)) return;
    Connection* connection =
        this->connection(file_at(thread, call.files[size_t(index)], call.args[size_t(index)]));
    if (!connection) return;
    if (reads && call.ret <= 0) connection->ready.reset();
    on_connection = true;
    if (call.ret > 0) {
      serve(thread);
      Moved moved{call.id,
                  call.t,
                  call.returned(),
                  uint64_t(call.ret),
                  thread.pid,
                  thread.tid,
                  int(call.args[size_t(index)]),
                  {},
                  false};
      if (slept(call))
        moved.woken = call.off->woken.value_or(time_between(call.off->delay, moved.end));
      else if (!call.start_known || (!analysis_.scheduled() && call.dur >= kTakenForSleep))
        moved.woken = moved.end;
      if (reads) read(*connection, moved);
      if (reads && connection->request.reads == 1 && !call.peek.empty())
        connection->request.label = label_of(call.peek);
      touched(*connection, call, thread);
      if (!reads) written(*connection, moved);
    } else {
      touched(*connection, call, thread);
    }
  };
  take(plan.reads, true);
  take(plan.writes, false);
  return on_connection;
}

void Requests::on_cqe(const Cqe& cqe) {
  if (cqe.flags & uring::kCqeNotif || cqe.res < 0 || !cqe.op) return;
  const Ring* ring = analysis_.model().state().rings.find(cqe.ring);
  const Pid pid = ring && ring->pid ? ring->pid : cqe.pid;
  const FileId file = cqe.of ? cqe.of : cqe.on;
  switch (*cqe.op) {
    case uring::kAccept:
      serve(pid);
      return accepted(cqe.file, file, cqe.t);
    case uring::kClose:
      if (known(file) && !held(file)) end_connection(file, false);
      return;
    case uring::kShutdown:
      if (Connection* connection = known(file)) end_request(*connection, false);
      return;
    case uring::kPollAdd:
      if (Connection* connection = this->connection(file); connection && !connection->ready)
        connection->ready = cqe.woken.value_or(cqe.t);
      return;
    default:
      break;
  }
  const CallSpec* spec = call_of_op(*cqe.op);
  const CallPlan* plan = spec ? &plan_of(*spec) : nullptr;
  if (!plan || (plan->reads < 0 && plan->writes < 0) || cqe.res == 0) return;
  Connection* connection = this->connection(file);
  if (!connection) return;
  serve(pid);
  Moved moved{
      cqe.id,    cqe.t, cqe.t, uint64_t(cqe.res), pid, cqe.tid ? cqe.tid : pid, cqe.fixed ? -1 : cqe.fd,
      cqe.woken, true};
  if (plan->reads >= 0 && *cqe.op != uring::kSplice)
    read(*connection, moved);
  else
    written(*connection, moved);
}

void Requests::on_event(const Event& event) {
  if (const auto* header = std::get_if<TraceHeader>(&event)) io_recorded_ = header->io;
  if (const auto* lost = std::get_if<Lost>(&event)) lost_until_ = std::max(lost_until_, lost->until);
  const auto* sqe = std::get_if<Sqe>(&event);
  if (!sqe || sqe->origin != Origin::Trace) return;
  const Ring* ring = analysis_.model().state().rings.find(sqe->ring);
  const Pid pid = ring && ring->pid ? ring->pid : sqe->pid;
  count(pid, sqe->t, [](RequestCounters& counters) { ++counters.operations; });
  if (!(sqe->flags & uring::kSqeSkipSuccess)) return;
  // It says nothing of its success: what it wrote is taken to be written when it was taken.
  const CallSpec* spec = call_of_op(sqe->op);
  const Operation* op = analysis_.model().state().rings.operation(sqe->id);
  Connection* connection = op && spec && plan_of(*spec).writes >= 0 ? this->connection(op->file) : nullptr;
  if (connection) written(*connection, {sqe->id, sqe->t, sqe->t, 0, pid, sqe->tid, -1, {}, true});
}

// ---- Requests ----

void Requests::read(Connection& connection, const Moved& read) {
  if (!connection.pid) connection.pid = read.pid;
  connection.was_read = true;
  connection.counts |= analysis_.window().has(read.end);
  if (!connection.in_request || connection.request.writes > 0) begin_request(connection, read);
  connection.ready.reset();
  connection.accepted.reset();
  Request& request = connection.request;
  ++request.reads;
  request.bytes_in += read.bytes;
  request.through_ring |= read.through_ring;
  if (options_.wanted && read.id == options_.wanted) connection.wanted = true;
}

void Requests::begin_request(Connection& connection, const Moved& read) {
  end_request(connection, false);
  Request& request = connection.request;
  request.clear();
  request.threads.push_back(read.tid);

  request.id = read.id;
  request.file = connection.file;
  request.fd = read.fd;
  request.listener = connection.listener;
  request.pid = read.pid;
  request.tid = read.tid;
  request.number = ++connection.exchanges;
  request.first_read = read.began;
  request.ready = read.began;
  if (connection.ready) {
    request.ready = *connection.ready;
  } else if (read.woken) {
    request.ready = *read.woken;
    request.first_read = read.end;
  } else if (connection.accepted) {
    request.ready = *connection.accepted;
    request.just_accepted = true;
  }
  request.ready = std::min(std::max(request.ready, connection.last_write), request.first_read);
  request.end = request.first_read;

  connection.in_request = true;
  connection.wanted = false;
  connection.until_now.clear();
  connection.calls_until_now = 0;
  connection.opened_at_write = connection.connected_at_write = 0;
  connection.opened_total_at_write = connection.connected_total_at_write = 0;
  connection.tid = 0;
  connection.seen = request.first_read;
}

void Requests::written(Connection& connection, const Moved& write) {
  if (!connection.pid) connection.pid = write.pid;
  connection.was_written = true;
  connection.counts |= analysis_.window().has(write.end);
  connection.accepted.reset();
  connection.last_write = std::max(connection.last_write, write.end);
  if (!connection.in_request) return;
  Request& request = connection.request;
  if (request.writes++ == 0) request.first_write = write.began;
  request.bytes_out += write.bytes;
  request.last_write = write.id;
  request.end = std::max(request.end, write.end);
  request.through_ring |= write.through_ring;
  if (options_.wanted && write.id == options_.wanted) connection.wanted = true;
  // What was done up to here was done for it; what comes after may be for others.
  if (connection.until_now.longest_block.dur != request.time.longest_block.dur)
    request.time.longest_block = connection.until_now.longest_block;
  request.time.longest_away = connection.until_now.longest_away;
  request.time.attended = connection.until_now.attended;
  request.time.runnable = connection.until_now.runnable;
  request.time.blocked = connection.until_now.blocked;
  request.calls = connection.calls_until_now;
  connection.opened_at_write = request.opened.size();
  connection.connected_at_write = request.connected.size();
  connection.opened_total_at_write = request.opened_total;
  connection.connected_total_at_write = request.connected_total;
  if (ServedProcess* process = served_by(request.pid)) process->at_last_write = process->now;
}

void Requests::end_request(Connection& connection, bool trace_ends) {
  if (!connection.in_request) return;
  connection.in_request = false;
  Request& request = connection.request;
  request.unfinished = trace_ends;
  request.overlaps_loss = lost_until_ >= request.ready;
  if (request.writes > 0) {
    request.opened.resize(connection.opened_at_write);
    request.connected.resize(connection.connected_at_write);
    request.opened_total = connection.opened_total_at_write;
    request.connected_total = connection.connected_total_at_write;
  }
  if (options_.wanted && (connection.wanted || request.id == options_.wanted)) {
    found_ = std::make_unique<Request>(request);
    found_->peer = connection.peer;
  }
  if (!analysis_.window().has(request.ready)) return;
  RequestFigures* figures = figures_of(request.pid, connection.listener);
  if (!figures) return;
  if (request.writes == 0) return void(++(trace_ends ? figures->in_progress : figures->unanswered));
  uint64_t requests = 1;
  if (options_.request_bytes) {
    const uint64_t bytes = connection.bytes_over + request.bytes_in;
    requests = bytes / options_.request_bytes;
    connection.bytes_over = bytes % options_.request_bytes;
  }
  figures->add(request, connection.peer, requests);
  if (!options_.parts) return;
  RequestPart& part = parts_.at(request.end);
  part.requests += requests;
  if (!request.overlaps_loss) part.latency.add(request.latency());
}

void Requests::finish() {
  scheduled_ = analysis_.scheduled();
  std::vector<FileId> open;
  connections_.for_each(
      [&](uint64_t file, const std::unique_ptr<Connection>&) { open.push_back(FileId(file)); });
  std::ranges::sort(open);  // for the same report every time
  for (const FileId file : open) end_connection(file, held(file));
}

const Request* Requests::find(RecordId id) const {
  if (found_ && found_->id == id) return found_.get();
  for (const auto& figures : figures_)
    for (const Request& request : figures->slowest)
      if (request.id == id) return &request;
  return nullptr;
}

}  // namespace loopscope::trace_model
