// SPDX-License-Identifier: Apache-2.0
#include "trace-model/show_line_files.h"

#include "trace-model/show_line_text.h"

namespace loopscope::trace_model {
namespace {

void append_ends(std::string& out, std::string_view kind, std::string_view state, std::string_view local,
                 std::string_view peer) {
  const bool kind_in_address = kind == "unix" && (local.empty() ? peer : local).starts_with("unix:");
  if (!kind_in_address) append_safe(out, kind);
  if (!kind_in_address && (!local.empty() || !peer.empty())) out += ' ';
  append_safe(out, local);
  if (!peer.empty()) {
    out += "->";
    append_safe(out, peer);
  }
  if (state == "listen") out += " listen";
}

// A socket pair or a pipe has no name but its inode, by which its two ends find each other.
void append_inode(std::string& out, uint64_t inode) {
  if (!inode) return;
  out += ":[";
  append_number(out, inode);
  out += ']';
}

void append_target(std::string& out, const OpenFile& file) {
  if (file.listening || file.state == "listen") {
    out += "listener ";
    append_safe(out, file.local.empty() ? kind_name(file.kind) : std::string_view(file.local));
  } else {
    append_file(out, file);
  }
}

// "<tcp 0.0.0.0:8079 listen>", or nothing.
void append_what_it_is(std::string& out, const OpenFile* file) {
  if (!file) return;
  const size_t begin = out.size();
  out += '<';
  append_file(out, *file);
  if (out.size() == begin + 1)
    out.pop_back();
  else
    out += '>';
}

}  // namespace

const OpenFile* file_of(const Model::State& state, FileId file, Pid pid, int fd) {
  if (file) return state.files.find(file);
  const Process* process = state.processes.find(pid);
  return process && process->table ? process->table->at(fd) : nullptr;
}

void append_file(std::string& out, const OpenFile& file) {
  const bool listening = file.listening || file.state == "listen";
  if (is_socket(file.kind)) {
    append_ends(out, kind_name(file.kind), listening ? "listen" : "", file.local, file.peer);
    if (file.local.empty() && file.peer.empty()) append_inode(out, file.inode);
  } else if (!file.path.empty()) {
    append_safe(out, file.path);
  } else if (file.kind != FileKind::Unknown) {
    out += kind_name(file.kind);
    if (file.kind == FileKind::Pipe) append_inode(out, file.inode);
  }
}

void append_socket(std::string& out, const SocketInfo& socket) {
  append_ends(out, socket.kind.empty() ? "socket" : std::string_view(socket.kind), socket.state, socket.local,
              socket.peer);
}

void append_descriptor(std::string& out, const Model::State& state, FileId file, Pid pid, int64_t fd) {
  append_number(out, fd);
  if (fd < 0 || fd > INT32_MAX) return;
  append_what_it_is(out, file_of(state, file, pid, int(fd)));
}

void append_slot(std::string& out, const Model::State& state, FileId file, int64_t slot) {
  out += "slot ";
  append_number(out, slot);
  append_what_it_is(out, file ? state.files.find(file) : nullptr);
}

void append_ready(std::string& out, const Model::State& state, Pid pid, const ReadyEntry& entry) {
  out += '{';
  append_symbols(out, symbols::kEpollEvents, entry.events);
  out += ", data=";
  append_hex(out, entry.data);
  out += " → ";
  if (!entry.candidates.empty()) {
    out += "fd ";
    for (const int& fd : entry.candidates) {
      if (&fd != &entry.candidates.front()) out += " or ";
      append_number(out, fd);
    }
  } else if (entry.fd < 0) {
    out += '?';
  } else {
    out += "fd ";
    append_number(out, entry.fd);
    // Without an identity, what the number names now need not be what was registered: it may have been used
    // again.
    const OpenFile* file = entry.file ? file_of(state, entry.file, pid, entry.fd) : nullptr;
    if (const size_t begin = out.size(); file) {
      out += " (";
      append_target(out, *file);
      if (out.size() == begin + 2)
        out.resize(begin);
      else
        out += ')';
    }
  }
  out += '}';
}

}  // namespace loopscope::trace_model
