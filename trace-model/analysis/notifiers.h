// SPDX-License-Identifier: Apache-2.0
// Who last wrote to what loops are notified through: eventfds, pipes, socket pairs. A pipe has two files:
// what is written to one arrives at the other. Which belong together is known from the call that made them,
// or from inodes: the one both ends of a pipe have, or what each end of a socket pair says of the other.
#pragma once

#include <algorithm>
#include <array>

#include "trace-model/analysis/links.h"
#include "trace-model/flat_map.h"
#include "trace-model/open_files.h"

namespace loopscope::trace_model {

struct Notification {
  Pid tid = 0;
  RecordId call = 0;
  Ns t = 0, end = 0;  // of the call
  LinkHow how = LinkHow::Eventfd;
};

class Notifiers {
 public:
  void on_call(const Call& call, const OpenFiles& files);  // pipes made, and writes
  void on_row(const FdRow& row);                           // those that were there
  void closed(FileId file);

  // The first write to what arrives at `file` that began at `until` at the latest and was not over before
  // `from`; nullptr: none is known. Of each file the last few are.
  [[nodiscard]] const Notification* first_within(FileId file, Ns from, Ns until) const;

 private:
  static constexpr size_t kMaxKept = 1 << 16;

  struct Written {
    std::array<Notification, 4> last;
    uint32_t count = 0;
  };

  void pair(FileId one, FileId other);

  FlatMap<FileId> peers_;
  FlatMap<FileId> by_inode_;  // pipes, and ends of socket pairs
  FlatMap<Written> written_;  // by the file where it arrives
};

}  // namespace loopscope::trace_model
