// SPDX-License-Identifier: Apache-2.0
// The command line of a sample server: what all have in common, and what each adds.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/wait_time.h"

namespace CLI {
class App;
}

namespace loopscope::sample_servers {

struct ServerOptions {
  ListenOptions listen{};
  WaitOptions wait{};
  std::string root{};  // where balloons.txt is
  int rate_limit = 0;  // requests a second; 0: no limit
  std::string log = "-";
};

// The pool of threads to which a loop gives what would hold it up.
struct PoolOptions {
  bool offload = false;    // /cpu is computed in the pool
  bool hand_over = false;  // /balloons is opened in the pool
  int threads = 2;
  int queue = 64;  // requests that may wait for a thread of the pool; the next is answered 503
};

class CommandLine {
 public:
  // `summary` is the sentence --help begins with; options of all servers are read into `options`, whose
  // values are the defaults. The program's name comes from main's argv.
  CommandLine(const std::string& program, const std::string& summary, ServerOptions& options);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // The variables must outlive parse().
  void flag(const std::string& name, bool& value, const std::string& help);
  void number(const std::string& name, int& value, int least, int most, const std::string& help);
  void choice(const std::string& name, std::string& value, const std::vector<std::string>& choices,
              const std::string& help);
  void add(PoolOptions& options);

  // Nothing when the server is to run, else the status to end with: 0 after --help, 2 after a complaint on
  // stderr.
  [[nodiscard]] std::optional<int> parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace loopscope::sample_servers
