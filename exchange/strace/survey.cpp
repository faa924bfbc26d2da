// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/survey.h"

#include <algorithm>
#include <vector>

#include "exchange/strace/call_arguments.h"
#include "exchange/strace/text.h"

namespace loopscope::exchange::strace {
namespace {

constexpr uint64_t kCloneThread = 0x10000, kSigchld = 17;
constexpr int64_t kAdd = 1;  // EPOLL_CTL_ADD
constexpr size_t kMostGenerations = 10'000;

bool makes_threads(std::string_view name) {
  return name == "clone" || name == "clone3" || name == "fork" || name == "vfork";
}

class Surveyor {
 public:
  explicit Surveyor(std::string_view log) : reader_(log) {}

  Survey run() {
    while (const LogEvent* event = reader_.next()) take(*event);
    survey_.clock = reader_.clock();
    survey_.lines = reader_.lines();
    decide_first();
    for (const Pid tid : named_) born(tid);
    survey_.births.erase(survey_.first);
    return std::move(survey_);
  }

 private:
  void take(const LogEvent& event) {
    unnumbered_ = unnumbered_ || event.tid == 0;
    if (event.tid != 0 && met_.insert(event.tid).second) named_.push_back(event.tid);
    if (event.what == LogEvent::What::Signal) child_ended(event.text);
    if (event.what == LogEvent::What::Call) call(event);
    // A first call that did not return is still one that the log was asked for.
    if (event.what == LogEvent::What::Begun) note_name(read_begun_text(event.text).name);
  }

  bool note_name(std::string_view name) {
    const trace_model::CallSpec* spec = trace_model::find_call(name);
    if (spec) survey_.calls.emplace(name);
    return spec;
  }

  void call(const LogEvent& event) {
    const auto text = read_call_text(event.text);
    if (!text) return;
    ++(note_name(text->name) ? survey_.call_count : survey_.other_calls);
    survey_.durations = survey_.durations || text->took;
    survey_.described = survey_.described || !text->ret_what.empty();
    if (!text->returned || text->error != 0) return;
    watched(*text);
    if (makes_threads(text->name) && text->ret > 0 && text->ret <= INT32_MAX) made(event, *text);
    if (text->name.starts_with("execve") && text->ret == 0) executed_.insert(event.tid);
  }

  // asyncio's pair of sockets, libuv's eventfd: made by calls that the log may not hold, but registered
  // first.
  void watched(const CallText& text) {
    if (connected_ || !text.returned || text.error != 0) return;
    const bool listens = text.name == "listen" || text.name == "bind";
    if (!listens && text.name != "epoll_ctl" && !text.name.starts_with("epoll_")) return;
    trace_model::CallBody body;
    body.spec = trace_model::find_call(text.name);
    Descriptions described;
    if (!body.spec || !read_arguments(text, body, described)) return;
    if (listens) {
      survey_.own.erase(int(body.args[0]));
      listens_.insert(int(body.args[0]));
    } else if (text.name == "epoll_ctl") {
      const int fd = int(body.args[2]);
      if (body.arg("op") == kAdd && !listens_.contains(fd)) survey_.own.insert(fd);
    } else {
      // From the first wait with a listening socket that found something, a number may be a connection's.
      connected_ = !listens_.empty() && text.ret > 0;
    }
  }

  void made(const LogEvent& event, const CallText& text) {
    trace_model::CallBody body;
    body.spec = trace_model::find_call(text.name);
    Descriptions described;
    Birth birth;
    birth.parent = event.tid;
    if (body.spec && read_arguments(text, body, described))
      birth.flags = uint64_t(body.arg("flags").value_or(kSigchld));
    birth.thread = birth.flags & kCloneThread;
    survey_.births[Pid(text.ret)] = birth;
  }

  // --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7411, …} ---
  void child_ended(std::string_view text) {
    constexpr std::string_view kMember = "si_pid=";
    const size_t at = text.starts_with("--- SIGCHLD") ? text.find(kMember) : text.npos;
    if (at == text.npos) return;
    std::string_view rest = text.substr(at + kMember.size());
    const auto pid = read_number(rest.substr(0, rest.find_first_not_of("0123456789")));
    if (pid && *pid > 0 && *pid <= INT32_MAX) ended_children_.insert(Pid(*pid));
  }

  // The first that nobody in the log made; without numbers, whom strace attached to.
  void decide_first() {
    survey_.numbered = !named_.empty();
    const std::set<Pid> announced(reader_.announced().begin(), reader_.announced().end());
    const auto nobodys = [&](Pid tid) { return !survey_.births.contains(tid) && !announced.contains(tid); };
    const auto found = std::ranges::find_if(named_, nobodys);
    if (found != named_.end())
      survey_.first = *found;
    else if (reader_.attached_first() != 0)
      survey_.first = reader_.attached_first();
    else if (!named_.empty() && !unnumbered_)
      survey_.first = named_.front();
    survey_.first_unnumbered = unnumbered_ && survey_.first == 1;
  }

  void born(Pid tid) {
    const auto known = survey_.births.find(tid);
    if (known != survey_.births.end()) {
      if (known->second.parent == 0) known->second.parent = survey_.first;  // whose line had no number
      return;
    }
    Birth birth;
    birth.thread = !ended_children_.contains(tid) && !executed_.contains(tid);
    survey_.births[tid] = birth;
  }

  LogReader reader_;
  Survey survey_;
  bool unnumbered_ = false;
  std::vector<Pid> named_;  // in order of appearance
  bool connected_ = false;
  std::set<int> listens_;
  std::set<Pid> met_, ended_children_, executed_;
};

}  // namespace

Pid Survey::process_of(Pid tid) const {
  for (size_t generation = 0; generation < kMostGenerations; ++generation) {
    const auto birth = births.find(tid);
    if (birth == births.end() || !birth->second.thread) return tid;
    const Pid parent = birth->second.parent;
    tid = parent == 0 ? first : parent;
  }
  return first;
}

Survey survey_of(std::string_view log) {
  return Surveyor(log).run();
}

}  // namespace loopscope::exchange::strace
