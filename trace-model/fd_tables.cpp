// SPDX-License-Identifier: Apache-2.0
#include "trace-model/fd_tables.h"

#include <algorithm>

namespace loopscope::trace_model {

FdEntry& FdTable::entry(int fd) {
  if (fd >= kDense) return sparse_[uint64_t(fd)];
  if (size_t(fd) >= dense_.size())
    dense_.resize(std::max<size_t>(size_t(fd) + 1, std::min<size_t>(dense_.size() * 2, kDense)));
  return dense_[size_t(fd)];
}

int FdTable::number_of(FileId file) const {
  int lowest = -1;
  for_each([&](int fd, const FdEntry& entry) {
    if (entry.open->id == file && (lowest < 0 || fd < lowest)) lowest = fd;
  });
  return lowest;
}

FdTable& FdTables::get(FdTableId id) {
  if (id == 0) id = next_private_++;
  auto& slot = tables_[id];
  if (!slot) slot = std::make_unique<FdTable>(id);
  return *slot;
}

void FdTables::rename(FdTable& table, FdTableId id) {
  auto* from = tables_.find(table.id());
  std::unique_ptr<FdTable> moved = std::move(*from);
  tables_.erase(moved->id());
  moved->rename(id);
  tables_[id] = std::move(moved);
}

}  // namespace loopscope::trace_model
