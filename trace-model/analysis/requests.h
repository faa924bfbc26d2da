// SPDX-License-Identifier: Apache-2.0
// Requests: what happens on an accepted connection from readable to answered.
//
// The rule (kRequestRule): a request begins with the first read that returns bytes on a connection after it
// was accepted, or after something was written on it; it ends with the last write before the next such read,
// or before the connection is closed. So what a client sends before it has its answer (pipelining) is one
// exchange with what it sent first, and an answer that is never over (a stream) lasts until it is. With
// `request_bytes`, for protocols whose requests all have the same size, an exchange counts once for each so
// many bytes read in it.
//
// It was ready when the thread whose wait named the connection was made runnable, or, where that thread did
// not sleep or the scheduler was not recorded, when that wait returned. Where no wait named it: when a read
// that slept was woken; or when the connection was accepted; else when it was read. Through io_uring: when
// the kernel saw the data come, else when the completion was posted.
//
//   latency == queue + service          ready → first read → last write
//   service == running + runnable + blocked + elsewhere
//
// The first three are those of the threads that served it, from one of their calls on this connection to the
// next thing they did; `elsewhere` is the rest: other connections of the same batch, later wake-ups, other
// threads, and all of it for what goes through rings, where that is not visible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/analysis/analysis.h"
#include "trace-model/analysis/request_parts.h"
#include "trace-model/duration_histogram.h"

namespace loopscope::trace_model {

inline constexpr std::string_view kRequestRule =
    "a request begins with the first read that returns bytes on a connection after it was accepted or "
    "written to, and ends with the last write before the next such read or the close; pipelined requests are "
    "one exchange";

inline constexpr size_t kSlowestRequests = 16, kMaxRequestFiles = 8, kMaxRequestThreads = 8;

struct RequestOptions {
  uint64_t request_bytes = 0;  // 0: by the rule alone
  RecordId wanted = 0;         // keep the request this record belongs to: Requests::found()
  bool parts = false;          // figures of equal parts of the time served: Requests::parts()
};

struct ConnectedTo {
  RecordId call = 0;
  Ns t = 0;
  std::string address;
  int error = 0;  // EINPROGRESS among them, which is none
};

// Between two things that its threads did for it.
struct Away {
  Ns t = 0, dur = 0;  // dur 0: never
  Pid from_tid = 0, to_tid = 0;
};

// Where the time between first read and last write went, as far as it can be told.
struct RequestTime {
  Ns attended = 0;  // by its threads, the next two included
  Ns runnable = 0, blocked = 0;
  Stretch longest_block;  // dur 0: none
  Away longest_away;

  void clear();
};

// What of a request is numbers alone.
struct RequestFacts {
  RecordId id = 0;  // of its first read, a call or a completion: it names the request
  FileId file = 0;  // the connection
  int fd = -1;
  FileId listener = 0;   // 0: not known
  Pid pid = 0, tid = 0;  // who read it first
  uint64_t number = 0;   // on its connection, from 1, as far as the trace goes

  Ns ready = 0, first_read = 0, first_write = 0, end = 0;
  RecordId last_write = 0;
  bool just_accepted = false;  // `ready` is when its connection was accepted
  bool through_ring = false;
  bool overlaps_loss = false;
  bool unfinished = false;  // the trace ended before anything told that it was over
  uint64_t bytes_in = 0, bytes_out = 0;
  uint32_t reads = 0, writes = 0;
  uint32_t calls = 0;                              // of the threads that served it, while they did
  uint32_t opened_total = 0, connected_total = 0;  // see Request::opened
};

struct Request : RequestFacts {
  std::string peer;   // only of those that are kept
  std::string label;  // how it begins, where that was recorded
  RequestTime time;

  // Meanwhile, by the threads that served it or that they gave the work to; the first kMaxRequestFiles.
  std::vector<OpenedPath> opened;
  std::vector<ConnectedTo> connected;
  std::vector<Pid> threads;  // at most kMaxRequestThreads, the first reader first

  void clear();  // and keeps the memory of its lists

  [[nodiscard]] Ns latency() const { return time_between(ready, end); }
  [[nodiscard]] Ns queue() const { return time_between(ready, first_read); }
  [[nodiscard]] Ns service() const { return time_between(first_read, end); }
  [[nodiscard]] Ns running() const;
  [[nodiscard]] Ns elsewhere() const { return time_between(time.attended, service()); }
};

// What one process did with the connections of one listener.
struct RequestFigures {
  Pid pid = 0;
  FileId listener = 0;  // 0: those whose listener is not known
  std::string address;
  uint64_t exchanges = 0, requests = 0;  // the same without request_bytes
  uint64_t unanswered = 0, in_progress = 0, overlap_loss = 0, several_writes = 0, own_calls = 0;
  uint64_t connections = 0, only_read = 0, only_written = 0;  // that are over, or the trace is
  uint64_t bytes_in = 0, bytes_out = 0;
  DurationHistogram latency, queue, service;  // without those that overlap a loss
  std::vector<Request> slowest;               // the longest first, at most kSlowestRequests
  Ns first = 0, last = 0;                     // ready of the first, end of the last

  void add(const Request& request, const std::string& peer, uint64_t requests);
};

// A process that serves connections: what it did from the first it touched to the last answer.
struct ServedProcess {
  Pid pid = 0;
  RequestCounters now, at_last_write;
};

struct Connection;

class Requests : public AnalysisSink {
 public:
  // Reads the model of `analysis`, until finish().
  explicit Requests(const Analysis& analysis, const RequestOptions& options = {});
  ~Requests() override;

  void on_call(const Call& call, const Thread& thread) override;
  void on_off(const OffRow& row, const Thread& thread) override;
  void on_cqe(const Cqe& cqe) override;
  void on_event(const Event& event) override;
  void on_burst_begun(const Burst& burst, const Thread& thread) override;
  void on_burst(const Burst& burst, const Thread& thread) override;
  void on_link(const Link& link) override;

  // The trace ends here; to be called after Analysis::finish().
  void finish();

  [[nodiscard]] const RequestOptions& options() const { return options_; }
  [[nodiscard]] const std::vector<std::unique_ptr<RequestFigures>>& figures() const { return figures_; }
  [[nodiscard]] const ServedProcess* served(Pid pid) const;
  [[nodiscard]] const RequestParts& parts() const { return parts_; }
  [[nodiscard]] bool io_recorded() const { return io_recorded_; }
  [[nodiscard]] bool scheduled() const { return scheduled_; }
  // Connections on which nothing was read or written.
  [[nodiscard]] uint64_t silent() const { return silent_; }
  // A request by its id: one of the slowest, or the one that was wanted. nullptr: it is not known.
  [[nodiscard]] const Request* find(RecordId id) const;
  // The request that the wanted record belongs to.
  [[nodiscard]] const Request* found() const { return found_.get(); }

 private:
  static constexpr size_t kMaxConnections = 1 << 17, kMaxFigures = 4096, kMaxServed = 4096,
                          kMaxHelping = 1 << 14;

  // What moved on a connection: by a call, or by an operation of a ring.
  struct Moved {
    RecordId id = 0;
    Ns began = 0, end = 0;
    uint64_t bytes = 0;
    Pid pid = 0, tid = 0;
    int fd = -1;
    std::optional<Ns> woken;  // it slept until then
    bool through_ring = false;
  };
  // A thread that was given work by one that served a connection.
  struct Helping {
    FileId file = 0;
    RecordId request = 0;
  };

  // Connections (connections.cpp).
  Connection* connection(FileId file);  // nullptr: it is none that was accepted
  Connection* known(FileId file);       // likewise, without another look at what it is
  Connection* begin_connection(FileId file, FileId listener);
  void accepted(FileId file, FileId listener, Ns t);
  void end_connection(FileId file, bool trace_ends);
  void drop_closed();
  [[nodiscard]] bool held(FileId file) const;
  RequestFigures* figures_of(Pid pid, FileId listener);

  // What was read and written (requests.cpp).
  bool take_call(const Call& call, const Thread& thread);
  bool moved_by(const Call& call, const Thread& thread);
  void note_ready(const Call& call, const Thread& thread);
  void read(Connection& connection, const Moved& read);
  void written(Connection& connection, const Moved& write);
  void begin_request(Connection& connection, const Moved& read);
  void end_request(Connection& connection, bool trace_ends);

  // Who did what meanwhile (request_time.cpp).
  void touched(Connection& connection, const Call& call, const Thread& thread);
  void attend(const Call& call, const Thread& thread);
  void account(Connection& connection, const Call& call, const Activity& activity);
  void note_files(Connection& connection, const Call& call);

  // Processes that serve.
  ServedProcess* served_by(Pid pid);
  ServedProcess* serve(Pid pid);
  void serve(const Thread& thread);
  template <typename Count>
  void count(Pid pid, Ns t, Count&& count);

  const Analysis& analysis_;
  RequestOptions options_;
  RequestParts parts_;
  FlatMap<std::unique_ptr<Connection>> connections_;  // by file; nullptr: a socket that is none
  size_t drop_at_ = 256;
  uint64_t refused_ = 0;      // connections beyond kMaxConnections, since the last that was not
  FlatMap<Helping> helping_;  // by tid
  FlatMap<RequestFigures*> figures_by_key_;
  std::vector<std::unique_ptr<RequestFigures>> figures_;
  FlatMap<std::unique_ptr<ServedProcess>> served_;
  ServedProcess* last_served_ = nullptr;
  std::unique_ptr<Request> found_;
  uint64_t silent_ = 0;
  Ns lost_until_ = INT64_MIN;
  bool io_recorded_ = true, scheduled_ = false;
};

template <typename Count>
void Requests::count(Pid pid, Ns t, Count&& count) {
  ServedProcess* process = served_by(pid);
  if (!process || !analysis_.window().has(t)) return;
  count(process->now);
  if (options_.parts) count(parts_.at(t).counters);
}

}  // namespace loopscope::trace_model
