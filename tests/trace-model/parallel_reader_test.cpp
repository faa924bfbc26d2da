// SPDX-License-Identifier: Apache-2.0
// Whoever parses, the records, the problems and their order are those of TraceFile.
#include "trace-model/parallel_reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/trace-model/format_1.h"
#include "tests/trace-model/random_records.h"
#include "tests/trace-model/same.h"
#include "trace-model/json_writer.h"
#include "trace-model/trace_sink.h"

namespace loopscope::trace_model {
namespace {

class OpenFd {
 public:
  explicit OpenFd(int fd) : fd_(fd) { EXPECT_GE(fd, 0); }
  ~OpenFd() { shut(); }
  OpenFd(const OpenFd&) = delete;
  OpenFd& operator=(const OpenFd&) = delete;
  int get() const { return fd_; }
  void shut() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  // A name under which it can be opened once more.
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    ASSERT_GT(n, 0);
    text.remove_prefix(size_t(n));
  }
}

// Everything that reading says, in the order in which it says it.
struct Told {
  std::vector<std::string> words;
  std::vector<Event> events;
};

constexpr std::string_view kDamage = "the compressed data is damaged";

bool tells_damage(std::string_view sentence) {
  return sentence.contains(kDamage);
}

// How zstd words a damage depends on the room it was given, which is not the same for both.
std::string without_zstds_words(std::string sentence) {
  const size_t from = sentence.find(" (", sentence.find(kDamage));
  if (from != sentence.npos) sentence.erase(from, sentence.find(')', from) + 1 - from);
  return sentence;
}

template <typename File>
Told told_by(File& file, auto& checks) {
  Told told;
  checks.on_problem([&](const Problem& problem) {
    told.words.push_back(without_zstds_words(sentence_of(problem)) + " @" + std::to_string(problem.offset));
  });
  for (;;) {
    const auto record = file.next();
    if (!record || !*record) {
      told.words.push_back(record ? "end" : record.error());
      break;
    }
    const Record& r = **record;
    told.words.push_back(std::to_string(r.line_number) + " @" + std::to_string(r.offset) + " ");
    told.words.back() += r.line;
    told.events.push_back(*r.event);
  }
  told.words.push_back(std::to_string(checks.record_count()) + " records, " +
                       std::to_string(checks.problem_count()) + " problems, " +
                       std::to_string(checks.problems().size()) + " kept, " +
                       std::to_string(checks.line_count()) + " lines");
  return told;
}

Told told_in_parallel(const std::string& path, unsigned threads, const ReadingLimits& limits) {
  auto file = ParallelReader::open(path, threads, limits);
  EXPECT_TRUE(file);
  return told_by(*file, file->checks());
}

Told told_in_turn(const std::string& path, const ReadingLimits& limits) {
  auto file = TraceFile::open(path, limits);
  EXPECT_TRUE(file);
  return told_by(*file, file->reader());
}

void expect_same(const Told& told, const Told& expected, std::string_view what) {
  for (size_t i = 0; i < std::min(told.words.size(), expected.words.size()); ++i) {
    // Nor is how much of a damaged block it gives before it says so: what follows need not be the same.
    if (told.words[i] != expected.words[i] &&
        (tells_damage(told.words[i]) || tells_damage(expected.words[i])))
      return;
    ASSERT_EQ(told.words[i], expected.words[i]) << what;
  }
  ASSERT_EQ(told.words.size(), expected.words.size()) << what;
  ASSERT_EQ(told.events.size(), expected.events.size()) << what;
  for (size_t i = 0; i < told.events.size(); ++i)
    ASSERT_TRUE(same(told.events[i], expected.events[i])) << what << ", record " << i;
}

void expect_the_same(std::string_view bytes, std::string_view what, const ReadingLimits& limits = {},
                     const std::vector<unsigned>& threads = {1, 2, 3}) {
  const OpenFd file(memfd_create("parallel_reader_test", MFD_CLOEXEC));
  write_all(file.get(), bytes);
  const Told expected = told_in_turn(file.path(), limits);
  for (const unsigned count : threads) {
    expect_same(told_in_parallel(file.path(), count, limits), expected, what);
    if (testing::Test::HasFatalFailure()) return;
  }
}

// Several batches of records of all kinds, one of them large now and then.
std::string long_trace(uint32_t seed, int records) {
  RandomRecords random(seed);
  std::string text = kHeader;
  for (int i = 0; i < records; ++i) {
    Call call = random.call(all_calls()[size_t(i) % all_calls().size()]);
    if (i % 500 == 0) call.text = std::string(20'000, 'x');
    const Event event = i % 3 ? Event(call) : random.record(size_t(i / 3) % std::variant_size_v<Event>);
    append_line(text, event);
  }
  return text;
}

std::string compressed(std::string_view text, size_t frame_bytes) {
  const OpenFd file(memfd_create("parallel_reader_test", MFD_CLOEXEC));
  TraceSink sink(file.get(), Compression::Zstd);
  for (; !text.empty(); text.remove_prefix(std::min(frame_bytes, text.size()))) {
    EXPECT_TRUE(sink.write(text.substr(0, frame_bytes)));
    EXPECT_TRUE(sink.finish());
  }
  std::string bytes(size_t(lseek(file.get(), 0, SEEK_END)), '\0');
  EXPECT_EQ(pread(file.get(), bytes.data(), bytes.size(), 0), ssize_t(bytes.size()));
  return bytes;
}

TEST(ParallelReader, GoldenFilesCutAnywhere) {
  for (const std::string& text : {golden(), golden_rings()})
    for (size_t cut = 0; cut <= text.size() && !testing::Test::HasFatalFailure(); cut += 7)
      expect_the_same(text.substr(0, cut), "cut at " + std::to_string(cut), {}, {2});
}

TEST(ParallelReader, LongTraces) {
  const std::string text = long_trace(31, 6000);
  ASSERT_GT(text.size(), 1u << 20);
  expect_the_same(text, "whole", {}, {1, 2, 3, 8});
  expect_the_same(text.substr(0, text.size() - 100), "cut");
  expect_the_same(compressed(text, 300'000), "compressed");
}

TEST(ParallelReader, DamagedTraces) {
  std::mt19937 random(32);
  const std::string text = long_trace(33, 1500), packed = compressed(text, 50'000);
  for (int i = 0; i < 40 && !testing::Test::HasFatalFailure(); ++i) {
    std::string damaged = i % 2 ? text : packed;
    for (int k = 0; k <= i; ++k) damaged[random() % damaged.size()] = char(random());
    if (i % 3 == 0) damaged.resize(random() % damaged.size());
    expect_the_same(damaged, "damaged " + std::to_string(i), {}, {2});
  }
}

TEST(ParallelReader, LinesThatAreTooLong) {
  const std::string text = long_trace(34, 1500);
  for (const size_t limit : {100, 150, 300, 19'000})
    expect_the_same(text, "at most " + std::to_string(limit) + " bytes", {.max_line_bytes = limit});
  const std::string huge(3 << 20, 'z');  // longer than what is read at a time
  expect_the_same(kHeader + huge + "\n" + call_line(2) + huge, "huge", {.max_line_bytes = 1 << 20});
  expect_the_same(kHeader + huge + "\n" + call_line(2) + huge, "huge, and not too long");
  EXPECT_FALSE(testing::Test::HasFatalFailure());
}

TEST(ParallelReader, WhatIsRefused) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "not a record\n";
  expect_the_same(text, "no trace");
  expect_the_same(text, "no trace, refused late", {.lines_before_refusal = 100'000});
  expect_the_same(text + call_line(2), "a record after all", {.lines_before_refusal = 100'000});
  std::string newer = kHeader;
  newer.replace(newer.find("\"format\":1"), 10, "\"format\":9");
  expect_the_same(newer + long_trace(35, 3000), "a newer format");
  expect_the_same(long_trace(36, 3000) + newer + long_trace(37, 3000), "a newer format behind another");
}

TEST(ParallelReader, SmallThings) {
  expect_the_same("", "empty");
  expect_the_same("\n\n \t\n", "blank");
  expect_the_same("\xEF\xBB\xBF" + golden(), "a byte order mark");
  expect_the_same("\n\xEF\xBB\xBF" + golden(), "a byte order mark elsewhere");
  expect_the_same("{", "cut");
  EXPECT_EQ(ParallelReader::open("/nowhere/at.all").error(), TraceFile::open("/nowhere/at.all").error());
  for (const unsigned threads : {1, 2}) {
    auto folder = ParallelReader::open("/", threads);
    ASSERT_TRUE(folder);
    EXPECT_EQ(folder->next().error(), TraceFile::open("/")->next().error());
    EXPECT_EQ(folder->next().error(), "cannot read /: Is a directory");
  }
}

TEST(ParallelReader, TheEndStaysTheEnd) {
  const OpenFd file(memfd_create("parallel_reader_test", MFD_CLOEXEC));
  write_all(file.get(), kHeader);
  auto reader = ParallelReader::open(file.path(), 2);
  ASSERT_TRUE(reader);
  ParallelReader moved = std::move(*reader);
  EXPECT_NE(moved.next().value(), nullptr);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(moved.next().value(), nullptr);
}

struct Pipe {
  Pipe() : Pipe(ends()) {}
  explicit Pipe(const std::array<int, 2>& made) : from(made[0]), to(made[1]) {}
  static std::array<int, 2> ends() {
    std::array<int, 2> made{-1, -1};
    EXPECT_EQ(pipe2(made.data(), O_CLOEXEC), 0);
    return made;
  }
  OpenFd from, to;
};

TEST(ParallelReader, GivesWhatAPipeHasGivenSoFar) {
  Pipe pipe;
  auto reader = ParallelReader::open(pipe.from.path(), 2);
  ASSERT_TRUE(reader);
  write_all(pipe.to.get(), kHeader + call_line(2) + call_line(3).substr(0, 10));
  EXPECT_EQ((*reader->next())->line_number, 1u);
  EXPECT_EQ((*reader->next())->line_number, 2u);
  write_all(pipe.to.get(), call_line(3).substr(10));
  EXPECT_EQ((*reader->next())->line_number, 3u);
  pipe.to.shut();
  EXPECT_EQ(reader->next().value(), nullptr);
}

TEST(ParallelReader, DoesNotWaitForAPipeWhenItIsNoLongerWanted) {
  Pipe pipe;
  auto reader = ParallelReader::open(pipe.from.path(), 3);
  ASSERT_TRUE(reader);
  write_all(pipe.to.get(), kHeader);
  EXPECT_NE(reader->next().value(), nullptr);
}

TEST(ParallelReader, MayBeLeftInTheMiddle) {
  const OpenFd file(memfd_create("parallel_reader_test", MFD_CLOEXEC));
  write_all(file.get(), long_trace(38, 6000));
  for (int records = 0; records < 200; records += 13) {
    auto reader = ParallelReader::open(file.path(), 3);
    ASSERT_TRUE(reader);
    for (int i = 0; i < records; ++i) ASSERT_NE(reader->next().value(), nullptr);
  }
}

}  // namespace
}  // namespace loopscope::trace_model
