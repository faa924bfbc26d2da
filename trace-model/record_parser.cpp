// SPDX-License-Identifier: Apache-2.0
#include "trace-model/record_parser.h"

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
}

}  // namespace

struct RecordParser::Impl {
  json::parser parser;
  json::document document;
  Event event;
  Complaint complaint;
  std::string sentence;
  std::string type;
  int64_t newer_format = 0;

  bool parse(std::string_view line);
  bool read_type(std::string_view line);
  bool read_record();
  bool read_header();

  template <typename Record>
  bool read() {
    Record& record = event.emplace<Record>();
    json::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not a JSON object");
    if (!read_members<Record>(object, members_of<Record>(), record, complaint)) return false;
    add_what_was_left_out(record);
    return true;
  }
};

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
bool RecordParser::Impl::read_header() {
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
  if (!read<TraceHeader>()) return false;
  if (std::get<TraceHeader>(event).format >= 1) return true;
  return complaint.fail("is not positive") || complaint.within("format");
}

bool RecordParser::Impl::read_record() {
  if (type == "call") {
    Call* call = std::get_if<Call>(&event);
    if (call)
      call->clear();
    else
      call = &event.emplace<Call>();
    return read_call(document, *call, complaint);
  }
  if (type == "sqe") {
    Sqe* sqe = std::get_if<Sqe>(&event);
    if (sqe)
      sqe->clear();
    else
      sqe = &event.emplace<Sqe>();
    return read_sqe(document, *sqe, complaint);
  }
  if (type == "cqe") return read<Cqe>();
  if (type == "pending") return read_pending(document, event.emplace<Pending>(), complaint);
  if (type == "fd") return read<FdRow>();
  if (type == "watch") return read<WatchRow>();
  if (type == "process") return read<ProcessRow>();
  if (type == "ring") return read<RingRow>();
  if (type == "cpu") return read<CpuRow>();
  if (type == "snapshot_end") return read<SnapshotEnd>();
  if (type == "fork") return read<Fork>();
  if (type == "exec") return read<Exec>();
  if (type == "unshare") return read<Unshare>();
  if (type == "exit") return read<Exit>();
  if (type == "lost") return read<Lost>();
  if (type == "end") return read<End>();
  if (type == "trace") return read_header();
  return read<Unknown>();
}

bool RecordParser::Impl::parse(std::string_view line) {
  complaint.clear();
  sentence.clear();
  newer_format = 0;
  const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + kPaddingBytes);
  if (const auto error = parser.iterate(padded).get(document); error != simdjson::SUCCESS) {
    sentence = why_not_json(error);
    return false;
  }
  if (!read_type(line)) return false;
  if (!read_record()) {
    sentence = complaint.path.empty() ? "the line " : "member " + complaint.path + " ";
    sentence += complaint.what;
    return false;
  }
  if (document.current_location().error() == simdjson::SUCCESS) {
    sentence = "something follows the JSON object";
    return false;
  }
  if (id_of(event) == 0) {
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
  const bool is_record = impl_->parse(line);
  if (line.size() > kLargeLineBytes) {  // what simdjson allocated for it is several times its length
    impl_->document = {};
    impl_->parser = json::parser();
  }
  return is_record ? &impl_->event : nullptr;
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
