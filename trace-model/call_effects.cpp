// SPDX-License-Identifier: Apache-2.0
// What a call that returned, or an operation of a ring that completed, did to descriptors, sockets and
// interest lists.
#include <algorithm>

#include "trace-model/call_plans.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

// Values common to x86-64 and arm64 (include/uapi/asm-generic).
constexpr int64_t kCloexec =
    02000000;  // O_, SOCK_, EPOLL_, EFD_, TFD_, SFD_, IN_CLOEXEC are all the same bit
constexpr int64_t kNonblock = 04000;
constexpr int64_t kMfdCloexec = 1;
constexpr int64_t kFdCloexec = 1;
constexpr int64_t kMsgCmsgCloexec = 0x40000000;
constexpr int64_t kUnshareRange = 2, kCloexecRange = 4;
constexpr int64_t kDupfd = 0, kSetfd = 2, kSetfl = 4, kDupfdCloexec = 1030;
constexpr int64_t kFionbio = 0x5421, kFionclex = 0x5450, kFioclex = 0x5451;
constexpr int64_t kShutRead = 0, kShutBoth = 2;
constexpr int64_t kAdd = 1, kDelete = 2, kModify = 3;
constexpr int kEbadf = 9;

using State = Model::State;

struct Context {
  State& state;
  Thread& thread;
  const Call& call;
  const CallPlan& plan;
  Ns t = 0;                              // when it returned
  const ThroughRing* through = nullptr;  // an operation of a ring, not a call

  [[nodiscard]] FdTable& table() const { return *thread.table; }
  [[nodiscard]] int64_t arg(int index) const { return call.args[size_t(index)]; }
  [[nodiscard]] int64_t flags() const {
    return plan.flags >= 0 && call.has(plan.flags) ? arg(plan.flags) : 0;
  }
  [[nodiscard]] bool failed() const { return call.error != 0 || call.ret < 0; }
  // The file behind argument `index`: by the identity recorded, else by the table.
  [[nodiscard]] OpenFile* file(int index) const {
    OpenFile* recorded = state.files.find(call.files[size_t(index)]);
    return recorded ? recorded : table().at(int(arg(index)));
  }
};

// What was known of a file with that id which nothing holds any more was of another file.
OpenFile& made_file(const Context& c, FileId id) {
  OpenFile& file = c.state.files.get(id);
  if (!file.held()) {
    OpenFile made;
    made.id = file.id;
    made.watchers = std::move(file.watchers);
    file = std::move(made);
  }
  return file;
}

FileKind opened_kind(std::string_view name, int64_t flags) {
  constexpr std::pair<std::string_view, FileKind> kKinds[]{
      {"epoll_create", FileKind::Epoll},     {"epoll_create1", FileKind::Epoll},
      {"eventfd", FileKind::Eventfd},        {"eventfd2", FileKind::Eventfd},
      {"timerfd_create", FileKind::Timerfd}, {"signalfd", FileKind::Signalfd},
      {"signalfd4", FileKind::Signalfd},     {"inotify_init", FileKind::Inotify},
      {"inotify_init1", FileKind::Inotify},  {"io_uring_setup", FileKind::IoUring},
      {"pidfd_open", FileKind::Pidfd},       {"memfd_create", FileKind::Memfd}};
  for (const auto& [call, kind] : kKinds)
    if (call == name) return kind;
  static const uint64_t directory = bits_of(symbols::kOpenFlags, "O_DIRECTORY").value_or(0);
  return name.starts_with("open") && (uint64_t(flags) & directory) ? FileKind::Dir : FileKind::Unknown;
}

void install_made(const Context& c, OpenFile& file, bool cloexec) {
  if (c.through && c.through->into)
    c.state.install_slot(c.through->ring, *c.through->into, file, c.t, ListenerOrigin::Inherited);
  else
    c.state.install(c.table(), int(c.call.ret), file, cloexec, c.t, ListenerOrigin::Inherited);
}

// Calls that return a new descriptor and say nothing of a socket.
void opens(const Context& c) {
  if (c.failed()) return;
  const std::string_view name = c.call.name();
  const int64_t flags = c.flags();
  OpenFile& file = makes_file(c.call) ? made_file(c, c.call.ret_file) : c.state.files.get(c.call.ret_file);
  if (const FileKind kind = opened_kind(name, flags); kind != FileKind::Unknown) file.kind = kind;
  bool cloexec = flags & kCloexec;
  if (file.kind == FileKind::Memfd) cloexec = flags & kMfdCloexec;
  // Always close-on-exec: fs/pidfs.c, kernel/pid.c (pidfd_open, pidfd_getfd), io_uring/io_uring.c.
  if (file.kind == FileKind::IoUring || name.starts_with("pidfd_")) cloexec = true;
  if (file.kind == FileKind::IoUring) c.state.process(c.thread.pid, c.t).used_uring = true;
  if (!c.call.text.empty()) file.path = c.call.text;
  if (name != "io_uring_setup" && name != "memfd_create") file.set_nonblock(flags & kNonblock);
  install_made(c, file, cloexec);
}

void new_socket(const Context& c, const OpenFile* listener) {
  OpenFile& file = made_file(c, c.call.ret_file);
  if (c.call.socket) {
    const SocketInfo& info = *c.call.socket;
    if (const FileKind kind = kind_of(info.kind); kind != FileKind::Unknown) file.kind = kind;
    file.local = info.local;
    file.peer = info.peer;
    file.inode = info.inode;
  }
  if (file.kind == FileKind::Unknown)
    file.kind = listener && listener->kind != FileKind::Unknown ? listener->kind : FileKind::Socket;
  file.state = listener ? "established" : "unconnected";
  file.set_nonblock(c.flags() & kNonblock);
  install_made(c, file, c.flags() & kCloexec);
}

void accepts(const Context& c) {
  OpenFile* listener = c.file(0);
  if (listener) {
    if (!listener->listening && !c.failed()) {
      if (c.call.socket) listener->kind = kind_of(c.call.socket->kind);
      c.state.start_listening(*listener, ListenerOrigin::Snapshot, c.t);
    }
    if (c.call.error == 11 /* EAGAIN */ && !c.through) listener->set_nonblock(true);
    Listener* known = c.state.listeners.find(listener->id);
    if (known && c.call.socket) {
      if (c.call.socket->backlog) known->backlog = listener->backlog = c.call.socket->backlog;
      // `queue` was read after this call took one out.
      if (c.call.socket->queue) known->note_queue(*c.call.socket->queue + !c.failed());
      if (c.call.socket->drops) known->note_drops(*(listener->drops = c.call.socket->drops));
    }
    Holder* holder = known ? known->holder_near(c.thread.pid, int(c.arg(0))) : nullptr;
    if (holder && !c.failed()) ++holder->accepts;
    if (!c.through) c.state.accept_returned(c.thread, c.call, *listener);
  }
  if (!c.failed()) new_socket(c, listener);
}

// What PIPE made stands in memory that nobody reads.
void pair(const Context& c) {
  if (c.failed() || c.through) return;
  const bool sockets = c.call.spec->name == "socketpair";
  for (size_t i = 0; i < 2; ++i) {
    OpenFile& file = made_file(c, c.call.pair_files[i]);
    file.kind = sockets ? FileKind::Unix : FileKind::Pipe;
    if (sockets) file.state = "established";
    file.set_nonblock(c.flags() & kNonblock);
    c.state.install(c.table(), c.call.pair[i], file, c.flags() & kCloexec, c.t, ListenerOrigin::Inherited);
  }
}

void names_socket(const Context& c) {
  OpenFile* file = c.file(0);
  if (!file || c.failed()) return;
  if (c.call.socket) file->take(*c.call.socket);
  if (c.plan.effect == Effect::Connect) return;
  if (c.plan.effect == Effect::Bind) {
    file->bind_t = c.call.t;
    if (file->local.empty()) file->local = c.call.text;
    return;
  }
  if (!file->listening) file->listen_t = c.call.t;  // a second listen changes the backlog only
  if (!file->backlog) file->backlog = c.arg(1);
  c.state.start_listening(*file, c.through ? ListenerOrigin::Uring : ListenerOrigin::Bind, c.t);
}

// Shutting down the reading side ends listening (net/ipv4/af_inet.c, inet_shutdown).
void shuts_down(const Context& c) {
  OpenFile* file = c.file(0);
  const bool tcp = file && (file->kind == FileKind::Tcp || file->kind == FileKind::Tcp6);
  if (!c.failed() && tcp && (c.arg(1) == kShutRead || c.arg(1) == kShutBoth))
    c.state.stop_listening(*file, c.t);
}

void epoll_ctl(const Context& c) {
  OpenFile* epoll = c.file(0);
  if (c.failed() || !epoll) return;
  epoll->kind = FileKind::Epoll;
  InterestList& list = c.state.interest.get(epoll->id);
  OpenFile* target = c.file(2);
  const int fd = int(c.arg(2));
  InterestItem* known = target ? list.find(target->id, fd) : list.find_number(fd);
  if (c.arg(1) == kDelete) {
    if (!known) return;
    if (Listener* listener = c.state.listeners.find(known->target->id))
      note_unwatched(*listener, epoll->id, fd, c.t);
    list.remove(known->target->id, fd, c.t, false);
    return;
  }
  if (!target || (c.arg(1) != kAdd && c.arg(1) != kModify)) return;
  if (!c.call.has(3) || !c.call.has(4)) return;  // memory that could not be read
  InterestItem& item = list.add(*target, fd, uint32_t(c.arg(3)), uint64_t(c.arg(4)), c.t);
  if (!known) {
    item.t = c.call.t;
    // A change of what was never seen added: it was there before.
    item.origin = c.arg(1) == kAdd ? Origin::Trace : Origin::Snapshot;
    item.pid = c.thread.pid;
    item.tid = c.thread.tid;
    item.epfd = int(c.arg(0));
    item.ring = c.through ? c.through->ring : 0;
  }
  list.tell(item, c.t);
  if (target->listening) c.state.register_item(item, epoll->id);
}

void duplicate(const Context& c, bool cloexec) {
  if (c.failed()) return;
  const int to = int(c.call.ret);
  OpenFile* file = c.call.ret_file ? &c.state.files.get(c.call.ret_file) : c.file(0);
  if (!file || (to == int(c.arg(0)) && c.table().at(to) == file)) return;  // dup2 of a number to itself
  ListenerOrigin how = ListenerOrigin::Inherited;
  if (Listener* listener = file->listening ? c.state.listeners.find(file->id) : nullptr)
    if (const Holder* source = listener->holder_near(c.thread.pid, int(c.arg(0)))) how = source->origin;
  c.state.install(c.table(), to, *file, cloexec, c.t, how);
}

void set_cloexec(const Context& c, bool on) {
  if (FdEntry* entry = c.table().find(int(c.arg(0))); entry && entry->open) entry->cloexec = on;
}

void fcntl(const Context& c) {
  if (c.failed() || !c.call.has(1)) return;
  const int64_t op = c.arg(1), value = c.call.has(2) ? c.arg(2) : 0;
  if (op == kDupfd || op == kDupfdCloexec) duplicate(c, op == kDupfdCloexec);
  if (op == kSetfd) set_cloexec(c, value & kFdCloexec);
  if (OpenFile* file = op == kSetfl ? c.file(0) : nullptr) file->set_nonblock(value & kNonblock);
}

void ioctl(const Context& c) {
  if (c.failed() || !c.call.has(1)) return;
  const int64_t op = c.arg(1);
  if (op == kFioclex || op == kFionclex) set_cloexec(c, op == kFioclex);
  OpenFile* file = op == kFionbio && c.call.has(2) ? c.file(0) : nullptr;
  if (file) file->set_nonblock(c.arg(2) != 0);
}

// The number is free again whatever close returned, but for EBADF (close(2)). Records are in order of
// completion, so another thread may have been given the number before this record: then its file is not the
// one closed.
void closes(const Context& c) {
  if (c.call.error == kEbadf) return;
  if (c.through && c.through->from) return c.state.remove_slot(c.through->ring, *c.through->from, c.t);
  const int fd = int(c.arg(0));
  const OpenFile* there = c.table().at(fd);
  const FileId closed = c.call.files[0];
  if (!there) return;
  if (closed == 0 || closed == there->id || there->id >= kFirstPrivateFile)
    c.state.remove(c.table(), fd, c.t);
}

void closes_range(const Context& c) {
  if (c.failed()) return;
  if (c.flags() & kUnshareRange) c.state.unshare_for_range(c.thread, c.t);
  const auto first = uint32_t(c.arg(0)), last = uint32_t(c.arg(1));
  FdTable& table = c.table();
  table.for_each([&](int fd, FdEntry& entry) {
    if (uint32_t(fd) < first || uint32_t(fd) > last || entry.confirmed > c.t) return;
    if (c.flags() & kCloexecRange)
      entry.cloexec = true;
    else if (entry.confirmed <=
             c.call.t)  // opened while this call ran: by then it may have passed the number
      c.state.remove(table, fd, c.t);
  });
}

// A ring's registered files are replaced or dropped as a whole. What comes instead is seen when operations
// name it.
void registers(const Context& c) {
  constexpr int64_t kFiles = 2, kUnregisterFiles = 3, kFiles2 = 13, kIndexed = int64_t(1) << 31;
  if (c.failed() || !c.call.has(1)) return;
  const int64_t what = c.arg(1) & ~kIndexed;
  if (what != kFiles && what != kUnregisterFiles && what != kFiles2) return;
  const FileId ring = c.call.files[0];
  const OpenFile* there = ring || names_registered_ring(c.call) ? nullptr : c.table().at(int(c.arg(0)));
  if (ring || there) c.state.remove_slots(ring ? ring : there->id, c.t);
}

void receives(const Context& c) {
  if (c.failed()) return;
  for (const ReceivedFd& received : c.call.rights)
    c.state.install(c.table(), received.fd, c.state.files.get(received.file), c.flags() & kMsgCmsgCloexec,
                    c.t, ListenerOrigin::Inherited);
}

}  // namespace

void State::on(const Call& call) {
  ++calls;
  last_t = call.end();
  last_thread = nullptr;
  last_wait.loop = nullptr;
  if (!call.spec) return;
  const Ns t = call.returned();
  Thread& caller = thread(call.pid, call.tid, call.t);
  confirm_arguments(*caller.table, call, call.t, t);
  take_effect(call, caller, t, nullptr);
  caller.asleep.pending = 0;
  last_thread = &caller;
}

void State::confirm_arguments(FdTable& table, const CallBody& call, Ns started, Ns t) {
  const bool by_index = names_registered_ring(call);
  for (const int8_t index : plan_of(*call.spec).fds)
    if (index >= 0 && call.has(index) && !(by_index && index == 0))
      confirm(table, int(call.args[size_t(index)]), call.files[size_t(index)], started, t);
}

void State::take_effect(const Call& call, Thread& caller, Ns t, const ThroughRing* through) {
  const CallPlan& plan = plan_of(*call.spec);
  const Context c{*this, caller, call, plan, t, through};
  switch (plan.effect) {
    case Effect::None:
      break;
    case Effect::Opens:
      opens(c);
      break;
    case Effect::Accept:
      accepts(c);
      break;
    case Effect::Socket:
      if (!c.failed()) new_socket(c, nullptr);
      break;
    case Effect::Pair:
      pair(c);
      break;
    case Effect::Bind:
    case Effect::Listen:
    case Effect::Connect:
      names_socket(c);
      break;
    case Effect::Shutdown:
      shuts_down(c);
      break;
    case Effect::EpollCtl:
      epoll_ctl(c);
      break;
    case Effect::Wait:
      if (through)
        note_ready(caller, call);
      else
        wait_returned(caller, call, call.spec->wait);
      break;
    case Effect::Duplicate:
      duplicate(c, c.flags() & kCloexec);
      break;
    case Effect::Fcntl:
      fcntl(c);
      break;
    case Effect::Ioctl:
      ioctl(c);
      break;
    case Effect::Close:
      closes(c);
      break;
    case Effect::CloseRange:
      closes_range(c);
      break;
    case Effect::Receive:
      receives(c);
      break;
    case Effect::Restart:
      restart_returned(caller, call);
      break;
    case Effect::Register:
      registers(c);
      break;
  }
}

}  // namespace loopscope::trace_model
