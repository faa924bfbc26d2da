// SPDX-License-Identifier: Apache-2.0
// Taking typed values out of a JSON line. For the reader only: the one header that shows simdjson.
//
// Every function returns whether the value was as it should be; when not, Complaint says what was wrong, and
// the path to the value is put before it on the way out: "member args.fd is not an integer of 64 bits".
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Without it, a result that is used as the value it may not hold throws; with it, that does not compile.
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include "trace-model/symbols.h"

namespace loopscope::trace_model {

namespace json = simdjson::ondemand;

struct Complaint {
  std::string path, what;
  std::vector<std::string> notes;  // what is odd but does no harm: a flag's name that is not known

  bool fail(std::string_view problem) {
    what = problem;
    return false;
  }
  bool within(std::string_view name) {  // always false, to be returned
    path = path.empty() ? std::string(name) : std::string(name) + "." + path;
    return false;
  }
  void clear() {
    path.clear();
    what.clear();
    notes.clear();
  }
};

// Calls visit(key, value) for each member until one returns false.
template <typename Visit>
bool each_member(json::object object, Complaint& complaint, Visit visit) {
  for (auto member : object) {
    json::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return complaint.fail("is not well-formed JSON");
    // A key ends at its quote, which simdjson has seen; one with an escape in it is none of ours, wherever it
    // is taken to end.
    const char* name = field.key().raw();
    const char* name_end = name;
    while (*name_end != '"') ++name_end;
    const std::string_view key(name, size_t(name_end - name));
    if (!visit(key, field.value())) return complaint.within(key);
  }
  return true;
}

// Calls visit(value) for each element until one returns false.
template <typename Visit>
bool each_element(json::value& value, Complaint& complaint, Visit visit) {
  json::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return complaint.fail("is not a list");
  for (auto element : array) {
    json::value item;
    if (std::move(element).get(item) != simdjson::SUCCESS) return complaint.fail("is not well-formed JSON");
    if (!visit(item)) return false;
  }
  return true;
}

[[nodiscard]] bool is_null(json::value& value);

bool read_value(json::value& value, bool& out, Complaint& complaint);
bool read_value(json::value& value, double& out, Complaint& complaint);
bool read_value(json::value& value, int64_t& out, Complaint& complaint);
bool read_value(json::value& value, uint64_t& out, Complaint& complaint);
bool read_value(json::value& value, std::string& out, Complaint& complaint);
bool read_value(json::value& value, std::string_view& out,
                Complaint& complaint);  // valid until the next line
bool read_value(json::value& value, std::map<std::string, std::string>& out, Complaint& complaint);
bool read_value(json::value& value, std::map<std::string, uint64_t>& out, Complaint& complaint);

template <std::integral Narrow>
bool read_value(json::value& value, Narrow& out, Complaint& complaint) {
  int64_t wide = 0;
  if (!read_value(value, wide, complaint)) return false;
  if (!std::in_range<Narrow>(wide)) return complaint.fail("is out of range");
  out = Narrow(wide);
  return true;
}

template <typename T>
bool read_value(json::value& value, std::optional<T>& out, Complaint& complaint) {
  return read_value(value, out.emplace(), complaint);
}

template <typename T>
bool read_value(json::value& value, std::vector<T>& out, Complaint& complaint) {
  out.clear();
  return each_element(value, complaint,
                      [&](json::value& item) { return read_value(item, out.emplace_back(), complaint); });
}

// Bytes that were not UTF-8, and lists of strings some of which were not.
bool read_hex(json::value& value, std::string& out, Complaint& complaint);
bool read_hex(json::value& value, std::vector<std::string>& out, Complaint& complaint);

// "0x1f", a name out of a table, a list of such names. A name that is not in the table is noted and left out.
bool read_opaque(json::value& value, uint64_t& out, Complaint& complaint);
bool read_choice(json::value& value, const SymbolTable& table, uint64_t& out, Complaint& complaint);
bool read_names(json::value& value, const SymbolTable& table, uint64_t& out, Complaint& complaint);

}  // namespace loopscope::trace_model
