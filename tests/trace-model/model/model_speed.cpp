// SPDX-License-Identifier: Apache-2.0
// What the model costs a recorder per call: `model_speed` prints nanoseconds for joining and applying the
// calls that make up most of a busy server's trace. Not a test: time depends on the machine.
#include <cstdio>
#include <ctime>
#include <vector>

#include "trace-model/model.h"

namespace {

using namespace loopscope::trace_model;
constexpr int kConnections = 1000, kRounds = 2'000'000;

Call call_of(std::string_view name, int fd, FileId file) {
  Call call;
  call.spec = find_call(name);
  call.pid = call.tid = 100;
  call.dur = 100;
  call.set(0, fd);
  call.files[0] = file;
  return call;
}

void prepare(Model& model) {
  Call create = call_of("epoll_create1", 0, 0);
  create.ret = 4;
  create.ret_file = 1;
  model.apply(create);
  for (int i = 0; i < kConnections; ++i) {
    Call socket = call_of("socket", 2, 0);
    socket.ret = 10 + i;
    socket.ret_file = FileId(10 + i);
    model.apply(socket);
    Call add = call_of("epoll_ctl", 4, 1);
    add.set(1, 1);
    add.set(2, 10 + i);
    add.files[2] = FileId(10 + i);
    add.set(3, 1);
    add.set(4, 0x7f0000000000 + i * 232);
    model.apply(add);
  }
}

// Of this process, so that what else runs on the machine counts little.
double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e9 + double(now.tv_nsec);
}

template <typename Step>
void measure(const char* what, Step&& step) {
  Ns t = 1'000'000;
  const double start = cpu_ns();
  for (int i = 0; i < kRounds; ++i) step(i, t += 1000);
  std::printf("%-40s %6.1f ns\n", what, (cpu_ns() - start) / kRounds);
}

}  // namespace

int main() {
  Model model;
  prepare(model);
  Call read = call_of("read", 0, 0);
  read.set(1, 4096);
  measure("read", [&](int i, Ns t) {
    read.t = t;
    read.args[0] = 10 + i % kConnections;
    read.files[0] = FileId(10 + i % kConnections);
    model.apply(read);
  });
  for (const int count : {1, 16}) {
    Call wait = call_of("epoll_wait", 4, 1);
    wait.set(2, -1);
    wait.ready.resize(size_t(count));
    wait.ret = count;
    measure(count == 1 ? "epoll_wait, 1 ready, join and apply" : "epoll_wait, 16 ready, join and apply",
            [&](int i, Ns t) {
              wait.t = t;
              for (int k = 0; k < count; ++k)
                wait.ready[size_t(k)] = {
                    1, uint64_t(0x7f0000000000 + (i + k) % kConnections * 232), -1, 0, {}};
              model.join(wait);
              model.apply(wait);
            });
  }
  Call accept = call_of("accept4", 5, 9), close = call_of("close", 5000, 0);
  accept.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8080", "127.0.0.1:50000", 128, 0, 77};
  accept.ret = 5000;
  measure("accept4 and close", [&](int i, Ns t) {
    accept.t = t;
    accept.ret_file = close.files[0] = FileId(10'000 + i);
    model.apply(accept);
    close.t = t + 500;
    model.apply(close);
  });
}
