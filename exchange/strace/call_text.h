// SPDX-License-Identifier: Apache-2.0
// name(arguments) = result, taken apart: what follows the result may be an error and its words, what a call
// returned beside its result ("(in [3])"), and a duration (-T).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/strace/log_line.h"

namespace loopscope::exchange::strace {

struct CallText {
  std::string_view name;
  std::vector<std::string_view> args;
  bool complete = false;      // the list of arguments ends
  bool returned = false;      // has a number for a result
  int64_t ret = 0;            // -1 with an error
  std::string_view ret_what;  // of a descriptor returned, with -y
  int error = 0;
  std::string_view remark;  // in brackets behind the result
  std::optional<Ns> took;
};

// The error is what is wrong with it, without the line's number.
[[nodiscard]] std::expected<CallText, std::string> read_call_text(std::string_view text);
// The first piece of a call that did not return: what there is of its arguments.
[[nodiscard]] CallText read_begun_text(std::string_view text);

}  // namespace loopscope::exchange::strace
