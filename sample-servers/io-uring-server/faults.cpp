// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/io-uring-server/faults.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace loopscope::sample_servers {
namespace {

constexpr rlim_t kFewDescriptors = 32;         // accept-not-rearmed: few enough to run out of
constexpr unsigned kFewCompletions = 4;        // cq-overflow: that fit
constexpr std::chrono::milliseconds kSlow{2};  // cq-overflow: for each completion taken
constexpr auto kFaults = std::to_array<std::pair<const char*, Fault>>({
    {"none", Fault::None},
    {"blocking-sleep", Fault::InHandler},
    {"blocking-fifo", Fault::InHandler},
    {"long-cpu", Fault::InHandler},
    {"busy-poll", Fault::BusyPoll},
    {"accept-not-rearmed", Fault::AcceptNotRearmed},
    {"cq-overflow", Fault::CqOverflow},
});

Fault fault_named(const std::string& name) {
  for (const auto& [known, fault] : kFaults)
    if (known == name) return fault;
  return Fault::None;
}

}  // namespace

std::vector<std::string> Faults::names() {
  std::vector<std::string> all;
  all.reserve(kFaults.size());
  for (const auto& [name, fault] : kFaults) all.emplace_back(name);
  return all;
}

void Faults::arrange(const std::string& name, RingOptions& ring) {
  const Fault fault = fault_named(name);
  if (fault == Fault::CqOverflow) ring.submissions = ring.completions = kFewCompletions;
  if (fault == Fault::AcceptNotRearmed) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min(limit.rlim_cur, kFewDescriptors);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

Faults::Faults(const std::string& name, const EventLog& log)
    : fault_(fault_named(name)), log_(log), in_handler_(handler_fault(name)), handler_(log) {
  if (fault_ == Fault::BusyPoll) log_.write("busy-poll", {{"min_complete", 0}});
}

size_t Faults::most_completions(size_t most) const {
  if (fault_ != Fault::CqOverflow) return most;
  std::this_thread::sleep_for(kSlow);
  return 1;
}

void Faults::in_handler(int connection) {
  if (in_handler_) handler_.commit(*in_handler_, connection);
}

bool Faults::on_accept_ended(int listener_fd, int error) const {
  if (fault_ != Fault::AcceptNotRearmed || error == 0) return false;
  log_.write("accept-not-rearmed", {{"fd", listener_fd}, {"error", std::strerror(error)}});
  return true;
}

}  // namespace loopscope::sample_servers
