// SPDX-License-Identifier: Apache-2.0
// A server under observation, and what is found in what it does. Of its descriptors, 4 is the listener (file
// 2), 5 the epoll instance (file 1), and 10 and up are connections (file = number).
#pragma once

#include <memory>

#include "trace-model/findings/findings.h"
#include "trace_maker.h"

namespace loopscope::trace_model {

inline constexpr Ns kMs = 1'000'000;

class FindingsMaker : public TraceMaker {
 public:
  explicit FindingsMaker(Thresholds thresholds = {}, bool io = true, bool scheduled = true)
      : findings_(analysis, thresholds) {
    TraceHeader header;
    header.id = ++id;
    header.io = io;
    for (const CallSpec& spec : all_calls()) header.calls.emplace_back(spec.name);
    if (scheduled) header.probes["off-CPU"] = "tp_btf";
    apply(Event(header));
    process(kServer, 1);
    listener_row(4, 2);
    fd(5, 1, "epoll");
  }

  void watched(int number, FileId file, uint32_t events) {
    watch_row(5, 1, number, file, uint64_t(number), events);
  }
  void connection(int number, uint32_t events = kEpollIn) {
    fd(number, FileId(number), "tcp");
    watched(number, FileId(number), events);
  }
  // epoll_wait slept for 10 ms, then returned these numbers.
  Call woken(std::vector<std::pair<uint32_t, uint64_t>> returned, Ns slept = 10 * kMs, int64_t timeout = -1) {
    Call made =
        call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", timeout}}, int64_t(returned.size()));
    made.files[0] = 1;
    made.dur = slept;
    made.off = Off{slept, 1, 'S', time_after(made.t, slept), 0, WakeContext::Unknown, 0, 0, {}};
    for (const auto& [events, data] : returned) made.ready.push_back({events, data, -1, 0, {}});
    return finish_wait(made);
  }
  // It did not sleep.
  Call looked(std::vector<std::pair<uint32_t, uint64_t>> returned = {}, Ns after = 1'000) {
    Call made =
        call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", 0}}, int64_t(returned.size()));
    made.t = now = now - kMs + after;
    made.files[0] = 1;
    for (const auto& [events, data] : returned) made.ready.push_back({events, data, -1, 0, {}});
    return finish_wait(made);
  }
  void read(int number, int64_t asked, int64_t ret) {
    Call made = call("read", {{"fd", number}, {"count", asked}}, ret);
    made.files[0] = FileId(number);
    apply(made);
  }
  void write(int number) {
    Call made = call("write", {{"fd", number}, {"count", 10}}, 10);
    made.files[0] = FileId(number);
    apply(made);
  }
  void accepts(int64_t ret, FileId file = 0, int64_t queue = 0) {
    Call made = call("accept4", {{"sockfd", 4}, {"flags", 0}}, ret);
    made.files[0] = 2;
    made.ret_file = file;
    made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8080", "127.0.0.1:50000", 128, queue, 0};
    apply(made);
  }

  RecordId queue(FileId file, int64_t waiting, int64_t backlog, int64_t drops) {
    QueueRow row;
    row.id = ++id;
    row.t = now += kMs;
    row.file = file;
    row.queue = waiting, row.backlog = backlog, row.drops = drops;
    apply(Event(row));
    return row.id;
  }

  // To be called once, at the end.
  Report report() {
    analysis.finish();
    Report made = make_report(analysis.model());
    add_findings(made, findings_, "a trace.jsonl");
    return made;
  }
  std::vector<Finding> found(std::string_view kind) {
    std::vector<Finding> of = report().findings;
    std::erase_if(of, [&](const Finding& each) { return each.kind != kind; });
    return of;
  }

 private:
  Findings findings_;
};

}  // namespace loopscope::trace_model
