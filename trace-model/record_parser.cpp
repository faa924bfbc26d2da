// SPDX-License-Identifier: Apache-2.0
#include "trace-model/record_parser.h"

#include "trace-model/quick_records.h"
#include "trace-model/record_tables.h"

namespace loopscope::trace_model {
namespace {

constexpr std::string_view kUsualBeginning = "{\"type\":\"";
constexpr size_t kLargeLineBytes = 1 << 20;
static_assert(RecordParser::kPaddingBytes >= simdjson::SIMDJSON_PADDING);

std::string why_not_json(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "the line is not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "the line ends within a string";
    case simdjson::UNESCAPED_CHARS:
      return "the line has a control character within a string";
    default:
      return "the line is not a JSON object";
  }
}

// The rules by which some members stand for others.
void add_what_was_left_out(auto& record) {
  if constexpr (requires { record.pid, record.tid; })
    if (!record.pid) record.pid = record.tid;
  if constexpr (requires { complete(record); }) complete(record);
}

}  // namespace

struct RecordParser::Impl {
  json::parser parser;
  json::document document;
  RecordPool own;
  Event* event = nullptr;
  Complaint complaint;
  std::string sentence;
  std::string type;
  int64_t newer_format = 0;

  bool parse_quickly(std::string_view line, RecordPool& pool);
  bool parse_as_json(std::string_view line, RecordPool& pool);
  bool parse_document(std::string_view line, RecordPool& pool);
  void forget();
  bool read_type(std::string_view line);
  bool read_record(RecordPool& pool);
  bool read_header(RecordPool& pool);

  template <typename Record>
  bool read_as_written(QuickText in, RecordPool& pool) {
    Record& record = pool.make<Record>(event);
    if (read_quickly(in, record) && record.id != 0) return completed<Record>();
    pool.take_back<Record>();
    return false;
  }

  template <typename Record>
  bool read(RecordPool& pool) {
    Record& record = pool.make<Record>(event);
    json::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not a JSON object");
    return read_members<Record>(object, members_of<Record>(), record, complaint) && completed<Record>();
  }

  template <typename Record>
  bool completed() {
    add_what_was_left_out(std::get<Record>(*event));
    return true;
  }
};

void RecordParser::Impl::forget() {
  complaint.clear();
  sentence.clear();
  newer_format = 0;
}

// Nearly every line begins with its type; elsewhere it is looked for.
bool RecordParser::Impl::read_type(std::string_view line) {
  if (line.starts_with(kUsualBeginning)) {
    const std::string_view rest = line.substr(kUsualBeginning.size());
    const size_t length = rest.find_first_of("\"\\");
    if (length != rest.npos && rest[length] == '"') {
      type.assign(rest.substr(0, length));
      return true;
    }
  }
  json::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) {
    sentence = "the line is not a JSON object";
    return false;
  }
  json::value value;
  const auto found = object.find_field_unordered("type").get(value);
  std::string_view name;
  if (found == simdjson::NO_SUCH_FIELD)
    sentence = "member type is missing";
  else if (found != simdjson::SUCCESS)
    sentence = "the line is not a JSON object";
  else if (value.get_string().get(name) != simdjson::SUCCESS)
    sentence = "member type is not a string";
  if (!sentence.empty()) return false;
  type.assign(name);
  if (!document.is_alive()) {
    sentence = "the line is not a JSON object";
    return false;
  }
  document.rewind();
  return true;
}

// Whatever else a newer format changed, its header says that it is one.
bool RecordParser::Impl::read_header(RecordPool& pool) {
  json::object object;
  int64_t format = 0;
  if (document.get_object().get(object) == simdjson::SUCCESS &&
      object.find_field_unordered("format").get_int64().get(format) == simdjson::SUCCESS &&
      format > kFormat) {
    newer_format = format;
    return complaint.fail("is newer than what this version reads") || complaint.within("format");
  }
  if (!document.is_alive()) return complaint.fail("is not a JSON object");
  document.rewind();
  if (!read<TraceHeader>(pool)) return false;
  if (std::get<TraceHeader>(*event).format >= 1) return true;
  return complaint.fail("is not positive") || complaint.within("format");
}

bool RecordParser::Impl::read_record(RecordPool& pool) {
  if (type == "call") return read_call(document, pool.make<Call>(event), complaint) && completed<Call>();
  if (type == "sqe") return read_sqe(document, pool.make<Sqe>(event), complaint) && completed<Sqe>();
  if (type == "pending")
    return read_pending(document, pool.make<Pending>(event), complaint) && completed<Pending>();
  if (type == "cqe") return read<Cqe>(pool);
  if (type == "fd") return read<FdRow>(pool);
  if (type == "watch") return read<WatchRow>(pool);
  if (type == "process") return read<ProcessRow>(pool);
  if (type == "ring") return read<RingRow>(pool);
  if (type == "cpu") return read<CpuRow>(pool);
  if (type == "off") return read<OffRow>(pool);
  if (type == "queue") return read<QueueRow>(pool);
  if (type == "snapshot_end") return read<SnapshotEnd>(pool);
  if (type == "fork") return read<Fork>(pool);
  if (type == "exec") return read<Exec>(pool);
  if (type == "unshare") return read<Unshare>(pool);
  if (type == "exit") return read<Exit>(pool);
  if (type == "lost") return read<Lost>(pool);
  if (type == "end") return read<End>(pool);
  if (type == "trace") return read_header(pool);
  return read<Unknown>(pool);
}

bool RecordParser::Impl::parse_quickly(std::string_view line, RecordPool& pool) {
  constexpr std::string_view kCall = "{\"type\":\"call\",\"id\":", kSqe = "{\"type\":\"sqe\",\"id\":",
                             kCqe = "{\"type\":\"cqe\",\"id\":", kOff = "{\"type\":\"off\",\"id\":";
  if (line.starts_with(kCall)) return read_as_written<Call>(QuickText(line.substr(kCall.size())), pool);
  if (line.starts_with(kSqe)) return read_as_written<Sqe>(QuickText(line.substr(kSqe.size())), pool);
  if (line.starts_with(kCqe)) return read_as_written<Cqe>(QuickText(line.substr(kCqe.size())), pool);
  if (line.starts_with(kOff)) return read_as_written<OffRow>(QuickText(line.substr(kOff.size())), pool);
  return false;
}

bool RecordParser::Impl::parse_as_json(std::string_view line, RecordPool& pool) {
  const bool parsed = parse_document(line, pool);
  if (line.size() > kLargeLineBytes) {  // what simdjson allocated for it is several times its length
    document = {};
    parser = json::parser();
  }
  return parsed;
}

bool RecordParser::Impl::parse_document(std::string_view line, RecordPool& pool) {
  const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + kPaddingBytes);
  if (const auto error = parser.iterate(padded).get(document); error != simdjson::SUCCESS) {
    sentence = why_not_json(error);
    return false;
  }
  if (!read_type(line)) return false;
  if (!read_record(pool)) {
    sentence = complaint.path.empty() ? "the line " : "member " + complaint.path + " ";
    sentence += complaint.what;
    return false;
  }
  if (document.current_location().error() == simdjson::SUCCESS) {
    sentence = "something follows the JSON object";
    return false;
  }
  if (id_of(*event) == 0) {
    sentence = "member id is not positive";
    return false;
  }
  return true;
}

RecordParser::RecordParser() : impl_(std::make_unique<Impl>()) {}
RecordParser::~RecordParser() = default;
RecordParser::RecordParser(RecordParser&&) noexcept = default;
RecordParser& RecordParser::operator=(RecordParser&&) noexcept = default;

Event* RecordParser::parse(std::string_view line) {
  impl_->own.clear();
  return parse(line, impl_->own);
}

Event* RecordParser::parse(std::string_view line, RecordPool& pool) {
  impl_->forget();
  const bool parsed = impl_->parse_quickly(line, pool) || impl_->parse_as_json(line, pool);
  return parsed ? impl_->event : nullptr;
}

Event* RecordParser::parse_as_json(std::string_view line) {
  impl_->forget();
  impl_->own.clear();
  return impl_->parse_as_json(line, impl_->own) ? impl_->event : nullptr;
}

const std::string& RecordParser::complaint() const {
  return impl_->sentence;
}
const std::vector<std::string>& RecordParser::notes() const {
  return impl_->complaint.notes;
}
int64_t RecordParser::newer_format() const {
  return impl_->newer_format;
}

}  // namespace loopscope::trace_model
