// SPDX-License-Identifier: Apache-2.0
// What a trace costs the viewer: time to load, memory, the processor's part of a frame at several zooms.
//
//   viewer_speed TRACE [--check]     (--check: fails when it costs more than it may)
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "tests/viewer/headless.h"

namespace loopscope::viewer {
namespace {

constexpr double kMostFrameMs = 4, kMostBytes = 64;
constexpr int kMostVertices = 60'000, kFrames = 20, kMoments = 100;
constexpr double kMostAnswerMs = 50;

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double resident_mb() {
  std::ifstream status("/proc/self/statm");
  double all = 0, resident = 0;
  status >> all >> resident;
  return resident * 4096 / 1e6;
}

int run(const char* path, bool check) {
  Headless headless;
  const double before_mb = resident_mb(), begin = now_ms();
  Workspace workspace({path}, [] {});
  Session& traced = workspace.active();
  double first_picture = 0;
  while (!traced.loaded) {
    const bool any = traced.take_loaded(4'000'000);
    if (any && first_picture == 0) first_picture = now_ms() - begin;
    // As the window waits for events; it must not take a processor from the loader.
    if (!any) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const double load_ms = now_ms() - begin;
  malloc_trim(0);
  if (!traced.loaded->error.empty()) return fmt::print("{}\n", traced.loaded->error), 1;
  const uint32_t records = traced.timeline.records.size();
  const double bytes = (resident_mb() - before_mb) * 1e6 / std::max(1U, records);
  fmt::print("{} records: first of them after {:.0f} ms, all after {:.0f} ms, {:.1f} bytes each\n", records,
             first_picture, load_ms, bytes);
  bool good = bytes <= kMostBytes || records < 100'000;
  double longest_ms = 0;
  size_t watched = 0;
  for (int i = 1; i <= kMoments; ++i) {
    const Ns t = traced.timeline.begin() + (traced.timeline.end() - traced.timeline.begin()) / kMoments * i;
    const double at = now_ms();
    for (const WatchingInstance& each : traced.watched_at(t).instances)
      watched = std::max(watched, each.files.size() + each.more);
    longest_ms = std::max(longest_ms, now_ms() - at);
  }
  fmt::print(
      "what is watched at {} moments: {:.2f} ms at most, {} descriptors at most, {:.1f} bytes a record\n",
      kMoments, longest_ms, watched, double(traced.timeline.watched.bytes()) / std::max(1U, records));
  good = good && longest_ms <= kMostAnswerMs;
  headless.show(workspace);
  for (const double share : {1.0, 0.1, 0.01, 0.001, 0.00001}) {
    traced.show_all();
    traced.view.zoom(share, traced.view.width / 2);
    headless.frames(3);
    std::vector<double> times;
    int vertices = 0;
    for (int i = 0; i < kFrames; ++i) {
      const double at = now_ms();
      traced.view.pan(3);
      vertices = std::max(vertices, headless.frame());
      times.push_back(now_ms() - at);
    }
    std::ranges::sort(times);
    fmt::print("view of {:>8.4g} of it: frame {:.2f} ms (middle of {}), at most {} vertices\n", share,
               times[times.size() / 2], kFrames, vertices);
    good = good && times[times.size() / 2] <= kMostFrameMs && vertices <= kMostVertices;
  }
  return check && !good ? 1 : 0;
}

}  // namespace
}  // namespace loopscope::viewer

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: viewer_speed TRACE [--check]\n"), 2;
  return loopscope::viewer::run(argv[1], argc > 2 && std::strcmp(argv[2], "--check") == 0);
}
