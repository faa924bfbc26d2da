// SPDX-License-Identifier: Apache-2.0
#include "trace-model/call_plans.h"

#include <utility>
#include <vector>

namespace loopscope::trace_model {
namespace {

constexpr std::pair<std::string_view, Effect> kEffects[]{{"bind", Effect::Bind},
                                                         {"listen", Effect::Listen},
                                                         {"connect", Effect::Connect},
                                                         {"shutdown", Effect::Shutdown},
                                                         {"socket", Effect::Socket},
                                                         {"socketpair", Effect::Pair},
                                                         {"pipe", Effect::Pair},
                                                         {"pipe2", Effect::Pair},
                                                         {"epoll_ctl", Effect::EpollCtl},
                                                         {"dup", Effect::Duplicate},
                                                         {"dup2", Effect::Duplicate},
                                                         {"dup3", Effect::Duplicate},
                                                         {"fcntl", Effect::Fcntl},
                                                         {"ioctl", Effect::Ioctl},
                                                         {"close", Effect::Close},
                                                         {"recvmsg", Effect::Receive},
                                                         {"close_range", Effect::CloseRange},
                                                         {"restart_syscall", Effect::Restart},
                                                         {"io_uring_register", Effect::Register}};

Effect effect_of(const CallSpec& spec) {
  for (const auto& [name, effect] : kEffects)
    if (name == spec.name) return effect;
  if (spec.wait == WaitKind::Accept) return Effect::Accept;
  if (spec.wait != WaitKind::None) return Effect::Wait;
  return spec.returns_fd ? Effect::Opens : Effect::None;
}

// Which argument is the file that bytes are taken from, and which the one they are put into.
void set_transfer(const CallSpec& spec, CallPlan& plan) {
  if (spec.family != CallFamily::Io) return;
  const std::string_view name = spec.name;
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (name == "sendfile") {
    plan.writes = int8_t(arg_index(spec, "out_fd"));
    plan.reads = int8_t(arg_index(spec, "in_fd"));
  } else if (name == "splice") {
    plan.reads = int8_t(arg_index(spec, "fd_in"));
    plan.writes = int8_t(arg_index(spec, "fd_out"));
  } else if (has("read") || has("recv")) {
    plan.reads = plan.fds[0];
  } else if (has("write") || has("send")) {
    plan.writes = plan.fds[0];
  }
}

CallPlan make_plan(const CallSpec& spec) {
  CallPlan plan;
  plan.effect = effect_of(spec);
  size_t found = 0;
  for (size_t i = 0; i < spec.args.size(); ++i) {
    const ArgSpec& arg = spec.args[i];
    // What close names is gone when it returns.
    if (arg.kind == ArgKind::Fd && found < 2 && plan.effect != Effect::Close) plan.fds[found++] = int8_t(i);
    if (arg.name == "flags" || arg.name == "type") plan.flags = int8_t(i);
    if (arg.name == "timeout" || arg.name == "timeout_ns") plan.timeout = int8_t(i);
  }
  set_transfer(spec, plan);
  return plan;
}

const std::vector<CallPlan>& all_plans() {
  static const std::vector<CallPlan> plans = [] {
    std::vector<CallPlan> made;
    for (const CallSpec& each : all_calls()) made.push_back(make_plan(each));
    return made;
  }();
  return plans;
}

}  // namespace

const CallPlan* const kCallPlans = all_plans().data();
const CallSpec* const kFirstCall = all_calls().data();

bool names_registered_ring(const CallBody& call) {
  constexpr int64_t kEnterRegisteredRing = 1 << 4, kUseRegisteredRing = int64_t(1) << 31;
  if (!call.spec || call.spec->family != CallFamily::Uring) return false;
  if (call.spec->wait == WaitKind::Uring) return call.has(3) && (call.args[3] & kEnterRegisteredRing);
  return call.spec->name == "io_uring_register" && call.has(1) && (call.args[1] & kUseRegisteredRing);
}

bool makes_file(const CallBody& call) {
  if (!call.spec || call.spec->family == CallFamily::Dup || call.spec->name == "pidfd_getfd") return false;
  const bool signals = call.spec->name == "signalfd" || call.spec->name == "signalfd4";
  return !signals || call.arg("fd").value_or(-1) < 0;
}

}  // namespace loopscope::trace_model
