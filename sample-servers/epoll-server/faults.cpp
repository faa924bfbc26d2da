// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/epoll-server/faults.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <array>
#include <cstring>
#include <utility>

#include "sample-servers/common/descriptor_limit.h"
#include "sample-servers/common/fault_table.h"

namespace loopscope::sample_servers {
namespace {

constexpr rlim_t kStormDescriptors = 32;  // accept-storm: few enough to run out of
constexpr auto kFaults = std::to_array<std::pair<const char*, Fault>>({
    {"none", Fault::None},
    {"et-no-drain", Fault::EtNoDrain},
    {"stale-registration", Fault::StaleRegistration},
    {"herd", Fault::Herd},
    {"blocking-sleep", Fault::InHandler},
    {"blocking-fifo", Fault::InHandler},
    {"long-cpu", Fault::InHandler},
    {"busy-poll", Fault::BusyPoll},
    {"epollout-armed", Fault::EpolloutArmed},
    {"accept-storm", Fault::AcceptStorm},
});

}  // namespace

std::vector<std::string> Faults::names() {
  return fault_names(kFaults);
}

void Faults::arrange(const std::string& name, bool& edge_triggered, int& workers, std::string& share) {
  const Fault fault = fault_named(kFaults, name);
  if (fault == Fault::EtNoDrain) edge_triggered = true;
  if (fault == Fault::Herd) {
    workers = 4;
    share = "herd";
  }
  if (fault == Fault::AcceptStorm) limit_descriptors(kStormDescriptors);
}

Faults::Faults(const std::string& name, const EventLog& log)
    : fault_(fault_named(kFaults, name)), log_(log), in_handler_(handler_fault(name)), handler_(log) {
  if (fault_ == Fault::BusyPoll) log_.write("busy-poll", {{"timeout_ms", 0}});
}

Faults::~Faults() {
  if (fault_ == Fault::StaleRegistration) log_.write("stale-registration, in all", {{"events", count_}});
  if (fault_ == Fault::Herd) log_.write("herd, in all", {{"woken_for_nothing", count_}});
}

void Faults::in_handler(int fd) {
  if (in_handler_) handler_.commit(*in_handler_, fd);
}

bool Faults::on_read(int fd) {
  if (fault_ != Fault::EtNoDrain) return false;
  int left = 0;
  if (::ioctl(fd, FIONREAD, &left) == 0 && left > 0)
    log_.write("et-no-drain", {{"fd", fd}, {"left_bytes", left}});
  return true;
}

void Faults::on_close(int fd) {
  if (fault_ == Fault::EpolloutArmed) {
    if (const auto idle = idle_writable_.extract(fd); !idle.empty())
      log_.write("epollout-armed, closed", {{"fd", fd}, {"wakeups", idle.mapped()}});
  }
  if (fault_ != Fault::StaleRegistration) return;
  UniqueFd dup(::dup(fd));
  if (!dup) return;
  log_.write("stale-registration", {{"fd", fd}, {"dup_fd", dup.get()}});
  reported_.erase(fd);
  dups_.push_back(std::move(dup));
  if (dups_.size() > kMostDups) dups_.pop_front();
}

void Faults::on_event_for_closed(int fd) {
  if (fault_ != Fault::StaleRegistration) return;
  ++count_;
  if (reported_.insert(fd).second) log_.write("stale-registration, first event", {{"fd", fd}});
}

void Faults::on_nothing_to_accept(int listener_fd) {
  if (fault_ != Fault::Herd) return;
  ++count_;
  log_.write("herd", {{"fd", listener_fd}});
}

void Faults::on_event(int fd, uint32_t events, bool nothing_to_send) {
  if (fault_ != Fault::EpolloutArmed || events != EPOLLOUT || !nothing_to_send) return;
  if (++idle_writable_[fd] == 1) log_.write("epollout-armed", {{"fd", fd}});
}

bool Faults::on_accept_failed(int listener_fd, int error) {
  if (fault_ != Fault::AcceptStorm) return false;
  const int64_t now_ns = monotonic_ns();
  ++count_;
  // One line for the first failure, then one a second with how many there were.
  if (storm_since_ns_ && now_ns - *storm_since_ns_ < 1'000'000'000) return true;
  log_.write_at(now_ns, "accept-storm",
                {{"fd", listener_fd}, {"error", std::strerror(error)}, {"failures", count_}});
  storm_since_ns_ = now_ns;
  return true;
}

}  // namespace loopscope::sample_servers
