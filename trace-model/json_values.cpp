// SPDX-License-Identifier: Apache-2.0
#include "trace-model/json_values.h"

#include <charconv>

#include "trace-model/utf8.h"

namespace loopscope::trace_model {
namespace {

void note_unknown_name(std::string_view name, Complaint& complaint) {
  complaint.notes.push_back("the name \"" + std::string(name.substr(0, 80)) +
                            "\" is not known and was left out");
}

template <typename T>
bool read_map(json::value& value, std::map<std::string, T>& out, Complaint& complaint) {
  out.clear();
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not an object");
  for (auto member : object) {
    json::field field;
    std::string_view key;
    if (std::move(member).get(field) != simdjson::SUCCESS ||
        field.unescaped_key().get(key) != simdjson::SUCCESS)
      return complaint.fail("is not well-formed JSON");
    const std::string name(key);
    if (!read_value(field.value(), out[name], complaint)) return complaint.within(name);
  }
  return true;
}

}  // namespace

bool is_null(json::value& value) {
  const simdjson::simdjson_result<bool> null = value.is_null();
  return null.error() == simdjson::SUCCESS && null.value_unsafe();
}

bool read_value(json::value& value, bool& out, Complaint& complaint) {
  return value.get_bool().get(out) == simdjson::SUCCESS || complaint.fail("is neither true nor false");
}

bool read_value(json::value& value, double& out, Complaint& complaint) {
  return value.get_double().get(out) == simdjson::SUCCESS || complaint.fail("is not a number");
}

bool read_value(json::value& value, int64_t& out, Complaint& complaint) {
  return value.get_int64().get(out) == simdjson::SUCCESS || complaint.fail("is not an integer of 64 bits");
}

bool read_value(json::value& value, uint64_t& out, Complaint& complaint) {
  return value.get_uint64().get(out) == simdjson::SUCCESS ||
         complaint.fail("is not an unsigned integer of 64 bits");
}

bool read_value(json::value& value, std::string_view& out, Complaint& complaint) {
  return value.get_string().get(out) == simdjson::SUCCESS || complaint.fail("is not a string");
}

bool read_value(json::value& value, std::string& out, Complaint& complaint) {
  std::string_view text;
  if (!read_value(value, text, complaint)) return false;
  out.assign(text);
  return true;
}

bool read_value(json::value& value, std::map<std::string, std::string>& out, Complaint& complaint) {
  return read_map(value, out, complaint);
}

bool read_value(json::value& value, std::map<std::string, uint64_t>& out, Complaint& complaint) {
  return read_map(value, out, complaint);
}

bool read_hex(json::value& value, std::string& out, Complaint& complaint) {
  std::string_view hex;
  if (!read_value(value, hex, complaint)) return false;
  auto bytes = from_hex(hex);
  if (!bytes) return complaint.fail("is not hexadecimal");
  out = std::move(*bytes);
  return true;
}

bool read_hex(json::value& value, std::vector<std::string>& out, Complaint& complaint) {
  size_t index = 0;
  return each_element(value, complaint, [&](json::value& item) {
    const size_t i = index++;
    if (is_null(item)) return true;
    if (i >= out.size()) return complaint.fail("is longer than the list it belongs to");
    return read_hex(item, out[i], complaint);
  });
}

bool read_opaque(json::value& value, uint64_t& out, Complaint& complaint) {
  std::string_view text;
  if (!read_value(value, text, complaint)) return false;
  const char* end = text.data() + text.size();
  if (text.size() > 2 && text.starts_with("0x")) {
    const auto [at, error] = std::from_chars(text.data() + 2, end, out, 16);
    if (error == std::errc() && at == end) return true;
  }
  return complaint.fail("is not of the form \"0x1f\"");
}

bool read_choice(json::value& value, const SymbolTable& table, uint64_t& out, Complaint& complaint) {
  std::string_view name;
  if (!read_value(value, name, complaint)) return false;
  if (const auto bits = bits_of(table, name))
    out = *bits;
  else
    note_unknown_name(name, complaint);
  return true;
}

bool read_names(json::value& value, const SymbolTable& table, uint64_t& out, Complaint& complaint) {
  out = 0;
  return each_element(value, complaint, [&](json::value& item) {
    std::string_view name;
    if (!read_value(item, name, complaint)) return false;
    if (const auto bits = bits_of(table, name))
      out |= *bits;
    else
      note_unknown_name(name, complaint);
    return true;
  });
}

}  // namespace loopscope::trace_model
