// SPDX-License-Identifier: Apache-2.0
#include "trace-model/parallel_reader.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "trace-model/line_batch.h"

namespace loopscope::trace_model {
namespace {

// Whether there is something to read, and not a wish to stop before.
bool wait_for(int fd, int stop_fd) {
  pollfd waits[]{{.fd = stop_fd, .events = POLLIN, .revents = 0}, {.fd = fd, .events = POLLIN, .revents = 0}};
  while (poll(waits, 2, -1) < 0)
    if (errno != EINTR) return true;  // reading says what is wrong
  return waits[0].revents == 0;
}

}  // namespace

struct ParallelReader::Impl {
  Impl(InputFile input, const ReadingLimits& reading_limits, unsigned threads);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  struct Slot {
    LineBatch batch;
    bool ready = false;  // parsed
  };

  void work();
  [[nodiscard]] bool may_read() const {
    return !reading && !finished && read_count - taken_count < slots.size();
  }
  void read_and_parse(std::unique_lock<std::mutex>& lock, RecordParser& parser);
  bool fill(LineBatch& batch);
  LineBatch& take_batch();
  void give_back();
  const Record* next_line();
  [[nodiscard]] Slot& slot(uint64_t number) { return slots[number % slots.size()]; }

  // Of whoever reads the file.
  InputFile file;
  LineSource source;
  bool source_ended = false;

  // Of whoever takes the records.
  TraceChecks checks;
  RecordParser own_parser;
  LineBatch* current = nullptr;
  size_t next_index = 0;
  Record record{};

  const ReadingLimits limits;
  const bool waits;  // the file may give nothing for a while: who takes records is not to be held up by that
  int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

  // The slots taken_count to read_count are being parsed or are ready, in this order.
  std::mutex mutex;
  std::condition_variable changed;
  uint64_t read_count = 0, taken_count = 0;
  bool reading = false, stop = false;
  bool finished = false;  // nothing more is to be read

  std::vector<Slot> slots;
  std::vector<std::jthread> workers;
};

ParallelReader::Impl::Impl(InputFile input, const ReadingLimits& reading_limits, unsigned threads)
    : file(std::move(input)),
      source(reading_limits.max_line_bytes),
      checks(reading_limits),
      limits(reading_limits),
      waits(threads > 1 && !file.is_regular()),
      slots(threads > 1 ? 2 * threads : 1) {
  const unsigned others = waits ? threads : threads - 1;
  for (unsigned i = 0; i < others; ++i) workers.emplace_back([this] { work(); });
}

ParallelReader::Impl::~Impl() {
  {
    const std::scoped_lock lock(mutex);
    stop = true;
  }
  changed.notify_all();
  (void)eventfd_write(stop_fd, 1);
  workers.clear();
  close(stop_fd);
}

void ParallelReader::Impl::work() {
  RecordParser parser;
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return stop || finished || may_read(); });
    if (stop || finished) return;
    read_and_parse(lock, parser);
  }
}

void ParallelReader::Impl::read_and_parse(std::unique_lock<std::mutex>& lock, RecordParser& parser) {
  reading = true;
  Slot& own = slot(read_count);
  own.ready = false;
  lock.unlock();
  const bool more = fill(own.batch);
  lock.lock();
  ++read_count;
  reading = false;
  finished = !more;
  lock.unlock();
  changed.notify_all();
  own.batch.parse(parser, limits.max_line_bytes);
  lock.lock();
  own.ready = true;
  changed.notify_all();
}

// False when this was the last: the end, an error, or a wish to stop.
bool ParallelReader::Impl::fill(LineBatch& batch) {
  batch.error.clear();
  for (;;) {
    LineStep step = source.next();
    const bool nothing = step.kind == LineStep::Kind::Nothing;
    batch.keep(std::move(step), source);
    if (!nothing) return true;
    if (source_ended || (waits && !wait_for(file.fd(), stop_fd))) return false;
    const auto read = source.read_from(file);
    if (!read) {
      batch.error = read.error();
      return false;
    }
    source_ended = !*read;
  }
}

LineBatch& ParallelReader::Impl::take_batch() {
  next_index = 0;
  std::unique_lock lock(mutex);
  for (;;) {
    if (taken_count < read_count && slot(taken_count).ready) return slot(taken_count).batch;
    if (may_read() && !waits)
      read_and_parse(lock, own_parser);
    else
      changed.wait(lock);
  }
}

void ParallelReader::Impl::give_back() {
  current = nullptr;
  {
    const std::scoped_lock lock(mutex);
    ++taken_count;
  }
  changed.notify_all();
}

const Record* ParallelReader::Impl::next_line() {
  const bool complete = current->step.kind == LineStep::Kind::Lines;
  while (next_index < current->lines.size()) {
    const LineBatch::Line& line = current->lines[next_index++];
    const uint64_t offset = current->offset_of(line);
    if (checks.take(line.read, offset, line.text.size(), complete)) {
      record = {line.read.event, without_byte_order_mark(line.text, offset), checks.line_count(), offset};
      return &record;
    }
    if (!checks.refusal().empty()) return nullptr;
  }
  return nullptr;
}

std::expected<ParallelReader, std::string> ParallelReader::open(const std::string& path, unsigned threads,
                                                                const ReadingLimits& limits) {
  auto file = InputFile::open(path);
  if (!file) return std::unexpected(file.error());
  if (threads == 0) threads = std::max(std::thread::hardware_concurrency(), 1U);
  return ParallelReader(std::make_unique<Impl>(std::move(*file), limits, threads));
}

ParallelReader::ParallelReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParallelReader::~ParallelReader() = default;
ParallelReader::ParallelReader(ParallelReader&&) noexcept = default;
ParallelReader& ParallelReader::operator=(ParallelReader&&) noexcept = default;

std::expected<const Record*, std::string> ParallelReader::next() {
  using enum LineStep::Kind;
  for (Impl& in = *impl_;;) {
    if (!in.checks.refusal().empty())
      return std::unexpected(fmt::format("{}: {}", path(), in.checks.refusal()));
    if (!in.current) in.current = &in.take_batch();
    if (const Record* record = in.next_line()) return record;
    const LineStep& step = in.current->step;
    if (!in.current->error.empty()) return std::unexpected(in.current->error);
    if (step.kind == Nothing) {
      if (in.checks.record_count()) return nullptr;
      return std::unexpected(in.checks.why_empty(path()));
    }
    if (step.kind == SkippedLine) in.checks.take_skipped_line();
    if (step.kind == TooLong) in.checks.note_long_line(step.offset);
    if (step.kind == Damage) in.checks.note_about_next_line(step.offset, step.what);
    if (in.checks.refusal().empty()) in.give_back();
  }
}

TraceChecks& ParallelReader::checks() {
  return impl_->checks;
}
uint64_t ParallelReader::position() const {
  const off_t at = lseek(impl_->file.fd(), 0, SEEK_CUR);
  return at < 0 ? 0 : uint64_t(at);
}
const std::string& ParallelReader::path() const {
  return impl_->file.name();
}

}  // namespace loopscope::trace_model
