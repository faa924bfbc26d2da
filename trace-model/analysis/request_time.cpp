// SPDX-License-Identifier: Apache-2.0
// What the threads that serve a request do meanwhile, and how long.
#include <algorithm>

#include "trace-model/analysis/connections.h"
#include "trace-model/call_plans.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

void add_off(RequestTime& time, const Off& off, Stretch where) {
  const bool ran_out_of_cpu = off.state == 'R' && off.intervals == 1;
  const Ns delay =
      ran_out_of_cpu ? std::max<Ns>(off.dur, 0) : std::clamp<Ns>(off.delay, 0, std::max<Ns>(off.dur, 0));
  const Ns blocked = std::max<Ns>(off.dur, 0) - delay;
  time.runnable = time_after(time.runnable, delay);
  time.blocked = time_after(time.blocked, blocked);
  if (blocked <= time.longest_block.dur) return;
  where.dur = blocked;
  where.state = off.state;
  time.longest_block = std::move(where);
}

Stretch stretch_of(const Call& call) {
  Stretch stretch;
  stretch.record = call.id;
  stretch.spec = call.spec;
  stretch.t = call.t;
  stretch.path = call.text;
  const int8_t subject = plan_of(*call.spec).fds[0];
  if (subject < 0) return stretch;
  stretch.fd = call.has(subject) ? int(call.args[size_t(subject)]) : -1;
  stretch.file = call.files[size_t(subject)];
  return stretch;
}

void add_thread(std::vector<Pid>& threads, Pid tid) {
  if (threads.size() < kMaxRequestThreads && std::ranges::find(threads, tid) == threads.end())
    threads.push_back(tid);
}

}  // namespace

// A thread reads or writes the connection: it serves it from here on, until it does something else.
void Requests::touched(Connection& connection, const Call& call, const Thread& thread) {
  if (!connection.in_request) return;
  const Activity& activity = thread.activity;
  if (!connection.attended_by(thread.tid, activity, 1)) {
    const Ns away = time_between(connection.seen, call.t);
    if (connection.tid && away > connection.until_now.longest_away.dur)
      connection.until_now.longest_away = {connection.seen, away, connection.tid, thread.tid};
    connection.seen = std::max(connection.seen, call.t);
    connection.tid = thread.tid;
    connection.burst = activity.burst.id;
    add_thread(connection.request.threads, thread.tid);
  }
  account(connection, call, activity);
}

void Requests::attend(const Call& call, const Thread& thread) {
  Connection* connection = known(thread.activity.serving);
  if (connection && connection->attended_by(thread.tid, thread.activity, 1))
    return account(*connection, call, thread.activity);
  const Helping* helping = helping_.empty() ? nullptr : helping_.find(uint64_t(thread.tid));
  if (!helping) return;
  connection = known(helping->file);
  if (connection && connection->in_request && connection->request.id == helping->request) {
    note_files(*connection, call);
    return;
  }
  helping_.erase(uint64_t(thread.tid));
}

void Requests::account(Connection& connection, const Call& call, const Activity& activity) {
  RequestTime& time = connection.until_now;
  const Ns returned = call.returned();
  // A read that began the request by sleeping is before it.
  if (call.off && connection.seen < returned) add_off(time, *call.off, stretch_of(call));
  time.attended = time_after(time.attended, std::max<Ns>(0, time_between(connection.seen, returned)));
  connection.seen = std::max(connection.seen, returned);
  connection.calls_of_thread = activity.recent_next;
  ++connection.calls_until_now;
  note_files(connection, call);
}

void Requests::note_files(Connection& connection, const Call& call) {
  Request& request = connection.request;
  if (options_.wanted && call.id == options_.wanted) connection.wanted = true;
  if (call.spec->family == CallFamily::Open && !call.text.empty()) {
    ++request.opened_total;
    if (request.opened.size() < kMaxRequestFiles)
      request.opened.push_back({call.id, call.t, call.text, call.error});
  } else if (plan_of(*call.spec).effect == Effect::Connect) {
    ++request.connected_total;
    if (request.connected.size() < kMaxRequestFiles)
      request.connected.push_back({call.id, call.t, call.text, call.error});
  } else {
    return;
  }
  add_thread(request.threads, call.tid);
}

void Requests::on_off(const OffRow& row, const Thread& thread) {
  count(thread.pid, time_after(row.t, row.off.dur),
        [&](RequestCounters& counters) { counters.switches += row.off.intervals; });
  Connection* connection = known(thread.activity.serving);
  if (!connection || !connection->attended_by(thread.tid, thread.activity, 0)) return;
  Stretch where;
  where.record = row.id;
  where.t = row.t;
  add_off(connection->until_now, row.off, std::move(where));
}

// Work that was handed on belongs to the request that the giver served.
void Requests::on_link(const Link& link) {
  const Processes& processes = analysis_.model().state().processes;
  const Thread* from = processes.find_thread(link.from_tid);
  const Thread* to = processes.find_thread(link.to_tid);
  if (!from || !to || !to->loops.empty() || helping_.size() >= kMaxHelping) return;
  Helping work;
  if (const Helping* handed_on = helping_.find(uint64_t(link.from_tid))) work = *handed_on;
  const Connection* connection = known(from->activity.serving);
  if (connection && connection->in_request && connection->tid == from->tid &&
      connection->burst == from->activity.burst.id)
    work = {connection->file, connection->request.id};
  if (work.file)
    helping_[uint64_t(link.to_tid)] = work;
  else
    helping_.erase(uint64_t(link.to_tid));
}

}  // namespace loopscope::trace_model
