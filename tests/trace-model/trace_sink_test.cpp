// SPDX-License-Identifier: Apache-2.0
// The sink, and the reader behind it: what reaches the file, and what can be had from a file that was cut or
// damaged.
#include "trace-model/trace_sink.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/trace-model/random_records.h"
#include "tests/trace-model/reading.h"
#include "trace-model/json_writer.h"

namespace loopscope::trace_model {
namespace {

class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("trace_sink_test", MFD_CLOEXEC)) {}
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }
  std::string content() const {
    std::string text(size_t(lseek(fd_, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fd_, text.data(), text.size(), 0), ssize_t(text.size()));
    return text;
  }

 private:
  int fd_;
};

const std::string kHeader = R"({"type":"trace","id":1,"format":1})"
                            "\n";

// Lines of calls with increasing ids, the first of them the header.
std::vector<std::string> lines_of_calls(int count) {
  RandomRecords random(11);
  const auto calls = all_calls();
  std::vector<std::string> lines{kHeader};
  for (int i = 0; i < count; ++i) {
    Call call = random.call(calls[size_t(i) % calls.size()]);
    call.id = RecordId(i) + 2;
    call.t = i;
    call.dur = 0;
    append_line(lines.emplace_back(), call);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line;
  return all;
}

TEST(TraceSink, TheNameChoosesTheCompression) {
  EXPECT_EQ(compression_for("a.loopscope.jsonl"), Compression::None);
  EXPECT_EQ(compression_for("a.loopscope.jsonl.zst"), Compression::Zstd);
  EXPECT_EQ(compression_for("zst"), Compression::None);
}

TEST(TraceSink, PlainLinesArriveAndAreCounted) {
  MemoryFile file;
  TraceSink sink(file.fd(), Compression::None);
  ASSERT_TRUE(sink.write("one\n"));
  ASSERT_TRUE(sink.write("two\n"));
  EXPECT_EQ(file.content(), "");
  EXPECT_EQ(sink.bytes_taken(), 8u);
  EXPECT_EQ(sink.bytes_written(), 0u);
  EXPECT_EQ(sink.bytes_expected(), 8u);
  ASSERT_TRUE(sink.flush());
  EXPECT_EQ(file.content(), "one\ntwo\n");
  EXPECT_EQ(sink.bytes_written(), 8u);
  ASSERT_TRUE(sink.write(std::string(TraceSink::kBufferBytes, 'x') + "\n"));  // without a flush
  EXPECT_EQ(file.content().size(), sink.bytes_taken());
}

TEST(TraceSink, FlushesWhenSomethingHasWaitedLongEnough) {
  for (const Compression compression : {Compression::None, Compression::Zstd}) {
    MemoryFile file;
    TraceSink sink(file.fd(), compression);
    ASSERT_TRUE(sink.write(kHeader));
    const auto after_write = TraceSink::Clock::now();
    ASSERT_TRUE(sink.flush_if_due(after_write - TraceSink::kFlushInterval));
    EXPECT_EQ(sink.bytes_written(), 0u);
    ASSERT_TRUE(sink.flush_if_due(after_write + TraceSink::kFlushInterval));
    EXPECT_GT(sink.bytes_written(), 0u);
    const uint64_t written = sink.bytes_written();
    ASSERT_TRUE(
        sink.flush_if_due(after_write + 5 * TraceSink::kFlushInterval));  // nothing new: nothing to flush
    EXPECT_EQ(sink.bytes_written(), written);
    EXPECT_EQ(read_all(file.content()).lines.size(), 1u);  // its frame is still open
  }
}

TEST(TraceSink, AFollowerReadsACompressedFileUpToTheLastFlush) {
  MemoryFile file;
  TraceSink sink(file.fd(), Compression::Zstd);
  TraceReader reader;
  const auto lines = lines_of_calls(500);
  uint64_t fed = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    ASSERT_TRUE(sink.write(lines[i]));
    if (i % 50 != 0) continue;
    ASSERT_TRUE(sink.flush());
    const std::string content = file.content();
    reader.feed(std::string_view(content).substr(fed));
    fed = content.size();
    while (reader.next()) {
    }
    EXPECT_EQ(reader.record_count(), i + 1);
  }
  EXPECT_EQ(reader.problem_count(), 0u);
}

TEST(TraceSink, CompressedLinesComeBackOverSeveralFrames) {
  MemoryFile file;
  TraceSink sink(file.fd(), Compression::Zstd);
  const auto lines = lines_of_calls(2000);
  for (size_t i = 0; i < lines.size(); ++i) {
    ASSERT_TRUE(sink.write(lines[i]));
    if (i % 700 == 0) {
      ASSERT_TRUE(sink.finish());
    }
  }
  ASSERT_TRUE(sink.finish());
  EXPECT_EQ(sink.bytes_written(), file.content().size());
  EXPECT_LT(sink.bytes_written(), sink.bytes_taken() / 2);
  const auto read = read_all(file.content(), 777);
  EXPECT_TRUE(read.problems.empty());
  ASSERT_EQ(read.lines.size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(read.lines[i] + "\n", lines[i]);
}

TEST(TraceSink, EndsAFrameNowAndThen) {
  MemoryFile file;
  TraceSink sink(file.fd(), Compression::Zstd);
  const std::string line = std::string(1'000'000, 'y') + "\n";
  for (uint64_t taken = 0; taken < 3 * TraceSink::kFrameBytes; taken += line.size())
    ASSERT_TRUE(sink.write(line));
  ASSERT_TRUE(sink.finish());
  const std::string content = file.content();
  int frames = 0;
  for (size_t at = 0; (at = content.find("\x28\xB5\x2F\xFD", at)) != content.npos; ++at) ++frames;
  EXPECT_GE(frames, 3);
}

TEST(TraceSink, NothingWrittenIsNothingInTheFile) {
  MemoryFile file;
  TraceSink sink(file.fd(), Compression::Zstd);
  ASSERT_TRUE(sink.flush());
  ASSERT_TRUE(sink.finish());
  EXPECT_EQ(file.content(), "");
}

TEST(TraceSink, ACompressedFileCutAnywhereGivesWhatCanBeDecoded) {
  MemoryFile file;
  TraceSink sink(file.fd(), Compression::Zstd);
  const auto lines = lines_of_calls(25);
  std::vector<size_t> flushed_at;  // size of the file when so many lines had been flushed
  for (const std::string& line : lines) {
    ASSERT_TRUE(sink.write(line));
    ASSERT_TRUE(sink.flush());
    flushed_at.push_back(sink.bytes_written());
  }
  ASSERT_TRUE(sink.finish());
  const std::string content = file.content();
  for (size_t cut = 1; cut < content.size(); ++cut) {
    const auto read = read_all(std::string_view(content).substr(0, cut));
    const size_t complete = size_t(std::ranges::upper_bound(flushed_at, cut) - flushed_at.begin());
    ASSERT_GE(read.lines.size(), complete) << "cut at " << cut;
    ASSERT_LE(read.lines.size(), complete + 1) << "cut at " << cut;
    for (size_t i = 0; i < read.lines.size(); ++i)
      ASSERT_EQ(read.lines[i] + "\n", lines[i]) << "cut at " << cut;
    ASSERT_FALSE(read.problems.empty()) << "cut at " << cut;
  }
}

TEST(TraceSink, BehindDamageReadingGoesOnWithTheNextFrame) {
  MemoryFile file;
  TraceSink sink(file.fd(), Compression::Zstd);
  const auto lines = lines_of_calls(300);
  std::vector<uint64_t> frame_ends;
  for (size_t i = 0; i < lines.size(); ++i) {
    ASSERT_TRUE(sink.write(lines[i]));
    if (i % 100 != 99) continue;
    ASSERT_TRUE(sink.finish());
    frame_ends.push_back(sink.bytes_written());
  }
  ASSERT_TRUE(sink.finish());
  std::string content = file.content();
  for (uint64_t at = frame_ends[0] + 30; at < frame_ends[0] + 130; ++at) content[at] = char(~content[at]);
  const auto read = read_all(content);
  EXPECT_FALSE(read.problems.empty());
  EXPECT_GE(read.lines.size(), 200u);
  EXPECT_EQ(read.lines.front() + "\n", lines.front());
  EXPECT_EQ(read.lines.back() + "\n", lines.back());
}

TEST(TraceSink, SmallFilesThatDecodeToHugeOnesAreReadInLittleMemory) {
  MemoryFile file;
  TraceSink sink(file.fd(), Compression::Zstd);
  ASSERT_TRUE(sink.write(kHeader));
  const std::string megabyte(1 << 20, 'z');
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(sink.write(megabyte));  // one line of 300 MiB
  ASSERT_TRUE(
      sink.write("\n"
                 R"({"type":"lost","id":3,"t":1,"until":2,"count":1,"class":"io"})"
                 "\n"));
  ASSERT_TRUE(sink.finish());
  const auto read = read_all(file.content());
  EXPECT_EQ(read.lines.size(), 2u);
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_EQ(sentence_of(read.problems[0]), "line 2: the line is longer than 67108864 bytes; skipped");
}

TEST(TraceSink, AFullDiskIsSaidOnceAndForAll) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  for (const Compression compression : {Compression::None, Compression::Zstd}) {
    TraceSink sink(full, compression);
    ASSERT_TRUE(sink.write(kHeader));
    EXPECT_EQ(sink.flush().error(), "cannot write: No space left on device");
    EXPECT_EQ(sink.write(kHeader).error(), "cannot write: No space left on device");
    EXPECT_EQ(sink.finish().error(), "cannot write: No space left on device");
    EXPECT_EQ(sink.bytes_written(), 0u);
  }
  close(full);
}

TEST(TraceSink, WaitsForAPipeThatIsFull) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const std::string text = joined(lines_of_calls(3000));
  ASSERT_GT(text.size(), 100'000u);
  const pid_t reader = fork();
  if (reader == 0) {  // reads slowly, in pieces, until the other end closes
    close(ends[1]);
    fcntl(ends[0], F_SETFL, 0);
    char piece[4096];
    size_t total = 0;
    for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;) total += size_t(n);
    _exit(total == text.size() ? 0 : 1);
  }
  TraceSink sink(ends[1], Compression::None);
  ASSERT_TRUE(sink.write(text));
  ASSERT_TRUE(sink.finish());
  close(ends[1]);
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(reader, &status, 0), reader);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace loopscope::trace_model
