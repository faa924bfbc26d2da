// SPDX-License-Identifier: Apache-2.0
#include "load/traced.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "load/child.h"
#include "trace-model/compare.h"
#include "trace-model/trace_reader.h"

namespace loopscope::load {
namespace {

using std::chrono::milliseconds;
using trace_model::Metric;

// A file that goes with this object, unless it is to be kept.
class ScratchTrace {
 public:
  explicit ScratchTrace(const std::string& keep) : path_(keep), kept_(!keep.empty()) {
    unlink(path_.c_str());  // the recorder replaces none
    if (kept_) return;
    const char* folder = getenv("TMPDIR");
    path_ = fmt::format("{}/loopscope-bench-{}.jsonl", folder && *folder ? folder : "/tmp", getpid());
    unlink(path_.c_str());
  }
  ~ScratchTrace() {
    if (!kept_) unlink(path_.c_str());
  }
  ScratchTrace(const ScratchTrace&) = delete;
  ScratchTrace& operator=(const ScratchTrace&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool kept_;
};

std::expected<PerRequest, std::string> read(const std::string& path) {
  auto file = trace_model::TraceFile::open(path);
  if (!file) return std::unexpected(file.error());
  trace_model::Analysis analysis;
  trace_model::Requests requests(analysis, {.request_bytes = 0, .wanted = 0, .parts = true});
  analysis.add(requests);
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    analysis.apply(*(*record)->event);
  }
  analysis.finish();
  requests.finish();
  trace_model::Report report = make_report(analysis.model());
  add_requests(report, requests);
  const trace_model::TraceFigures figures = trace_figures(report, requests, path);
  return PerRequest{figures.values[size_t(Metric::Calls)], figures.values[size_t(Metric::Wakeups)]};
}

}  // namespace

std::expected<PerRequest, std::string> count_per_request(const std::string& self, pid_t pid,
                                                         const std::string& keep,
                                                         const std::function<bool()>& load) {
  constexpr milliseconds kStart{10'000}, kEnd{20'000};
  const ScratchTrace trace(keep);
  auto recorder = Child::start({self, "record", "-q", "-p", fmt::format("{}", pid), "-o", trace.path()},
                               Child::Output::Discard);
  if (!recorder) return std::unexpected(recorder.error());
  if (!recorder->await_words("loopscope: recording", kStart)) {
    const std::string& said = recorder->errors();
    return std::unexpected(said.empty() ? "nothing can be recorded here" : said.substr(0, said.find('\n')));
  }
  const bool loaded = load();
  recorder->signal(SIGINT);
  const auto code = recorder->finish(kEnd);
  if (!loaded || !code || *code != 0) return std::unexpected("the recorded run failed");
  return read(trace.path());
}

}  // namespace loopscope::load
