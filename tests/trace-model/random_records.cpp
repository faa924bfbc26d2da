// SPDX-License-Identifier: Apache-2.0
#include "tests/trace-model/random_records.h"

namespace loopscope::trace_model {

std::string RandomRecords::bytes() {
  static constexpr std::string_view kPieces[]{"/srv/app",
                                              "balloons.py",
                                              "z\xC3\xBCrich",
                                              "\xF0\x9F\x8E\x88",
                                              "\"",
                                              "\\",
                                              "\n\t\r",
                                              "\x01\x1F",
                                              "\x7F",
                                              "\xFF",
                                              "\xC3",
                                              "\xED\xA0\x80",
                                              "\xE2\x80\xA8",
                                              "unix:@a",
                                              "x",
                                              "/",
                                              "\xC0\x80",
                                              "<>&'",
                                              "{}[],:"};
  std::string text;
  for (uint64_t n = any() % 6; n > 0; --n) text += kPieces[random_() % std::size(kPieces)];
  if (random_() % 8 == 0) text += '\0';
  return text;
}

std::vector<std::string> RandomRecords::texts() {
  std::vector<std::string> all(any() % 4);
  for (std::string& text : all) text = bytes();
  return all;
}

std::vector<int> RandomRecords::fds() {
  std::vector<int> all(any() % 5);
  for (int& each : all) each = fd();
  return all;
}

uint64_t RandomRecords::bits(const SymbolTable& table) {
  uint64_t all = table.choices.empty() ? 0 : table.choices[random_() % table.choices.size()].bits;
  for (const Symbol& flag : table.flags)
    if (random_() % 4 == 0) all |= flag.bits;
  if (random_() % 4 == 0) all |= uint64_t{1} << (random_() % 64);
  return all;
}

SocketInfo RandomRecords::socket(bool row) {
  SocketInfo socket;
  socket.kind = coin() ? "tcp" : "unix";
  if (row && coin()) socket.state = "listen";
  if (row && coin()) socket.sock_type = "SOCK_STREAM";
  if (coin()) socket.local = "unix:/" + bytes();
  if (coin()) socket.peer = "[::1]:8080" + bytes();
  if (coin()) socket.backlog = int64_t(any());
  if (coin()) socket.queue = 0;
  if (coin()) socket.drops = int64_t(small());
  socket.inode = any();
  return socket;
}

void RandomRecords::fill_argument(CallBody& call, size_t index, size_t& fd_set) {
  const ArgSpec& arg = call.spec->args[index];
  call.present |= uint8_t(1u << index);
  switch (arg.kind) {
    case ArgKind::Int:
      call.args[index] = time();
      break;
    case ArgKind::Uint:
    case ArgKind::Octal:
    case ArgKind::Opaque:
      call.args[index] = int64_t(any());
      break;
    case ArgKind::DirFd:
      call.args[index] = coin() ? -100 : fd();
      break;
    case ArgKind::Fd:
      call.args[index] = fd();
      break;
    case ArgKind::Flags:
    case ArgKind::Choice:
      call.args[index] = int64_t(bits(*arg.symbols));
      break;
    case ArgKind::Ns:
      call.args[index] = coin() ? -1 : time();
      break;
    case ArgKind::Path:
    case ArgKind::Address:
      call.text = bytes();
      call.text_cut = coin();
      break;
    case ArgKind::FdPair:
      call.pair = {fd(), fd()};
      call.pair_files = {file(), coin() ? file() : 0};
      break;
    case ArgKind::PollFds:
      for (const int each : fds())
        call.poll_fds.push_back({each, uint32_t(bits(symbols::kPollEvents)), coin() ? file() : 0});
      break;
    case ArgKind::FdSet:
      call.fd_sets[fd_set++] = fds();
      break;
  }
  if (arg.kind == ArgKind::Fd || arg.kind == ArgKind::DirFd) call.files[index] = coin() ? file() : 0;
}

void RandomRecords::fill(CallBody& call, const CallSpec& spec) {
  call.spec = &spec;
  call.tid = pid();
  call.pid = coin() ? call.tid : pid();
  size_t fd_set = 0;
  for (size_t i = 0; i < spec.args.size(); ++i) {
    if (random_() % 8) {
      fill_argument(call, i, fd_set);
      continue;
    }
    call.unreadable |= uint8_t(1u << i);
    fd_set += spec.args[i].kind == ArgKind::FdSet;
  }
  if (spec.name == "restart_syscall") call.continues = "poll";
  if (spec.name == "epoll_ctl" && call.arg("op") == 2)  // EPOLL_CTL_DEL has no event, epoll_ctl(2)
    for (const std::string_view name : {"events", "data"})
      call.present &= uint8_t(~(1u << arg_index(spec, name)));
}

ReadyEntry RandomRecords::ready_entry(bool epoll) {
  ReadyEntry entry{.events = uint32_t(bits(epoll ? symbols::kEpollEvents : symbols::kPollEvents)),
                   .data = epoll ? any() : 0,
                   .fd = -1,
                   .file = 0,
                   .candidates = {}};
  if (coin())
    entry.candidates = {fd(), fd()};
  else if (coin())
    entry.fd = fd(), entry.file = file();
  return entry;
}

void RandomRecords::fill_result(Call& call) {
  if (coin()) {
    call.ret = -1;
    call.error = int(1 + any() % 600);
  } else {
    call.ret = time();
    call.ret_file = coin() ? file() : 0;
  }
  const bool epoll = call.spec->wait == WaitKind::Epoll;
  for (uint64_t n = any() % 4; n > 0; --n) call.ready.push_back(ready_entry(epoll));
  if (coin()) call.ready_total = uint32_t(call.ready.size() + 1 + any() % 100);
  if (coin()) call.socket = socket(false);
  for (uint64_t n = any() % 3; n > 0; --n) call.rights.push_back({fd(), file()});
  if (!call.rights.empty() && coin()) call.rights_total = 253;
  if (coin()) call.off = off();
  if (coin()) call.peek = bytes();
}

Call RandomRecords::call(const CallSpec& spec) {
  Call call;
  fill(call, spec);
  fill_result(call);
  call.id = 1 + any();
  call.t = time() / 2;
  call.dur = time() / 2;
  call.late = coin() ? 0 : int64_t(any() >> 1);
  call.pending = coin() ? 0 : any();
  call.start_known = coin();
  call.uncertain = coin();
  call.killed = call.error > 0 && coin();
  return call;
}

Pending RandomRecords::pending(const CallSpec& spec) {
  Pending pending;
  fill(pending, spec);
  pending.id = 1 + any();
  pending.t = time();
  pending.seen = time();
  pending.start_known = coin();
  pending.origin = coin() ? Origin::Trace : origin();
  return pending;
}

Off RandomRecords::off() {
  Off made;
  made.dur = time();
  made.intervals = 1 + uint32_t(any() % 9);
  made.state = "SDTtRX"[any() % 6];
  if (coin()) return made;
  made.woken = time();
  made.delay = time();
  made.context = WakeContext(any() % 5);
  if (coin()) return made;
  made.by_pid = pid();
  made.by_tid = coin() ? made.by_pid : pid();
  made.by_comm = bytes();
  return made;
}

Event RandomRecords::record(size_t kind) {
  const RecordId id = 1 + any();
  const Pid tid = pid(), who = coin() ? tid : pid();
  switch (kind) {
    case kind_of_record<TraceHeader>(): {
      TraceHeader header{.id = id,
                         .tool = "loopscope 0.1.0",
                         .started = "2026-11-22T10:00:00Z",
                         .kernel = "6.12.0",
                         .arch = "x86_64",
                         .monotonic_ns = int64_t(any() >> 1),
                         .host_cpus = 2,
                         .command = texts(),
                         .target = {pid(), pid()},
                         .calls = {"accept", "accept4"},
                         .io = coin(),
                         .probes = {{"calls", "tp_btf"}, {"off-cpu", "off: \"why\""}},
                         .last_s = {}};
      if (coin()) header.last_s = double(any() % 1000) / 8;
      return header;
    }
    case kind_of_record<ProcessRow>():
      return ProcessRow{.id = id,
                        .t = time(),
                        .pid = who,
                        .ppid = int(any() % 100),
                        .nspid = coin() ? 0 : who + 1,
                        .fdtable = file(),
                        .comm = bytes(),
                        .exe = bytes(),
                        .cmdline = texts(),
                        .threads = {{tid, bytes()}, {pid(), ""}},
                        .netns = any(),
                        .pidns = any(),
                        .origin = origin()};
    case kind_of_record<FdRow>():
      return FdRow{.id = id,
                   .t = time(),
                   .pid = who,
                   .fd = fd(),
                   .file = file(),
                   .fdtable = coin() ? 0 : file(),
                   .socket = socket(true),
                   .path = bytes(),
                   .cloexec = coin(),
                   .nonblock = coin(),
                   .origin = origin()};
    case kind_of_record<WatchRow>():
      return WatchRow{.id = id,
                      .t = time(),
                      .pid = who,
                      .epfd = fd(),
                      .file = file(),
                      .fd = fd(),
                      .target = file(),
                      .events = uint32_t(bits(symbols::kEpollEvents)),
                      .data = any(),
                      .target_closed = coin(),
                      .origin = origin()};
    case kind_of_record<RingRow>():
      return ring();
    case kind_of_record<Sqe>():
      return sqe(uint8_t(any()));
    case kind_of_record<Cqe>():
      return cqe();
    case kind_of_record<CpuRow>():
      return CpuRow{.id = id, .t = time(), .pid = who, .threads = {{tid, bytes(), time()}, {pid(), "", 0}}};
    case kind_of_record<OffRow>():
      return OffRow{.id = id, .t = time(), .pid = who, .tid = tid, .off = off()};
    case kind_of_record<QueueRow>():
      return QueueRow{.id = id,
                      .t = time(),
                      .file = 1 + FileId(small()),
                      .queue = int64_t(small()),
                      .backlog = int64_t(small()),
                      .drops = int64_t(small())};
    case kind_of_record<SnapshotEnd>():
      return SnapshotEnd{.id = id,
                         .t = time(),
                         .since = time(),
                         .pids = {who, tid},
                         .origin = origin(),
                         .incomplete = bytes()};
    case kind_of_record<Fork>():
      return Fork{.id = id,
                  .t = time(),
                  .pid = who,
                  .tid = tid,
                  .child = who,
                  .child_tid = pid(),
                  .nspid = coin() ? 0 : who + 1,
                  .fdtable = file(),
                  .flags = bits(symbols::kCloneFlags)};
    case kind_of_record<Exec>():
      return Exec{.id = id,
                  .t = time(),
                  .pid = who,
                  .tid = tid,
                  .old_tid = coin() ? 0 : pid(),
                  .exe = bytes(),
                  .fdtable = file()};
    case kind_of_record<Unshare>():
      return Unshare{
          .id = id, .t = time(), .pid = who, .tid = tid, .fdtable = 1 + file() / 2, .from = file()};
    case kind_of_record<Exit>(): {
      Exit exit{.id = id,
                .t = time(),
                .pid = who,
                .tid = tid,
                .code = 0,
                .signal = 0,
                .last = coin(),
                .cpu_ns = {}};
      if (coin()) exit.cpu_ns = time();
      (coin() ? exit.code : exit.signal) = int(any() % 64);
      return exit;
    }
    case kind_of_record<Lost>():
      return Lost{.id = id, .t = time(), .until = time(), .count = any(), .loss_class = LossClass(any() % 5)};
    case kind_of_record<End>():
      return End{.id = id,
                 .t = time(),
                 .events = any(),
                 .lost = any(),
                 .reason = "error",
                 .error = bytes(),
                 .skipped = {{"32-bit calls", any()}, {"a \"quote\"", 1}}};
    default:
      return Unknown{.id = id, .type = "note"};
  }
}

}  // namespace loopscope::trace_model
