// SPDX-License-Identifier: Apache-2.0
#include "tracer/export_command.h"

#include <sys/stat.h>

#include <expected>
#include <memory>

#include <fmt/format.h>

#include "exchange/chrome_writer.h"
#include "exchange/csv_writer.h"
#include "exchange/html_writer.h"
#include "exchange/jsonl_writer.h"
#include "exchange/redaction.h"
#include "exchange/strace/log_writer.h"
#include "trace-model/duration_text.h"
#include "trace-model/parallel_reader.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_sink.h"
#include "tracer/output_file.h"
#include "tracer/print.h"
#include "tracer/trace_choice.h"

namespace loopscope::tracer {
namespace {

using exchange::Exporter;
using trace_model::Bound;
using trace_model::Event;
using trace_model::terminal_text;

constexpr size_t kBlockBytes = 256 * 1024;
constexpr uint64_t kProblemsTold = 5;

std::unique_ptr<Exporter> exporter_for(const ExportOptions& options) {
  const std::string& format = options.format;
  if (format == "html")
    return std::make_unique<exchange::HtmlWriter>(options.limit.value_or(exchange::HtmlWriter::kCalls));
  if (format == "chrome") return std::make_unique<exchange::ChromeWriter>();
  if (format == "csv") return std::make_unique<exchange::CsvWriter>();
  if (format == "strace") return std::make_unique<exchange::strace::LogWriter>();
  return std::make_unique<exchange::JsonlWriter>();
}

// As PartOfTrace has it: what ends at `from` or later, and before `to`; up to the record where that is an id.
class Part {
 public:
  explicit Part(const ExportOptions& options) : from_(options.from), to_(options.to) {}
  bool takes(const Event& event) {
    begun_ = begun_ || !from_ || reached(*from_, event);
    ended_ = ended_ || (to_ && to_->t && reached(*to_, event)) || (to_ && !to_->t && id_of(event) > to_->id);
    return begun_ && !ended_;
  }

 private:
  static bool reached(const Bound& bound, const Event& event) {
    return bound.t ? completion_time(event) >= *bound.t : id_of(event) >= bound.id;
  }
  std::optional<Bound> from_, to_;
  bool begun_ = false, ended_ = false;
};

bool same_file(int fd, const std::string& path) {
  struct stat one{}, other{};
  return path != "-" && fstat(fd, &one) == 0 && stat(path.c_str(), &other) == 0 && S_ISREG(one.st_mode) &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

class Export {
 public:
  Export(const ExportOptions& options, exchange::Redaction redaction, OutputFile file)
      : redaction_(std::move(redaction)),
        exporter_(exporter_for(options)),
        file_(std::move(file)),
        sink_(file_.fd(), trace_model::compression_for(file_.path())),
        wanted_(options),
        part_(options.from, options.to) {
    exporter_->add_to(part_.analysis());
  }

  int run(const std::string& path) {
    auto reader = trace_model::ParallelReader::open(path);
    if (!reader) return give_up(reader.error());
    if (same_file(file_.fd(), path))
      return fail("the export would replace the trace; name another file with -o");
    for (;;) {
      const auto record = reader->next();
      if (!record) return give_up(record.error());
      if (!*record) break;
      if (!begun_) file_.begin();
      begun_ = true;
      if (!take(*(*record)->event)) return give_up(error_);
    }
    exporter_->finish(part_.finish(), out_);
    if (!write_out() || !finish()) return give_up(error_);
    tell_problems(reader->checks(), path);
    if (const std::string left_out = exporter_->left_out(); !left_out.empty())
      fmt::print(stderr, "loopscope: {}\n", terminal_text(left_out));
    return 0;
  }

 private:
  bool take(Event& event) {
    redaction_.apply(event);
    const bool inside = wanted_.takes(event);
    exporter_->take(event, part_.analysis().model(), inside, out_);
    part_.take(event);
    return out_.size() < kBlockBytes || write_out();
  }
  bool write_out() {
    const auto written = sink_.write(out_);
    out_.clear();
    if (!written) error_ = fmt::format("{}: {}", file_.path(), written.error());
    return written.has_value();
  }
  bool finish() {
    const auto finished = sink_.finish();
    if (!finished) error_ = fmt::format("{}: {}", file_.path(), finished.error());
    return finished.has_value();
  }
  int give_up(const std::string& error) {
    file_.abandon();
    return fail(terminal_text(error));
  }
  static void tell_problems(const trace_model::TraceChecks& checks, const std::string& path) {
    uint64_t told = 0;
    for (const trace_model::Problem& problem : checks.problems())
      if (++told <= kProblemsTold) fail(terminal_text(fmt::format("{}: {}", path, sentence_of(problem))));
    if (checks.problem_count() > kProblemsTold)
      fail(fmt::format("{} more lines with problems", checks.problem_count() - kProblemsTold));
  }

  exchange::Redaction redaction_;
  std::unique_ptr<Exporter> exporter_;
  OutputFile file_;
  trace_model::TraceSink sink_;
  Part wanted_;
  trace_model::PartOfTrace part_;
  std::string out_, error_;
  bool begun_ = false;
};

}  // namespace

int export_command(const ExportOptions& options) {
  auto redaction = exchange::Redaction::of(options.redact);
  if (!redaction) {
    fail("--redact: " + terminal_text(redaction.error()));
    return 2;
  }
  if (options.limit && options.format != "html") {
    fail("--limit is of a page: --to html; --from and --to-time choose a part for any format");
    return 2;
  }
  const auto path = choose_trace(options.file);
  if (!path) return fail(terminal_text(path.error()));
  auto file = OutputFile::open(options.output.empty() ? "-" : options.output);
  if (!file) return fail(file.error());
  return Export(options, std::move(*redaction), std::move(*file)).run(*path);
}

}  // namespace loopscope::tracer
