// SPDX-License-Identifier: Apache-2.0
// Which descriptors are the same open file, without BPF. A socket's inode says it alone. Everything else is
// compared with kcmp(2), which orders the kernel's file objects without showing them, and so finds each in
// log(n) steps among those of the same inode. Where kcmp is refused, every descriptor counts as a file of its
// own.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tracer/proc/descriptors.h"

namespace loopscope::tracer {

using trace_model::FdTableId;
using trace_model::FileId;

// The kernel's comparison, so that tests can have one of their own. Nothing: not permitted, or already gone.
struct FileComparison {
  std::function<std::optional<std::strong_ordering>(Pid, int, Pid, int)> files;
  std::function<std::optional<std::strong_ordering>(Pid, Pid)> tables;
  // Does `item`, the nth of that number in the instance `epfd`, watch what the number names now?
  std::function<std::optional<bool>(Pid, int epfd, int fd, unsigned nth)> watched;
};
[[nodiscard]] FileComparison kernel_comparison();
[[nodiscard]] FileComparison no_comparison();

class FileIdentity {
 public:
  explicit FileIdentity(FileComparison comparison) : comparison_(std::move(comparison)) {}

  FileId identify(Pid pid, const Descriptor& descriptor);
  FdTableId identify_table(Pid pid);
  [[nodiscard]] FileId of(Pid pid, int fd) const;  // 0: not seen

  // Whether an interest-list entry, the nth of its number in that instance, watches what `named`, an
  // identified descriptor of `pid` with that number, is.
  [[nodiscard]] bool names(Pid pid, int epfd, const EpollItem& item, unsigned nth,
                           const Descriptor& named) const;
  // What it watches when no number names it any more.
  FileId closed_target(const EpollItem& item);

 private:
  struct Seen {
    Pid pid;
    int fd;
    FileId file;
  };
  using Group = std::tuple<std::string, uint64_t, uint64_t>;  // kind, device, inode

  FileId of_socket(uint64_t inode);
  FileId of_group(std::vector<Seen>& group, Pid pid, int fd);

  FileComparison comparison_;
  FileId last_file_ = 0;
  FdTableId last_table_ = 0;
  std::map<uint64_t, FileId> sockets_;
  std::map<Group, std::vector<Seen>> groups_;  // each ordered as the kernel orders
  std::map<std::pair<Pid, int>, FileId> known_;
  std::vector<std::pair<Pid, FdTableId>> tables_;
};

}  // namespace loopscope::tracer
