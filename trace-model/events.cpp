// SPDX-License-Identifier: Apache-2.0
#include "trace-model/events.h"

namespace loopscope::trace_model {
namespace {

constexpr std::array<std::string_view, 5> kOrigins{"trace", "snapshot", "fork", "exec", "resync"};
constexpr std::array<std::string_view, 5> kWakeContexts{"unknown", "task", "softirq", "hardirq", "nmi"};
constexpr std::array<std::string_view, 5> kLossClasses{"call", "io", "lifecycle", "sched", "other"};

template <typename Enum, size_t N>
std::optional<Enum> enum_of(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name) return Enum(i);
  return std::nullopt;
}

struct CompletionTime {
  Ns operator()(const TraceHeader&) const { return INT64_MIN; }
  Ns operator()(const Call& call) const { return call.end(); }
  Ns operator()(const Pending& pending) const { return pending.seen; }
  Ns operator()(const OffRow& row) const { return time_after(row.t, row.off.dur); }
  Ns operator()(const Lost& lost) const { return lost.until; }
  Ns operator()(const Unknown&) const { return INT64_MIN; }
  Ns operator()(const auto& record) const { return record.t; }
};

}  // namespace

std::string_view origin_name(Origin origin) {
  return kOrigins[size_t(origin)];
}
std::optional<Origin> origin_of(std::string_view name) {
  return enum_of<Origin>(kOrigins, name);
}
std::string_view loss_class_name(LossClass c) {
  return kLossClasses[size_t(c)];
}
std::optional<LossClass> loss_class_of(std::string_view name) {
  return enum_of<LossClass>(kLossClasses, name);
}

bool TraceHeader::probed(std::string_view name) const {
  const auto probe = probes.find(std::string(name));
  return probe != probes.end() && !probe->second.starts_with("off");
}

void CallBody::clear_body() {
  pid = tid = 0;
  spec = nullptr;
  unknown_name.clear();
  present = unreadable = 0;
  files.fill(0);
  text.clear();
  text_cut = false;
  pair = {-1, -1};
  pair_files = {};
  poll_fds.clear();
  for (auto& set : fd_sets) set.clear();
  continues.clear();
}

std::optional<int64_t> CallBody::arg(std::string_view arg_name) const {
  if (!spec) return std::nullopt;
  const int index = arg_index(*spec, arg_name);
  return has(index) ? std::optional(args[index]) : std::nullopt;
}

FileId CallBody::file(std::string_view arg_name) const {
  if (!spec) return 0;
  const int index = arg_index(*spec, arg_name);
  return index < 0 ? 0 : files[index];
}

std::string_view wake_context_name(WakeContext context) {
  return kWakeContexts[size_t(context)];
}
std::optional<WakeContext> wake_context_of(std::string_view name) {
  return enum_of<WakeContext>(kWakeContexts, name);
}

void Call::clear() {
  clear_body();
  id = pending = 0;
  t = dur = late = 0;
  start_known = true;
  uncertain = killed = false;
  ret = 0;
  error = 0;
  ret_file = 0;
  ready.clear();
  ready_total = 0;
  socket.reset();
  rights.clear();
  rights_total = 0;
  off.reset();
  peek.clear();
}

void Sqe::clear() {
  clear_body();
  id = 0;
  t = 0;
  ring = file_id = 0;
  op = 0;
  fd = -1;
  fixed = multishot = fd_inferred = false;
  user_data = 0;
  flags = poll = 0;
  direct.reset();
  buf_group.reset();
  buf_index.reset();
  timeout_ns.reset();
  error = 0;
  origin = Origin::Trace;
}

void Cqe::clear() {
  id = sqe = 0;
  t = 0;
  pid = tid = 0;
  ring = file = on = of = 0;
  op.reset();
  user_data = 0;
  fd = -1;
  fixed = direct = false;
  took.reset();
  res = 0;
  flags = ready_total = 0;
  buffer.reset();
  socket.reset();
  ready.clear();
  armed.reset();
  woken.reset();
  punted.reset();
  overflow = uncertain = false;
}

RecordId id_of(const Event& event) {
  return std::visit([](const auto& e) { return e.id; }, event);
}

Ns completion_time(const Event& event) {
  return std::visit(CompletionTime{}, event);
}

}  // namespace loopscope::trace_model
