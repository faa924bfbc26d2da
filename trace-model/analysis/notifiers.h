// SPDX-License-Identifier: Apache-2.0
// Who last wrote to what loops are notified through: eventfds, pipes, socket pairs. A pipe has two files:
// what is written to one arrives at the other. Which belong together is known from the call that made them,
// or from the inode both have.
#pragma once

#include <optional>

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
  void on_row(const FdRow& row);                           // pipes that were there
  void closed(FileId file);

  // The last writer to what arrives at `file`; nullptr: none was seen.
  [[nodiscard]] const Notification* last(FileId file) const;

 private:
  static constexpr size_t kMaxKept = 1 << 16;

  void pair(FileId one, FileId other);

  FlatMap<FileId> peers_;
  FlatMap<FileId> pipe_by_inode_;
  FlatMap<Notification> written_;  // by the file where it arrives
};

}  // namespace loopscope::trace_model
