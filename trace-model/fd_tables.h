// SPDX-License-Identifier: Apache-2.0
// Descriptor tables: which number names which file, in the kernel's own terms (a process has a table;
// CLONE_FILES shares it, fork copies it). This holds the numbers only; what follows from a change is
// descriptors.cpp's business.
#pragma once

#include <memory>
#include <vector>

#include "trace-model/flat_map.h"
#include "trace-model/open_files.h"

namespace loopscope::trace_model {

inline constexpr FdTableId kFirstPrivateTable = 0x8000'0000;

struct FdEntry {
  OpenFile* open = nullptr;  // nullptr: the number is free
  Ns confirmed = INT64_MIN;  // when a record last showed this to be so; for a free number, when it was closed
  bool cloexec = false;
};

class FdTable {
 public:
  explicit FdTable(FdTableId id) : id_(id) {}

  [[nodiscard]] FdTableId id() const { return id_; }
  void rename(FdTableId id) { id_ = id; }

  [[nodiscard]] OpenFile* at(int fd) const {
    const FdEntry* entry = find(fd);
    return entry ? entry->open : nullptr;
  }
  [[nodiscard]] FdEntry* find(int fd) {
    if (size_t(fd) < dense_.size()) return &dense_[size_t(fd)];  // a negative fd is a huge size_t
    return fd >= kDense ? sparse_.find(uint64_t(fd)) : nullptr;
  }
  [[nodiscard]] const FdEntry* find(int fd) const { return const_cast<FdTable*>(this)->find(fd); }
  FdEntry& entry(int fd);                          // fd >= 0; made when new
  [[nodiscard]] int number_of(FileId file) const;  // the lowest that names it, -1 for none

  // Visits (fd, entry) of every open number. `visit` may free the entry it is given, but not add any.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (size_t fd = 0; fd < dense_.size(); ++fd)
      if (dense_[fd].open) visit(int(fd), dense_[fd]);
    sparse_.for_each([&](uint64_t fd, FdEntry& entry) {
      if (entry.open) visit(int(fd), entry);
    });
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    const_cast<FdTable*>(this)->for_each([&](int fd, const FdEntry& entry) { visit(fd, entry); });
  }

  std::vector<Pid> pids;  // the processes that use it

 private:
  static constexpr int kDense =
      1 << 16;  // numbers above live in a map: a damaged trace must not cost gigabytes

  FdTableId id_;
  std::vector<FdEntry> dense_;
  FlatMap<FdEntry> sparse_;
};

class FdTables {
 public:
  [[nodiscard]] FdTable* find(FdTableId id) {
    auto* found = tables_.find(id);
    return found ? found->get() : nullptr;
  }
  [[nodiscard]] const FdTable* find(FdTableId id) const { return const_cast<FdTables*>(this)->find(id); }
  FdTable& get(FdTableId id);  // made when new; 0 asks for a private one
  void rename(FdTable& table, FdTableId id);
  void erase(FdTableId id) { tables_.erase(id); }

 private:
  FlatMap<std::unique_ptr<FdTable>> tables_;
  FdTableId next_private_ = kFirstPrivateTable;
};

}  // namespace loopscope::trace_model
