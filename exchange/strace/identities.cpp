// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/identities.h"

#include <limits>

namespace loopscope::exchange::strace {
namespace {

bool is_socket(std::string_view what) {
  return what.find(":[") != what.npos && !what.starts_with('/') && !what.starts_with("anon_inode:") &&
         !what.starts_with("pipe:");
}

bool is_connected(std::string_view what) {
  return is_socket(what) && what.find("->") != what.npos;
}

// Whether one file can be described by both. A socket's description changes when it is bound and connected.
bool may_be_same(std::string_view before, std::string_view now) {
  if (before.empty() || now.empty() || before == now) return true;
  return is_socket(before) && is_socket(now) && !(is_connected(before) && is_connected(now));
}

}  // namespace

Identities::Named Identities::named(FdTableId table, int fd, std::string_view what) {
  Entry& entry = tables_[table][fd];
  const bool is_new = entry.file == 0 || !may_be_same(entry.what, what);
  if (is_new) entry = {++last_, false, {}};
  if (!what.empty()) entry.what = what;
  return {entry.file, is_new};
}

FileId Identities::made(FdTableId table, int fd, bool cloexec, std::string_view what) {
  tables_[table][fd] = {++last_, cloexec, std::string(what)};
  return last_;
}

void Identities::duplicated(FdTableId table, int fd, FileId file, bool cloexec) {
  tables_[table][fd] = {file, cloexec, {}};
}

void Identities::closed(FdTableId table, unsigned first, unsigned last) {
  constexpr auto kMost = unsigned(std::numeric_limits<int>::max());
  if (first > kMost) return;
  std::map<int, Entry>& numbers = tables_[table];
  numbers.erase(numbers.lower_bound(int(first)), numbers.upper_bound(int(std::min(last, kMost))));
}

void Identities::is_not_opened(FdTableId table, int fd) {
  std::map<int, Entry>& numbers = tables_[table];
  const auto entry = numbers.find(fd);
  if (entry != numbers.end() && known_[entry->second.file].opened) numbers.erase(entry);
}

void Identities::set_cloexec(FdTableId table, int fd, bool on) {
  if (const auto entry = tables_[table].find(fd); entry != tables_[table].end()) entry->second.cloexec = on;
}

FileId Identities::added(FdTableId table, FileId epoll, int fd) {
  Entry& entry = tables_[table][fd];
  FileId& watched = watched_[{epoll, fd}];
  if (entry.file == 0 || watched == entry.file) entry = {++last_, false, std::move(entry.what)};
  return watched = entry.file;
}

void Identities::executed(FdTableId table) {
  std::erase_if(tables_[table], [](const auto& item) { return item.second.cloexec; });
}

}  // namespace loopscope::exchange::strace
