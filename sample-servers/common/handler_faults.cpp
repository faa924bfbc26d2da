// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/handler_faults.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "sample-servers/common/pages.h"

namespace loopscope::sample_servers {
namespace {

constexpr std::chrono::milliseconds kHoldUp{50};
constexpr auto kNames = std::to_array<std::pair<std::string_view, HandlerFault>>({
    {"blocking-sleep", HandlerFault::BlockingSleep},
    {"blocking-fifo", HandlerFault::BlockingFifo},
    {"long-cpu", HandlerFault::LongCpu},
});

std::string_view name_of(HandlerFault fault) {
  for (const auto& [name, known] : kNames)
    if (known == fault) return name;
  return "?";
}

// A FIFO in a folder of its own, of which only the descriptor remains.
UniqueFd open_fifo() {
  std::string folder = "/tmp/sample-server-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return {};
  const std::string path = folder + "/slow.fifo";
  UniqueFd fifo;
  if (::mkfifo(path.c_str(), 0600) == 0) fifo = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
  return fifo;
}

}  // namespace

std::optional<HandlerFault> handler_fault(std::string_view name) {
  for (const auto& [known, fault] : kNames)
    if (known == name) return fault;
  return std::nullopt;
}

HandlerFaults::~HandlerFaults() {
  wish_ = {};  // ends the writer's read
}

void HandlerFaults::commit(HandlerFault fault, int connection_fd) {
  const int64_t start_ns = monotonic_ns();
  if (fault == HandlerFault::BlockingSleep) std::this_thread::sleep_for(kHoldUp);
  if (fault == HandlerFault::BlockingFifo) read_slow_fifo();
  if (fault == HandlerFault::LongCpu) burn_cpu(kHoldUp);
  log_.write_at(start_ns, name_of(fault), {{"fd", connection_fd}, {"end_t", monotonic_ns()}});
}

void HandlerFaults::read_slow_fifo() {
  char byte = 'x';
  if (!fifo_) {
    std::array<int, 2> ends{};
    fifo_ = open_fifo();
    if (!fifo_ || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
      log_.write("cannot make a FIFO in /tmp");
      return;
    }
    asked_ = UniqueFd(ends[0]);
    wish_ = UniqueFd(ends[1]);
    writer_ = std::jthread([fifo = fifo_.get(), asked = asked_.get()] {
      for (char wish = 0; ::read(asked, &wish, 1) == 1;) {
        std::this_thread::sleep_for(kHoldUp);
        (void)!::write(fifo, &wish, 1);
      }
    });
  }
  if (::write(wish_.get(), &byte, 1) == 1) (void)!::read(fifo_.get(), &byte, 1);
}

}  // namespace loopscope::sample_servers
