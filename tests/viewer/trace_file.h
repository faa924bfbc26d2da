// SPDX-License-Identifier: Apache-2.0
// Traces for tests of the viewer: written to a file of their own, and loaded as the viewer loads them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "viewer/logic/session.h"

namespace loopscope::viewer {

class TraceOnDisk {
 public:
  explicit TraceOnDisk(const std::string& text)
      : path_(testing::TempDir() + fmt::format("viewer-{}-{}.jsonl", getpid(), ++made_)) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TraceOnDisk() { std::remove(path_.c_str()); }
  TraceOnDisk(const TraceOnDisk&) = delete;
  TraceOnDisk& operator=(const TraceOnDisk&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static inline int made_ = 0;
  std::string path_;
};

inline void load_all(Session& session) {
  while (!session.loaded || !session.loaded->complete) {
    (void)session.take_loaded(1'000'000'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

inline const std::string kHeader =
    R"({"type":"trace","id":1,"format":1,"tool":"loopscope test","started":"2026-11-22T10:00:00.000000000Z","monotonic_ns":1,"kernel":"6.12.0","arch":"x86_64","host_cpus":2,"command":["loopscope"],"target":[7],"calls":["accept4","bind","epoll_ctl","epoll_wait","listen","openat","read","socket","write"],"probes":{"off-CPU":"tp_btf"}})"
    "\n"
    R"({"type":"process","id":2,"t":10,"pid":7,"ppid":1,"fdtable":1,"comm":"server","exe":"/usr/bin/server","cmdline":["server"],"threads":[{"tid":7,"comm":"server"}],"origin":"snapshot"})"
    "\n";

// A server that starts, listens, is woken by a connection, opens balloons.txt, and is asleep when the trace
// ends.
inline std::string small_trace() {
  return kHeader +
         R"({"type":"call","id":10,"t":1000,"dur":500,"tid":7,"call":"socket","args":{"domain":"AF_INET","type":["SOCK_STREAM"],"protocol":0},"files":{"ret":2},"ret":4,"kind":"tcp"}
{"type":"call","id":11,"t":2000,"dur":500,"tid":7,"call":"bind","args":{"sockfd":4,"addr":"127.0.0.1:8080"},"files":{"sockfd":2},"ret":0,"local":"127.0.0.1:8080"}
{"type":"call","id":12,"t":3000,"dur":500,"tid":7,"call":"listen","args":{"sockfd":4,"backlog":128},"files":{"sockfd":2},"ret":0,"local":"127.0.0.1:8080","backlog":128}
{"type":"call","id":13,"t":4000,"dur":500,"tid":7,"call":"epoll_create1","args":{"flags":["EPOLL_CLOEXEC"]},"files":{"ret":3},"ret":5}
{"type":"call","id":14,"t":5000,"dur":500,"tid":7,"call":"epoll_ctl","args":{"epfd":5,"op":"EPOLL_CTL_ADD","fd":4,"events":["EPOLLIN"],"data":"0x4"},"files":{"epfd":3,"fd":2},"ret":0}
{"type":"call","id":15,"t":6000,"dur":1000000,"tid":7,"call":"epoll_wait","args":{"epfd":5,"maxevents":64,"timeout":-1},"files":{"epfd":3},"ret":1,"ready":[{"events":["EPOLLIN"],"data":"0x4","fd":4,"file":2}],"off":{"dur":999000,"state":"S","woken":1000000,"delay":5000,"context":"softirq"}}
{"type":"call","id":16,"t":1010000,"dur":2000,"tid":7,"call":"accept4","args":{"sockfd":4,"flags":["SOCK_CLOEXEC"]},"files":{"sockfd":2,"ret":6},"ret":8,"kind":"tcp","local":"127.0.0.1:8080","peer":"127.0.0.1:5000"}
{"type":"call","id":17,"t":1020000,"dur":2000,"tid":7,"call":"epoll_wait","args":{"epfd":5,"maxevents":64,"timeout":0},"files":{"epfd":3},"ret":0}
{"type":"call","id":18,"t":1030000,"dur":9000,"tid":7,"call":"openat","args":{"dirfd":"AT_FDCWD","pathname":"/srv/balloons.txt","flags":["O_RDONLY"]},"files":{"ret":7},"ret":9}
{"type":"call","id":19,"t":1050000,"dur":2000,"tid":7,"call":"write","args":{"fd":8,"count":100},"files":{"fd":6},"ret":-1,"error":"EPIPE"}
{"type":"pending","id":20,"t":1060000,"seen":301060000,"tid":7,"call":"epoll_wait","args":{"epfd":5,"maxevents":64,"timeout":-1},"files":{"epfd":3}}
{"type":"end","id":21,"t":400000000,"events":10,"lost":0,"reason":"duration"}
)";
}

}  // namespace loopscope::viewer
