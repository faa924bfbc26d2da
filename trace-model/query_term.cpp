// SPDX-License-Identifier: Apache-2.0
// From the text of a condition to a QueryTerm.
#include "trace-model/query_term.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/query_values.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

using Error = std::optional<std::string>;  // a sentence without the condition it is about

enum class ValueKind : uint8_t { Integer, Octal, Unsigned, Time, Text, Symbol, Call, ErrorName, Type, Op };

struct FieldName {
  std::string_view name;
  QueryField field;
  ValueKind kind;
};
constexpr FieldName kFields[]{{"fd", QueryField::Fd, ValueKind::Integer},
                              {"file", QueryField::File, ValueKind::Integer},
                              {"call", QueryField::Call, ValueKind::Call},
                              {"path", QueryField::Path, ValueKind::Text},
                              {"addr", QueryField::Addr, ValueKind::Text},
                              {"pid", QueryField::ProcessId, ValueKind::Integer},
                              {"tid", QueryField::ThreadId, ValueKind::Integer},
                              {"ret", QueryField::Ret, ValueKind::Integer},
                              {"error", QueryField::Error, ValueKind::ErrorName},
                              {"t", QueryField::T, ValueKind::Time},
                              {"dur", QueryField::Dur, ValueKind::Time},
                              {"events", QueryField::Events, ValueKind::Symbol},
                              {"data", QueryField::Data, ValueKind::Unsigned},
                              {"type", QueryField::Type, ValueKind::Type},
                              {"kind", QueryField::Kind, ValueKind::Text},
                              {"backlog", QueryField::Backlog, ValueKind::Integer},
                              {"queue", QueryField::Queue, ValueKind::Integer},
                              {"drops", QueryField::Drops, ValueKind::Integer},
                              {"peek", QueryField::Peek, ValueKind::Text},
                              {"id", QueryField::Id, ValueKind::Integer},
                              {"op", QueryField::Op, ValueKind::Op},
                              {"flags", QueryField::Flags, ValueKind::Symbol},
                              {"ring", QueryField::Ring, ValueKind::Integer},
                              {"slot", QueryField::Slot, ValueKind::Integer},
                              {"user_data", QueryField::UserData, ValueKind::Unsigned},
                              {"res", QueryField::Res, ValueKind::Integer}};

constexpr std::array<std::string_view, std::variant_size_v<Event>> kRecordTypes{
    "trace", "process", "fd",    "watch", "ring", "pending", "snapshot_end", "call", "sqe", "cqe",
    "cpu",   "off",     "queue", "fork",  "exec", "unshare", "exit",         "lost", "end", "unknown"};

struct Operation {
  std::string_view sign;
  Operator comparison;
  bool negated;
};
constexpr Operation kOperations[]{{"=", Operator::Equal, false},    {"!=", Operator::Equal, true},
                                  {"~", Operator::Contains, false}, {"!~", Operator::Contains, true},
                                  {"<", Operator::Less, false},     {"<=", Operator::LessEqual, false},
                                  {">", Operator::Greater, false},  {">=", Operator::GreaterEqual, false}};

ValueKind value_kind(ArgKind kind) {
  switch (kind) {
    case ArgKind::Octal:
      return ValueKind::Octal;
    case ArgKind::Flags:
    case ArgKind::Choice:
      return ValueKind::Symbol;
    case ArgKind::Opaque:
      return ValueKind::Unsigned;
    case ArgKind::Ns:
      return ValueKind::Time;
    case ArgKind::Path:
    case ArgKind::Address:
      return ValueKind::Text;
    default:
      return ValueKind::Integer;
  }
}

// Every argument of that name, in the calls that have one.
std::vector<std::vector<ArgumentTest>> arguments_named(std::string_view name,
                                                       std::optional<ValueKind>& kind) {
  std::vector<std::vector<ArgumentTest>> tests(all_calls().size());
  for (size_t call = 0; call < tests.size(); ++call) {
    int8_t fd_set = 0;
    const auto args = all_calls()[call].args;
    for (size_t i = 0; i < args.size(); ++i) {
      if (args[i].name == name) {
        tests[call].push_back({int8_t(i), fd_set, args[i].kind, {}});
        kind = value_kind(args[i].kind);
      }
      fd_set += args[i].kind == ArgKind::FdSet;
    }
  }
  return tests;
}

class Compiler {
 public:
  explicit Compiler(const TermText& text) : text_(text) {}

  std::expected<QueryTerm, std::string> compile() {
    for (const auto step : {&Compiler::find_field, &Compiler::find_operation, &Compiler::check_operation,
                            &Compiler::take_value})
      if (Error error = (this->*step)()) return std::unexpected(std::move(*error));
    return std::move(term_);
  }

 private:
  Error find_field() {
    if (text_.operation.empty())
      return "this is neither a file nor a condition; a condition is FIELD, an operator (= != ~ !~ < <= > "
             ">=) and a "
             "value, without spaces";
    std::optional<ValueKind> kind;
    term_.arguments = arguments_named(text_.field, kind);
    const auto known = std::ranges::find(kFields, text_.field, &FieldName::name);
    if (known != std::end(kFields)) {
      term_.field = known->field;
      kind_ = known->kind;
    } else if (kind) {
      kind_ = *kind;
    } else {
      return fmt::format("there is no field \"{}\"; there are {} and the names of arguments", text_.field,
                         fmt::join(query_field_names(), ", "));
    }
    return {};
  }

  Error find_operation() {
    const auto found = std::ranges::find(kOperations, text_.operation, &Operation::sign);
    if (found == std::end(kOperations)) return fmt::format("\"{}\" is no operator", text_.operation);
    term_.comparison = found->comparison;
    term_.negated = found->negated;
    if (text_.value.empty()) return "a value is missing behind the operator";
    return {};
  }

  Error check_operation() {
    const bool number = kind_ == ValueKind::Integer || kind_ == ValueKind::Octal ||
                        kind_ == ValueKind::Unsigned || kind_ == ValueKind::Time;
    if (number && contains())
      return fmt::format("{} is a number, of which {} has no meaning", text_.field, text_.operation);
    if (!number && !contains() && term_.comparison != Operator::Equal)
      return fmt::format("{} is not a number, so {} has no meaning", text_.field, text_.operation);
    return {};
  }

  Error take_value() {
    const bool commas_separate = kind_ != ValueKind::Text || term_.field == QueryField::Kind;
    if (!commas_separate) {
      term_.texts.push_back(text_.value);
      return {};
    }
    if (kind_ == ValueKind::Call) term_.calls.resize(all_calls().size());
    if (kind_ == ValueKind::ErrorName) term_.errors.resize(kErrorNumbers);
    if (kind_ == ValueKind::Op) term_.operations.resize(256);
    for (const std::string_view value : alternatives_of(text_.value))
      if (Error error = take_alternative(value)) return error;
    return {};
  }

  Error take_alternative(std::string_view value) {
    switch (kind_) {
      case ValueKind::Call:
        return take_call(value);
      case ValueKind::ErrorName:
        return take_error(value);
      case ValueKind::Symbol:
        return take_symbols(value) ? Error() : no_such_name(value);
      case ValueKind::Type:
        return take_type(value);
      case ValueKind::Op:
        return take_op(value);
      case ValueKind::Text:
        term_.texts.emplace_back(value);
        return {};
      default:
        return take_number(value);
    }
  }

  Error take_number(std::string_view value) {
    const bool time = kind_ == ValueKind::Time;
    const auto number = value == "AT_FDCWD"         ? std::optional<int64_t>(-100)
                        : time                      ? parse_duration(value)
                        : kind_ == ValueKind::Octal ? parse_octal(value)
                                                    : parse_integer(value);
    if (!number && time)
      return fmt::format("\"{}\" is not a time; a time is a number and ns, us, ms or s, as in 10ms", value);
    if (!number)
      return fmt::format("\"{}\" is not {} number", value, kind_ == ValueKind::Octal ? "an octal" : "a");
    term_.numbers.push_back(*number);
    term_.is_unsigned = kind_ == ValueKind::Unsigned;
    return {};
  }

  Error take_call(std::string_view value) {
    bool any = false;
    term_.texts.emplace_back(value);
    for (size_t i = 0; i < term_.calls.size(); ++i) {
      const std::string_view name = all_calls()[i].name;
      if (contains() ? name.find(value) == std::string_view::npos : name != value) continue;
      any = term_.calls[i] = true;
    }
    if (any || contains()) return {};  // newer recorders may know calls that this version does not
    return fmt::format("there is no call \"{}\"; call~{} would look for a part of the name", value, value);
  }

  Error take_error(std::string_view value) {
    bool any = false;
    if (const auto number = parse_integer(value);
        number && !contains() && *number > 0 && *number < kErrorNumbers)
      any = term_.errors[size_t(*number)] = true;
    for (int i = 1; i < kErrorNumbers; ++i)
      if (const std::string_view name = error_name(i);
          !name.empty() && (contains() || name.size() == value.size()))
        if (names(value, name, contains())) any = term_.errors[size_t(i)] = true;
    if (any) return {};
    return fmt::format("there is no error \"{}\"; they have the names of errno(3), as EAGAIN", value);
  }

  Error take_type(std::string_view value) {
    bool any = take_symbols(value);
    for (size_t i = 0; i < kRecordTypes.size(); ++i)
      if (contains() ? kRecordTypes[i].find(value) != std::string_view::npos : kRecordTypes[i] == value)
        term_.record_types |= 1u << i, any = true;
    if (any) return {};
    return fmt::format("there is no type \"{}\"; records are of type {}", value,
                       fmt::join(kRecordTypes, ", "));
  }

  // An operation of a ring has its whole name: ADD is EPOLL_CTL_ADD, not POLL_ADD.
  Error take_op(std::string_view value) {
    bool any = take_symbols(value);
    constexpr std::string_view kPrefix = "IORING_OP_";
    const std::string_view name = value.starts_with(kPrefix) ? value.substr(kPrefix.size()) : value;
    const auto number = contains() ? std::nullopt : uring_op_number(name);
    for (int op = 0; op < 256; ++op) {
      const UringOp* known = uring_op(uint8_t(op));
      const bool named =
          known && names(name, known->name, contains()) && (contains() || name.size() == known->name.size());
      if (named || number == op) any = term_.operations[size_t(op)] = true;
    }
    return any ? Error() : no_such_name(value);
  }

  bool take_symbols(std::string_view value) {
    bool any = false;
    const auto add = [&](std::vector<BitTest>& to, const SymbolTable& table) {
      const auto tests = bit_tests(table, value, contains());
      to.insert(to.end(), tests.begin(), tests.end());
      any |= !tests.empty();
    };
    for (size_t call = 0; call < term_.arguments.size(); ++call)
      for (ArgumentTest& test : term_.arguments[call])
        if (const ArgSpec& arg = all_calls()[call].args[size_t(test.index)]; arg.symbols)
          add(test.bits, *arg.symbols);
    if (term_.field == QueryField::Events) {
      add(term_.epoll_events, symbols::kEpollEvents);
      add(term_.poll_events, symbols::kPollEvents);
    }
    if (term_.field == QueryField::Flags) {
      add(term_.ring_flags, symbols::kUringSetupFlags);
      add(term_.sqe_flags, symbols::kSqeFlags);
      add(term_.cqe_flags, symbols::kCqeFlags);
    }
    return any;
  }

  Error no_such_name(std::string_view value) const {
    return fmt::format("no {} {} \"{}\"", text_.field, contains() ? "contains" : "is called", value);
  }

  [[nodiscard]] bool contains() const { return term_.comparison == Operator::Contains; }

  const TermText& text_;
  QueryTerm term_;
  ValueKind kind_ = ValueKind::Text;
};

}  // namespace

std::expected<QueryTerm, std::string> compile(const TermText& text) {
  return Compiler(text).compile();
}

const std::vector<std::string_view>& query_field_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const FieldName& field : kFields) all.push_back(field.name);
    return all;
  }();
  return names;
}

std::string_view record_type_name(size_t index_in_event) {
  return kRecordTypes.at(index_in_event);
}

}  // namespace loopscope::trace_model
