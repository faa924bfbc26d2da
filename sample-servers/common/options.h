// SPDX-License-Identifier: Apache-2.0
// The command line that the sample servers have in common.
#pragma once

#include <chrono>
#include <expected>
#include <string>

#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/pages.h"

namespace loopscope::sample_servers {

struct ServerOptions {
  ListenOptions listen{};
  std::chrono::milliseconds wait{20};  // what every request waits for, as if for a disk or a database
  std::string root = program_folder();
};

// The options, or the exit status to end with: 0 after --help, 2 after a complaint on stderr.
// `defaults` differ in the port; `summary` is the sentence --help begins with.
[[nodiscard]] std::expected<ServerOptions, int> parse_options(const char* program, const char* summary,
                                                              ServerOptions defaults, int argc, char** argv);

}  // namespace loopscope::sample_servers
