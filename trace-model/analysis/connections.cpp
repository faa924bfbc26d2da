// SPDX-License-Identifier: Apache-2.0
// Which files are connections that were accepted, from when to when.
#include "trace-model/analysis/connections.h"

#include <algorithm>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

std::string_view port_of(std::string_view address) {
  const size_t colon = address.rfind(':');
  return colon == address.npos ? std::string_view() : address.substr(colon);
}

bool any_address(std::string_view address) {
  return address.starts_with("0.0.0.0:") || address.starts_with("[::]:");
}

// An IPv4 address in a socket of IPv6 is written otherwise than in one of IPv4.
std::string_view without_mapping(std::string_view address) {
  constexpr std::string_view kMapped = "[::ffff:";
  return address.starts_with(kMapped) ? address.substr(kMapped.size()) : address;
}

bool comes_from(const OpenFile& socket, const Listener& listener) {
  if (socket.local.empty() || listener.address.empty()) return false;
  if (socket.kind == FileKind::Unix)
    return listener.kind == FileKind::Unix && socket.local == listener.address;
  if (listener.kind == FileKind::Unix) return false;
  if (any_address(listener.address)) return port_of(socket.local) == port_of(listener.address);
  return without_mapping(socket.local) == without_mapping(listener.address);
}

bool may_be_connected(const OpenFile& file) {
  switch (file.kind) {
    case FileKind::Tcp:
    case FileKind::Tcp6:
    case FileKind::Unix:
      return !file.listening;
    default:
      return false;
  }
}

}  // namespace

FileId listener_of(const OpenFile& socket, const Listeners& listeners) {
  FileId found = 0;
  if (!may_be_connected(socket) || socket.state == "unconnected") return 0;
  listeners.for_each([&](const Listener& listener) {
    if (!found && comes_from(socket, listener)) found = listener.file;
  });
  return found;
}

Connection* Requests::known(FileId file) {
  const std::unique_ptr<Connection>* slot = file ? connections_.find(file) : nullptr;
  return slot ? slot->get() : nullptr;
}

Connection* Requests::connection(FileId file) {
  if (!file) return nullptr;
  if (const std::unique_ptr<Connection>* slot = connections_.find(file)) return slot->get();
  const Model::State& state = analysis_.model().state();
  const OpenFile* open = state.files.find(file);
  if (!open || !is_socket(open->kind) || open->listening) return nullptr;
  const FileId listener = listener_of(*open, state.listeners);
  if (listener) return begin_connection(file, listener);
  if (connections_.size() < kMaxConnections) connections_[file] = nullptr;
  return nullptr;
}

Connection* Requests::begin_connection(FileId file, FileId listener) {
  if (connections_.size() >= drop_at_ && refused_ % 1024 == 0) drop_closed();
  if (connections_.size() >= kMaxConnections) return ++refused_, nullptr;
  refused_ = 0;
  auto made = std::make_unique<Connection>();
  made->file = file;
  made->listener = listener;
  if (const OpenFile* open = analysis_.model().state().files.find(file)) made->peer = open->peer;
  std::unique_ptr<Connection>& slot = connections_[file];
  slot = std::move(made);
  return slot.get();
}

void Requests::accepted(FileId file, FileId listener, Ns t) {
  if (!file) return;
  if (known(file)) end_connection(file, false);  // records that contradict each other
  if (Connection* made = begin_connection(file, listener))
    made->accepted = t, made->counts = analysis_.window().has(t);
}

bool Requests::held(FileId file) const {
  const OpenFile* open = analysis_.model().state().files.find(file);
  return open && open->held();
}

void Requests::end_connection(FileId file, bool trace_ends) {
  Connection* connection = known(file);
  if (connection) {
    end_request(*connection, trace_ends);
    const Pid pid = connection->pid;
    RequestFigures* figures = pid && connection->counts ? figures_of(pid, connection->listener) : nullptr;
    if (figures) {
      ++figures->connections;
      figures->only_read += connection->was_read && !connection->was_written;
      figures->only_written += connection->was_written && !connection->was_read;
    } else {
      silent_ += connection->counts;
    }
  }
  connections_.erase(file);
}

// Of descriptors that went with their process, or were closed many at once.
void Requests::drop_closed() {
  std::vector<FileId> gone;
  connections_.for_each([&](uint64_t file, const std::unique_ptr<Connection>&) {
    if (!held(FileId(file))) gone.push_back(FileId(file));
  });
  for (const FileId file : gone) end_connection(file, false);
  drop_at_ = std::clamp<size_t>(connections_.size() * 2, 256, kMaxConnections);
}

RequestFigures* Requests::figures_of(Pid pid, FileId listener) {
  const uint64_t key = uint64_t(uint32_t(pid)) << 32 | listener;
  if (RequestFigures** known = figures_by_key_.find(key)) return *known;
  if (figures_.size() >= kMaxFigures) return nullptr;
  RequestFigures& made = *figures_.emplace_back(std::make_unique<RequestFigures>());
  made.pid = pid;
  made.listener = listener;
  if (const OpenFile* open = analysis_.model().state().files.find(listener)) made.address = open->local;
  figures_by_key_[key] = &made;
  return &made;
}

}  // namespace loopscope::trace_model
