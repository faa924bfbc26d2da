// SPDX-License-Identifier: Apache-2.0
#include "trace-model/query.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

constexpr std::string_view kSpaces = " \t\n\r";
constexpr std::string_view kOperatorSigns = "=!~<>";

// Splits a query into its conditions, with quotes resolved.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  // Empty at the end.
  [[nodiscard]] std::expected<std::optional<TermText>, std::string> next() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpaces), rest_.size()));
    if (rest_.empty()) return std::nullopt;
    const std::string_view begin = rest_;
    TermText term;
    term.field = take(rest_.find_first_of(std::string(kOperatorSigns).append(kSpaces)));
    term.operation = take_operator();
    auto value = take_value();
    term.whole = begin.substr(0, begin.size() - rest_.size());
    if (!value) return std::unexpected(fmt::format("\"{}\": {}", term.whole, value.error()));
    term.value = std::move(*value);
    return term;
  }

 private:
  std::string take(size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return std::string(taken);
  }

  std::string take_operator() {
    for (const std::string_view sign : {"!=", "!~", "<=", ">=", "=", "~", "<", ">"})
      if (rest_.starts_with(sign)) return take(sign.size());
    return {};
  }

  std::expected<std::string, std::string> take_value() {
    std::string value;
    bool quoted = false;
    while (!rest_.empty() && (quoted || !kSpaces.contains(rest_[0]))) {
      if (rest_[0] == '"') {
        quoted = !quoted;
      } else {
        if (quoted && rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
        value += rest_[0];
      }
      rest_.remove_prefix(1);
    }
    if (quoted) return std::unexpected("a quotation mark is missing at its end");
    return value;
  }

  std::string_view rest_;
};

template <typename Record>
bool all_hold(const std::vector<QueryTerm>& terms, const Record& record) {
  return std::ranges::all_of(terms, [&](const QueryTerm& term) { return term.holds(record); });
}

}  // namespace

std::expected<Query, std::string> Query::parse(std::string_view text) {
  Query query;
  Splitter splitter(text);
  for (;;) {
    const auto next = splitter.next();
    if (!next) return std::unexpected(next.error());
    const auto& term = *next;
    if (!term) return query;
    auto compiled = compile(*term);
    if (!compiled) return std::unexpected(fmt::format("\"{}\": {}", term->whole, compiled.error()));
    query.terms_.push_back(std::move(*compiled));
  }
}

bool Query::matches(const Event& event) const {
  return all_hold(terms_, event);
}
bool Query::matches(const Call& call) const {
  return all_hold(terms_, call);
}

}  // namespace loopscope::trace_model
