// SPDX-License-Identifier: Apache-2.0
// Makes records the way a recorder would and applies them to a model. Every call gets the next millisecond
// and lasts 1 µs unless told otherwise; identities are given by the test.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "trace-model/analysis/analysis.h"
#include "trace-model/model.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {

inline constexpr Pid kServer = 100;
inline constexpr uint32_t kEpollIn = 1, kEpollOut = 4, kEpollHup = 0x10;
inline constexpr uint32_t kEpollExclusive = 1u << 28, kEpollOneshot = 1u << 30, kEpollEt = 1u << 31;
inline constexpr int64_t kCtlAdd = 1, kCtlDel = 2, kCtlMod = 3;
inline constexpr int64_t kCloexecFlag = 02000000, kNonblockFlag = 04000;

class TraceMaker {
 public:
  Analysis analysis;
  const Model& model = analysis.model();
  Ns now = 0;
  Pid pid = kServer, tid = 0;  // who calls; tid 0: the leader
  RecordId id = 0;

  Call call(std::string_view name, std::vector<std::pair<std::string_view, int64_t>> args, int64_t ret = 0) {
    Call made;
    made.id = ++id;
    made.t = now += 1'000'000;
    made.dur = 1000;
    made.pid = pid;
    made.tid = tid ? tid : pid;
    made.spec = find_call(name);
    EXPECT_NE(made.spec, nullptr) << name;
    for (const auto& [arg, value] : args) {
      const int index = arg_index(*made.spec, arg);
      EXPECT_GE(index, 0) << name << " has no " << arg;
      made.set(index, value);
    }
    made.ret = ret;
    if (ret < 0) {
      made.error = int(-ret);
      made.ret = -1;
    }
    return made;
  }
  static void identify(Call& made, std::string_view arg, FileId file) {
    made.files[size_t(arg_index(*made.spec, arg))] = file;
  }
  void apply(Event event) { analysis.apply(event); }
  void apply(Call made) {
    analysis.apply(made);
    now = std::max(now, made.end());
  }

  void process(Pid which, FdTableId table, Origin origin = Origin::Snapshot) {
    ProcessRow row;
    row.id = ++id;
    row.t = now += 1000;
    row.pid = which;
    row.ppid = 1;
    row.fdtable = table;
    row.comm = "server";
    row.origin = origin;
    row.threads = {{which, "server"}};
    apply(row);
  }
  FdRow fd_row(int fd, FileId file, std::string kind, Origin origin = Origin::Snapshot) {
    FdRow row;
    row.id = ++id;
    row.t = now += 1000;
    row.pid = pid;
    row.fd = fd;
    row.file = file;
    row.socket.kind = std::move(kind);
    row.origin = origin;
    return row;
  }
  void fd(int number, FileId file, std::string kind, Origin origin = Origin::Snapshot) {
    apply(fd_row(number, file, std::move(kind), origin));
  }
  void listener_row(int number, FileId file, std::string local = "0.0.0.0:8079",
                    Origin origin = Origin::Snapshot) {
    FdRow row = fd_row(number, file, "tcp", origin);
    row.socket.state = "listen";
    row.socket.local = std::move(local);
    row.socket.backlog = 128;
    row.socket.inode = 41000 + file;
    row.nonblock = true;
    apply(row);
  }
  void watch_row(int epfd, FileId instance, int number, FileId target, uint64_t data,
                 uint32_t events = kEpollIn) {
    WatchRow row;
    row.id = ++id;
    row.t = now += 1000;
    row.pid = pid;
    row.epfd = epfd;
    row.file = instance;
    row.fd = number;
    row.target = target;
    row.events = events;
    row.data = data;
    row.origin = Origin::Snapshot;
    apply(row);
  }
  void snapshot_end(Ns since, std::vector<Pid> pids, Origin origin = Origin::Snapshot) {
    SnapshotEnd end;
    end.id = ++id;
    end.t = now += 1000;
    end.since = since;
    end.pids = std::move(pids);
    end.origin = origin;
    apply(end);
  }

  void socket(int number, FileId file, int64_t type = 1) {
    Call made = call("socket", {{"domain", 2}, {"type", type}, {"protocol", 0}}, number);
    made.ret_file = file;
    made.socket = SocketInfo{"tcp", "unconnected", "", "", "", {}, {}, 41000 + file};
    apply(made);
  }
  void bind(int number, std::string address) {
    Call made = call("bind", {{"sockfd", number}});
    made.text = address;
    made.socket = SocketInfo{"tcp", "", "", std::move(address), "", {}, {}, 0};
    apply(made);
  }
  void listen(int number, int64_t backlog = 128) {
    Call made = call("listen", {{"sockfd", number}, {"backlog", backlog}});
    made.socket = SocketInfo{"tcp", "listen", "", "", "", backlog, 0, 0};
    apply(made);
  }
  // socket, bind and listen in one, as a server starts.
  void listening_socket(int number, FileId file, std::string address = "127.0.0.1:8080") {
    socket(number, file, 1 | kNonblockFlag);
    bind(number, std::move(address));
    listen(number);
  }
  void epoll_create(int number, FileId file, bool cloexec = false) {
    Call made = call("epoll_create1", {{"flags", cloexec ? kCloexecFlag : 0}}, number);
    made.ret_file = file;
    apply(made);
  }
  void epoll_ctl(int epfd, int64_t op, int number, uint32_t events = kEpollIn, uint64_t data = 0,
                 int64_t ret = 0) {
    Call made = call("epoll_ctl", {{"epfd", epfd}, {"op", op}, {"fd", number}}, ret);
    if (op != kCtlDel) {
      made.set(3, events);
      made.set(4, int64_t(data));
    }
    apply(made);
  }
  void close(int number, FileId file = 0) {
    Call made = call("close", {{"fd", number}});
    made.files[0] = file;
    apply(made);
  }
  void dup(int from, int to, FileId file) {
    Call made = call("dup", {{"oldfd", from}}, to);
    made.ret_file = file;
    apply(made);
  }
  void accept(int listener, int number, FileId file) {
    Call made = call("accept4", {{"sockfd", listener}, {"flags", kNonblockFlag}}, number);
    made.ret_file = file;
    made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8080", "127.0.0.1:50000", 128, 0, 0};
    apply(made);
  }
  // An epoll_wait that returned these, joined as a recorder would, then applied.
  Call wait(int epfd, std::vector<std::pair<uint32_t, uint64_t>> returned, int64_t timeout = -1) {
    Call made = call("epoll_wait", {{"epfd", epfd}, {"maxevents", 64}, {"timeout", timeout}},
                     int64_t(returned.size()));
    for (const auto& [events, data] : returned) made.ready.push_back({events, data, -1, 0, {}});
    return finish_wait(std::move(made));
  }
  Call finish_wait(Call made) {
    model.join(made);
    apply(made);
    return made;
  }
  Fork fork(Pid child, FdTableId table, uint64_t flags = 17) {
    Fork made;
    made.id = ++id;
    made.t = now += 1000;
    made.pid = pid;
    made.tid = tid ? tid : pid;
    made.child = made.child_tid = child;
    made.fdtable = table;
    made.flags = flags;
    apply(made);
    return made;
  }
  void exec(FdTableId table) {
    Exec made;
    made.id = ++id;
    made.t = now += 1000;
    made.pid = made.tid = pid;
    made.exe = "/usr/bin/next";
    made.fdtable = table;
    apply(made);
  }
  void exit(Pid which) {
    Exit made;
    made.id = ++id;
    made.t = now += 1000;
    made.pid = made.tid = which;
    made.last = true;
    apply(made);
  }
  void lost(LossClass loss_class, uint64_t count = 17) {
    Lost made;
    made.id = ++id;
    made.t = now;
    made.until = now += 1000;
    made.count = count;
    made.loss_class = loss_class;
    apply(made);
  }

  // What the model knows.
  [[nodiscard]] const Model::State& state() const { return model.state(); }
  [[nodiscard]] FileId file_at(Pid which, int number) const {
    const Process* found = state().processes.find(which);
    const OpenFile* file = found && found->table ? found->table->at(number) : nullptr;
    return file ? file->id : 0;
  }
  [[nodiscard]] size_t interest_size(FileId instance) const {
    const InterestList* list = state().interest.find(instance);
    return list ? list->size() : 0;
  }
  [[nodiscard]] const Holder* holder(Pid which, int number) const {
    const Holder* found = nullptr;
    state().listeners.for_each([&](const Listener& listener) {
      for (const Holder& each : listener.holders)
        if (each.pid == which && each.fd == number && (!found || !each.closed_t)) found = &each;
    });
    return found;
  }
};

}  // namespace loopscope::trace_model
