// SPDX-License-Identifier: Apache-2.0
// The part of the Importer that says which files a call is about, and what it made of them.
#include <algorithm>

#include "exchange/strace/import.h"

namespace loopscope::exchange::strace {
namespace {

using trace_model::ArgKind;
using trace_model::Call;
using trace_model::CallFamily;

// The same bit in O_, SOCK_, EPOLL_, EFD_, TFD_, SFD_ and IN_CLOEXEC.
constexpr int64_t kCloexec = 02000000, kMemfdCloexec = 1;
constexpr int64_t kAdd = 1, kDelete = 2, kDupfd = 0, kSetfd = 2, kDupfdCloexec = 1030;
constexpr int64_t kUnix = 1, kInet = 2, kInet6 = 10, kStream = 1, kDatagram = 2;
constexpr uint64_t kTypeMask = 0xf;

bool makes_cloexec(const Call& call) {
  const std::string_view name = call.spec->name;
  if (name == "io_uring_setup" || name.starts_with("pidfd_")) return true;
  const int64_t flags = call.arg(name.starts_with("socket") ? "type" : "flags").value_or(0);
  return name == "memfd_create" ? flags & kMemfdCloexec : flags & kCloexec;
}

std::string socket_kind(int64_t domain, int64_t type) {
  type &= int64_t(kTypeMask);
  if (domain == kUnix) return "unix";
  if (domain == kInet && type == kStream) return "tcp";
  if (domain == kInet6 && type == kStream) return "tcp6";
  if (domain == kInet && type == kDatagram) return "udp";
  if (domain == kInet6 && type == kDatagram) return "udp6";
  return domain == 16 ? "netlink" : "socket";
}

// Of what listens, which is never a datagram socket, by the address it was bound to.
std::string listener_kind(std::string_view address) {
  if (address.starts_with("unix:")) return "unix";
  return address.starts_with('[') ? "tcp6" : address.empty() ? "" : "tcp";
}

bool names_port(std::string_view address) {
  return !address.empty() && !address.ends_with(":0");
}

}  // namespace

void Importer::row_of(Pid pid, int fd, FileId file, std::string_view what) {
  What is = what_of(what);
  Identities::Known& known = identities_.known(file);
  if (!is.kind.empty() && is.kind != "socket") known.kind = is.kind;
  if (names_port(is.local)) known.local = is.local;
  trace_model::FdRow row;
  row.t = completed_;
  row.pid = pid;
  row.fd = fd;
  row.file = file;
  row.socket.kind = is.kind.empty() ? "unknown" : is.kind;
  row.socket.inode = is.inode;
  row.socket.local = std::move(is.local);
  row.socket.peer = std::move(is.peer);
  if (!row.socket.peer.empty()) row.socket.state = "established";
  row.path = std::move(is.path);
  emit(std::move(row), completed_);
}

bool Importer::name(FileId& file, Pid pid, int fd, std::string_view what) {
  if (fd < 0) return false;
  const Identities::Named named = identities_.named(tables_[pid], fd, what);
  file = named.file;
  if (what.empty()) return named.is_new;
  if (named.is_new) row_of(pid, fd, file, what);
  What is = what_of(what);  // it may have been bound since
  if (names_port(is.local)) identities_.known(file).local = std::move(is.local);
  return false;
}

// Which listening socket a wait that slept told of: what its loop begins to watch then is a connection,
// though the log has no accept.
void Importer::note_wakeup(const Call& call) {
  if (call.spec->wait != trace_model::WaitKind::Epoll || call.arg("timeout") == 0) return;
  FileId& woken_by = threads_[call.tid].woken_by = 0;
  for (const trace_model::ReadyEntry& ready : call.ready)
    if (const FileId listener = identities_.listener_of(call.files[0], ready.data)) woken_by = listener;
}

void Importer::guess_connection(const Call& call, bool is_new) {
  const FileId listener = threads_[call.tid].woken_by;
  if (survey_.sees_accepts() || !is_new || listener == 0) return;
  trace_model::FdRow row;
  row.t = completed_;
  row.pid = call.pid;
  row.fd = int(call.args[2]);
  row.file = call.files[2];
  row.socket.kind = identities_.known(listener).kind;
  row.socket.state = "established";
  if (!row.socket.kind.empty()) emit(std::move(row), completed_);
}

void Importer::identify(trace_model::CallBody& body, const Descriptions& described) {
  for (size_t i = 0; i < body.spec->args.size(); ++i)
    if (body.spec->args[i].kind == ArgKind::Fd && body.has(int(i)))
      name(body.files[i], body.pid, int(body.args[i]), described.args[i]);
  for (trace_model::PollFd& entry : body.poll_fds) name(entry.file, body.pid, entry.fd, {});
}

// Where the log holds no close, a number may name what was not seen being made. epoll takes no regular file,
// and nobody binds one.
void Importer::forget_opened(const Call& call) {
  const std::string_view called = call.spec->name;
  if (call.error != 0 || survey_.calls.contains("close")) return;
  const bool of_epoll = call.spec->family == CallFamily::Epoll && !call.spec->returns_fd;
  const bool of_socket = called == "bind" || called == "listen" || call.spec->family == CallFamily::Accept;
  if (of_epoll || of_socket) identities_.is_not_opened(tables_[call.pid], int(call.args[0]));
  if (called == "epoll_ctl") identities_.is_not_opened(tables_[call.pid], int(call.args[2]));
}

void Importer::apply(Call& call, const CallText& text, const Descriptions& described) {
  const std::string_view called = call.spec->name;
  forget_opened(call);
  const FdTableId table = tables_[call.pid];
  if (called == "epoll_ctl" && call.error == 0 && call.arg("op") == kAdd) {
    name(call.files[0], call.pid, int(call.args[0]), described.args[0]);
    const bool is_new = name(call.files[2], call.pid, int(call.args[2]), described.args[2]);
    const FileId before = call.files[2];
    call.files[2] = identities_.added(table, call.files[0], int(call.args[2]));
    const uint64_t data = uint64_t(call.arg("data").value_or(0));
    if (identities_.known(call.files[2]).listens) identities_.tells_of(call.files[2], call.files[0], data);
    return guess_connection(call, is_new || before != call.files[2]);
  }
  if (call.error != EBADF) identify(call, described);
  if (call.error != 0) return;
  note_wakeup(call);
  if (called == "epoll_ctl" && call.arg("op") == kDelete)
    identities_.removed(call.files[0], int(call.args[2]));
  if (called == "close") identities_.closed(table, unsigned(call.args[0]), unsigned(call.args[0]));
  if (called == "close_range" && call.arg("flags").value_or(0) == 0)
    identities_.closed(table, unsigned(call.args[0]), unsigned(call.args[1]));
  if (called == "fcntl" && call.arg("op") == kSetfd)
    identities_.set_cloexec(table, int(call.args[0]), call.arg("arg").value_or(0) & 1);
  apply_new(call, text);
  for (size_t i = 0; i < 2; ++i)
    if (call.pair[i] >= 0)
      call.pair_files[i] = identities_.made(table, call.pair[i], makes_cloexec(call), described.pair[i]);
  apply_socket(call);
}

void Importer::apply_new(Call& call, const CallText& text) {
  const bool duplicates = call.spec->family == CallFamily::Dup && call.spec->returns_fd;
  const int64_t op = call.spec->name == "fcntl" ? call.arg("op").value_or(-1) : -1;
  const bool by_fcntl = op == kDupfd || op == kDupfdCloexec;
  if (call.ret < 0 || call.ret > INT32_MAX) return;
  if (duplicates || by_fcntl) {
    call.ret_file = call.files[0];
    identities_.duplicated(tables_[call.pid], int(call.ret), call.ret_file,
                           op == kDupfdCloexec || (duplicates && makes_cloexec(call)));
  } else if (call.spec->returns_fd) {
    call.ret_file = identities_.made(tables_[call.pid], int(call.ret), makes_cloexec(call), text.ret_what);
    identities_.known(call.ret_file).opened = call.spec->family == CallFamily::Open &&
                                              !call.text.starts_with("/dev/") &&
                                              !call.text.starts_with("/proc/");
  }
}

// What a socket is and where it is bound, as far as calls have told so far.
void Importer::apply_socket(Call& call) {
  const std::string_view called = call.spec->name;
  if (called == "socket") {
    Identities::Known& made = identities_.known(call.ret_file);
    made.kind = socket_kind(call.arg("domain").value_or(0), call.arg("type").value_or(0));
    call.socket.emplace();
    call.socket->kind = made.kind;
  }
  if (called == "accept" || called == "accept4") {
    Identities::Known& listener = identities_.known(call.files[0]);
    if (!call.socket) call.socket.emplace();
    call.socket->kind = identities_.known(call.ret_file).kind = listener.kind;
  }
  if (called != "bind" && called != "listen") return;
  Identities::Known& known = identities_.known(call.files[0]);
  if (called == "bind" && names_port(call.text)) known.local = call.text;
  if (called == "bind" && known.kind.empty()) known.kind_if_listening = listener_kind(call.text);
  if (called == "listen") {
    known.listens = true;
    if (known.kind.empty()) known.kind = known.kind_if_listening;
  }
  if (known.local.empty() && known.kind.empty()) return;
  call.socket.emplace();
  call.socket->local = known.local;
  if (called == "listen") call.socket->kind = known.kind;
}

}  // namespace loopscope::exchange::strace
