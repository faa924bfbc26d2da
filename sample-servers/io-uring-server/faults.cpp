// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/io-uring-server/faults.h"

#include <array>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "sample-servers/common/descriptor_limit.h"
#include "sample-servers/common/fault_table.h"

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

}  // namespace

std::vector<std::string> Faults::names() {
  return fault_names(kFaults);
}

void Faults::arrange(const std::string& name, RingOptions& ring) {
  const Fault fault = fault_named(kFaults, name);
  if (fault == Fault::CqOverflow) ring.submissions = ring.completions = kFewCompletions;
  if (fault == Fault::AcceptNotRearmed) limit_descriptors(kFewDescriptors);
}

Faults::Faults(const std::string& name, const EventLog& log)
    : fault_(fault_named(kFaults, name)), log_(log), in_handler_(handler_fault(name)), handler_(log) {
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
