// SPDX-License-Identifier: Apache-2.0
// A server that is traced while it serves: for tests of requests.
#pragma once

#include "tests/trace-model/model/ring_maker.h"
#include "trace-model/analysis/requests.h"

namespace loopscope::trace_model {

inline constexpr Ns kMs = 1'000'000;
inline constexpr int kEagain = 11;

struct Kept {
  Requests requests;
  explicit Kept(Analysis& analysis, const RequestOptions& options = {}) : requests(analysis, options) {
    analysis.add(requests);
  }
};

// A server on listener 6 (file 2), loop on epoll 5. Connections are put under numbers and files of their own.
class Served : public testing::Test, protected RingMaker {
 protected:
  Kept kept{analysis};
  Requests& requests = kept.requests;

  Served() { begin(); }
  void begin(bool scheduled = true) {
    TraceHeader header;
    header.id = ++id;
    header.arch = "x86_64";
    header.calls = {"accept", "accept4", "epoll_pwait", "epoll_wait", "poll", "ppoll", "pselect6", "select"};
    if (scheduled) header.probes["off-CPU"] = "sched_switch, sched_waking";
    apply(header);
    process(kServer, 1);
    listener_row(6, 2, "0.0.0.0:8080");
    fd(5, 1, "epoll");
    watch_row(5, 1, 6, 2, 6);
    snapshot_end(0, {kServer});
  }
  void watch(int number, FileId file) {
    Call made = call("epoll_ctl", {{"epfd", 5}, {"op", kCtlAdd}, {"fd", number}});
    made.set(3, kEpollIn);
    made.set(4, number);
    identify(made, "epfd", 1);
    identify(made, "fd", file);
    apply(made);
  }
  void connect(int number, FileId file) {
    accept(6, number, file);
    watch(number, file);
  }
  // A sleep of `dur` from which the loop is woken 5 µs before it returns.
  Call sleep(std::vector<uint64_t> data, Ns dur = kMs) {
    Call made = call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}}, int64_t(data.size()));
    identify(made, "epfd", 1);
    made.dur = dur;
    made.off = off('S', dur - 7000, made.t + dur - 5000, 3000);
    for (const uint64_t each : data) made.ready.push_back({kEpollIn, each, -1, 0, {}});
    apply(made);
    return made;
  }
  static Off off(char state, Ns dur, Ns woken, Ns delay) {
    Off made;
    made.state = state;
    made.dur = dur;
    made.woken = woken;
    made.delay = delay;
    return made;
  }
  Call io(std::string_view name, int number, FileId file, int64_t ret) {
    const bool socket_call = name.starts_with("recv") || name.starts_with("send");
    Call made = call(name, {{socket_call ? "sockfd" : "fd", number}}, ret);
    made.files[0] = file;
    return made;
  }
  RecordId read(int number, FileId file, int64_t ret = 100) {
    const Call made = io("read", number, file, ret);
    apply(made);
    return made.id;
  }
  RecordId write(int number, FileId file, int64_t ret = 200) {
    const Call made = io("write", number, file, ret);
    apply(made);
    return made.id;
  }
  void finish() {
    analysis.finish();
    requests.finish();
  }
  RequestFigures& figures() {
    EXPECT_FALSE(requests.figures().empty());
    static RequestFigures none;
    return requests.figures().empty() ? none : *requests.figures().front();
  }
  const Request& only() {
    EXPECT_EQ(figures().slowest.size(), 1U);
    static Request none;
    return figures().slowest.empty() ? none : figures().slowest.front();
  }
};

}  // namespace loopscope::trace_model
