// SPDX-License-Identifier: Apache-2.0
// Level-triggered readiness that nobody takes: epoll returns a descriptor again and again, at once, and no
// call, operation of a ring or change of the registration concerns it in between, whoever makes it. Three
// mistakes look like this: something is ignored, EPOLLOUT is left registered with nothing to send, and the
// number was closed while the file lives on. And EPOLLONESHOT registrations that fired and were left alone.
//
// Edge-triggered registrations are left out: wakers of mio, asio and others are never read, and right so.
#pragma once

#include <array>

#include "trace-model/findings/detector.h"

namespace loopscope::trace_model {

class Readiness : public Detector {
 public:
  using Detector::Detector;
  void on_call(const Call& call, const Thread& thread) override;
  void on_event(const Event& event) override;
  void on_cqe(const Cqe& cqe) override;
  void report(const Report& report, std::vector<Finding>& findings) const override;

 private:
  enum class Kind : uint8_t { Ignored, Writable, Closed };

  struct Result {
    Kind kind = Kind::Ignored;
    Pid pid = 0, tid = 0;
    int fd = -1;
    FileId file = 0, instance = 0;
    Ns first_t = 0, last_t = 0;
    uint64_t count = 0;
    std::vector<RecordId> evidence;
  };
  // Returns of one file by one instance since it was last touched.
  struct Streak {
    FileId instance = 0;
    uint32_t count = 0;
    bool writable = false, closed = false;
    RecordId first = 0;
    Ns first_t = 0;
    uint32_t result = 0;  // 1 + its place in results_
  };
  struct Returned {
    std::array<Streak, 4> streaks;
  };

  void returned(const Call& call, const Thread& thread, const ReadyEntry& entry, FileId instance);
  void touch(FileId file);
  void count(const Call& call, const Thread& thread, const ReadyEntry& entry, Streak& streak, Kind kind);
  void forget_closed();
  [[nodiscard]] Finding finding(const Result& result) const;
  void add_oneshots(std::vector<Finding>& findings) const;

  FlatMap<Returned> returned_;  // by file
  size_t room_ = 1024;
  std::vector<Result> results_;
};

}  // namespace loopscope::trace_model
