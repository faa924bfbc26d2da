// SPDX-License-Identifier: Apache-2.0
#include "trace-model/off_json.h"

#include "trace-model/json_members.h"

namespace loopscope::trace_model {
namespace {

void write_waker(JsonLine& line, const Off& off) {
  if (off.by_tid == 0) return;
  line.raw(",\"by\":{");
  write_number(line, "\"tid\":", off.by_tid);
  if (off.by_pid != off.by_tid) write_number(line, ",\"pid\":", off.by_pid);
  write_text_unless_empty(line, "comm", off.by_comm);
  line.raw('}');
}

bool read_state(json::value& value, Off& off, Complaint& complaint) {
  std::string text;
  if (!read_value(value, text, complaint)) return false;
  if (text.size() != 1) return complaint.fail("is not one letter");
  off.state = text[0];
  return true;
}

// A name of a later version is unknown.
bool read_context(json::value& value, Off& off, Complaint& complaint) {
  std::string text;
  if (!read_value(value, text, complaint)) return false;
  off.context = wake_context_of(text).value_or(WakeContext::Unknown);
  return true;
}

bool read_waker(json::value& value, Off& off, Complaint& complaint) {
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not an object");
  const bool read = each_member(object, complaint, [&](std::string_view key, json::value& member) {
    if (key == "tid") return read_value(member, off.by_tid, complaint);
    if (key == "pid") return read_value(member, off.by_pid, complaint);
    if (key == "comm") return read_value(member, off.by_comm, complaint);
    return key != "comm_hex" || read_hex(member, off.by_comm, complaint);
  });
  if (off.by_pid == 0) off.by_pid = off.by_tid;
  return read;
}

}  // namespace

void write_off(JsonLine& line, const Off& off) {
  write_number(line, "\"dur\":", off.dur);
  if (off.intervals != 1) write_number(line, ",\"intervals\":", off.intervals);
  line.raw(",\"state\":\"");
  line.raw(off.state);
  line.raw('"');
  if (!off.woken) return;
  write_number(line, ",\"woken\":", *off.woken);
  write_number(line, ",\"delay\":", off.delay);
  if (off.context != WakeContext::Unknown) {
    line.raw(",\"context\":\"");
    line.raw(wake_context_name(off.context));
    line.raw('"');
  }
  write_waker(line, off);
}

bool read_off_member(json::value& value, std::string_view key, Off& off, Complaint& complaint) {
  if (key == "dur") return read_value(value, off.dur, complaint);
  if (key == "intervals") return read_value(value, off.intervals, complaint);
  if (key == "state") return read_state(value, off, complaint);
  if (key == "woken") return read_value(value, off.woken.emplace(), complaint);
  if (key == "delay") return read_value(value, off.delay, complaint);
  if (key == "context") return read_context(value, off, complaint);
  return key != "by" || read_waker(value, off, complaint);
}

bool read_off(json::value& value, std::optional<Off>& off, Complaint& complaint) {
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not an object");
  Off& read = off.emplace();
  return each_member(object, complaint, [&](std::string_view key, json::value& member) {
    return read_off_member(member, key, read, complaint);
  });
}

}  // namespace loopscope::trace_model
