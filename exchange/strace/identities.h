// SPDX-License-Identifier: Apache-2.0
// Which file each descriptor number names, as far as a log tells. A log knows numbers only, and holds only
// the calls it was asked for: what was not seen being made gets an identity when it is first named, and a
// number is known to have been reused where it is returned again, where epoll takes it a second time although
// it was not removed (EEXIST otherwise), or where what strace -y says of it has changed.
#pragma once

#include <map>
#include <string>

#include "exchange/strace/address_text.h"
#include "trace-model/events.h"

namespace loopscope::exchange::strace {

using trace_model::FdTableId;
using trace_model::FileId;

class Identities {
 public:
  struct Entry {
    FileId file = 0;
    bool cloexec = false;
    std::string what;  // as -y had it when last named
  };
  struct Known {
    std::string kind, local;
    std::string kind_if_listening;         // by the family of its address, while its making was not seen
    bool listens = false, opened = false;  // opened by a path: a file, for all that is known
  };
  struct Named {
    FileId file = 0;
    bool is_new = false;  // it was not known before
  };

  // The number is named in a call, described as `what` with -y.
  Named named(FdTableId table, int fd, std::string_view what);
  // The number is returned by a call: a new file.
  FileId made(FdTableId table, int fd, bool cloexec, std::string_view what);
  void duplicated(FdTableId table, int fd, FileId file, bool cloexec);
  void closed(FdTableId table, unsigned first, unsigned last);
  // The number is used as what no opened file can be: that was closed by a call that is not in the log.
  void is_not_opened(FdTableId table, int fd);
  void set_cloexec(FdTableId table, int fd, bool on);
  // Added to an epoll instance, successfully. Gives the identity the number had to have for that.
  FileId added(FdTableId table, FileId epoll, int fd);
  // With which data an instance tells of a listening socket.
  void tells_of(FileId listener, FileId epoll, uint64_t data) { listener_data_[{epoll, data}] = listener; }
  [[nodiscard]] FileId listener_of(FileId epoll, uint64_t data) const {  // 0: it is none
    const auto known = listener_data_.find({epoll, data});
    return known == listener_data_.end() ? 0 : known->second;
  }
  void removed(FileId epoll, int fd) { watched_.erase({epoll, fd}); }

  void copy_table(FdTableId from, FdTableId to) { tables_[to] = tables_[from]; }
  void executed(FdTableId table);  // closes what is marked close-on-exec

  [[nodiscard]] Known& known(FileId file) { return known_[file]; }

 private:
  std::map<FdTableId, std::map<int, Entry>> tables_;
  std::map<FileId, Known> known_;
  std::map<std::pair<FileId, int>, FileId> watched_;
  std::map<std::pair<FileId, uint64_t>, FileId> listener_data_;
  FileId last_ = 0;
};

}  // namespace loopscope::exchange::strace
