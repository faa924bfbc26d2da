// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/burst_words.h"

#include <algorithm>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

std::string ready_words(const ReadyFile& ready) {
  if (ready.completion) {
    const UringOp* op = uring_op(ready.op);
    return fmt::format("{}{}", op ? op->name : "an operation",
                       ready.fd >= 0 ? fmt::format(" on fd {}", ready.fd) : "");
  }
  return ready.fd >= 0 ? fmt::format("fd {}", ready.fd) : "";
}

std::string where_words(const Stretch& stretch) {
  if (!stretch.path.empty() && stretch.spec)
    return fmt::format("{}({})", stretch.spec->name, terminal_text(stretch.path));
  return call_words(stretch.spec, stretch.fd);
}

std::string for_whom(const Stretch& stretch) {
  if (stretch.serving_fd < 0 || stretch.serving_fd == stretch.fd) return {};
  return fmt::format(", serving fd {}", stretch.serving_fd);
}

std::string state_words(char state) {
  switch (state) {
    case 'D':
      return "waiting for a device";
    case 'T':
      return "stopped";
    case 't':
      return "stopped by a tracer";
    default:
      return "asleep";
  }
}

}  // namespace

std::string call_words(const CallSpec* spec, int fd) {
  if (!spec) return {};
  return fd >= 0 ? fmt::format("{}(fd {})", spec->name, fd) : std::string(spec->name);
}

std::string offset_text(Ns t) {
  const uint64_t milliseconds = (t < 0 ? 0 - uint64_t(t) : uint64_t(t)) / 1'000'000;
  return fmt::format("{}{}.{:03} s", t < 0 ? '-' : '+', milliseconds / 1000, milliseconds % 1000);
}

std::string burst_cause_words(const Burst& burst) {
  std::string text(wake_cause_name(burst.cause));
  const size_t named = burst.woken_by();
  if (named == 0) return text;
  if (const std::string first = ready_words(burst.ready.front()); !first.empty())
    text += (burst.ready.front().completion ? ": " : " on ") + first;
  // Where more were ready than are kept, all that are kept are those of the wait.
  const size_t all = named == burst.ready.size() ? burst.ready_total : named;
  if (all > 1) text += fmt::format(" and {} more", all - 1);
  return text;
}

std::string burst_story(const Burst& burst) {
  const Stretch &run = burst.longest_run, &block = burst.longest_block, &wait = burst.longest_runnable;
  const Ns running = burst.running();
  if (burst.blocked > std::max(running, burst.runnable)) {
    const std::string where = where_words(block);
    return fmt::format("{} {}{}{}", state_words(block.state), duration_text(block.dur),
                       where.empty() ? ", in no recorded call" : " in " + where, for_whom(block));
  }
  if (burst.runnable > running)
    return fmt::format("could run, but had no CPU for {}{}", duration_text(burst.runnable), for_whom(wait));
  if (run.dur <= 0 || (burst.calls > 20 && run.dur < burst.length() / 4))
    return burst.calls ? fmt::format("{}, none of them long", counted(burst.calls, "call")) : "";
  const std::string where = where_words(run);
  return fmt::format("on the CPU {}{}{}", duration_text(run.dur), where.empty() ? "" : " after " + where,
                     for_whom(run));
}

std::string woken_words(WakeContext context, Pid tid, const std::string& comm, const CallSpec* in) {
  std::string who = comm.empty() ? "" : terminal_text(comm);
  if (tid > 0) who += fmt::format("{}{}", who.empty() ? "" : " ", tid);
  const std::string where = in ? fmt::format(" in {}", in->name) : "";
  switch (context) {
    case WakeContext::Task:
      return who.empty() ? "a thread that is not visible here" : who + where;
    case WakeContext::Softirq:
      return "network receive" + (who.empty() ? "" : fmt::format(" (while {} ran{})", who, where));
    case WakeContext::Hardirq:
      return "a timer or device interrupt";
    case WakeContext::Nmi:
      return "a non-maskable interrupt";
    default:
      return who.empty() ? "an interrupt, or a thread not visible here"
                         : fmt::format("while {} ran{}", who, where);
  }
}

}  // namespace loopscope::trace_model
