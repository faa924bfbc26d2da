// SPDX-License-Identifier: Apache-2.0
// Where the time goes in which a trace is read: `reading_speed FILE` reads it up to one stage after the
// other, one Markdown row each. Stages contain those before them. For bench/reading.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string_view>
#include <vector>

#include "trace-model/input_file.h"
#include "trace-model/line_source.h"
#include "trace-model/model.h"
#include "trace-model/parallel_reader.h"

namespace {

using namespace loopscope::trace_model;

double cpu_ns() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto ns = [](const timeval& t) { return double(t.tv_sec) * 1e9 + double(t.tv_usec) * 1e3; };
  return ns(used.ru_utime) + ns(used.ru_stime);
}

double wall_ns() {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// What is counted is lines, or records: as many, in a trace that is whole.
using Stage = std::function<uint64_t(const char* path)>;

uint64_t split(const char* path) {
  auto file = InputFile::open(path);
  LineSource source(ReadingLimits().max_line_bytes);
  uint64_t lines = 0;
  do
    for (LineStep step = source.next(); step.kind != LineStep::Kind::Nothing; step = source.next())
      for (size_t at = 0; (at = step.text.find('\n', at)) != step.text.npos; ++at) ++lines;
  while (file && source.read_from(*file).value_or(false));
  return lines;
}

template <typename File>
uint64_t read(std::expected<File, std::string> file, Model* model) {
  uint64_t records = 0;
  while (file) {
    const auto record = file->next();
    if (!record || !*record) break;
    ++records;
    if (model) model->apply(*(*record)->event);
  }
  return records;
}

void measure(const char* name, const char* path, const Stage& stage) {
  constexpr int kRounds = 3;
  double least_cpu = 1e18, least_wall = 1e18;
  uint64_t records = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double cpu = cpu_ns(), wall = wall_ns();
    records = std::max<uint64_t>(stage(path), 1);
    least_cpu = std::min(least_cpu, cpu_ns() - cpu);
    least_wall = std::min(least_wall, wall_ns() - wall);
  }
  const auto count = double(records);
  std::printf("| %s | %.0f | %.0f | %.2f |\n", name, least_cpu / count, least_wall / count,
              count / least_wall * 1e3);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: reading_speed FILE\n"), 2;
  std::printf("| up to | CPU, ns a record | wall, ns a record | records/s, million |\n|---|---|---|---|\n");
  measure("lines", argv[1], split);
  measure("records, one thread", argv[1], [](auto path) { return read(TraceFile::open(path), nullptr); });
  measure("model, one thread", argv[1], [](auto path) {
    Model model;
    return read(TraceFile::open(path), &model);
  });
  measure("records, a thread a core", argv[1],
          [](auto path) { return read(ParallelReader::open(path), nullptr); });
  measure("model, a thread a core", argv[1], [](auto path) {
    Model model;
    return read(ParallelReader::open(path), &model);
  });
}
