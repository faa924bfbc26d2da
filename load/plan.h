// SPDX-License-Identifier: Apache-2.0
// What is to be measured: servers, and the loads each is put under.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "load/theory.h"

namespace loopscope::load {

struct BenchOptions {
  std::vector<std::string> models;    // A, B, C, or by name; empty: A,B,C, or poll,epoll with `idle`
  std::vector<std::string> commands;  // --exec: {port} stands for the port
  std::vector<unsigned> concurrency;  // closed loop
  std::vector<double> rates;          // open loop, requests a second
  std::vector<unsigned> backlogs;     // empty: the server's own
  std::vector<unsigned> idle;         // connections that say nothing; empty: none
  unsigned requests = 0;              // of a round; 0: 200 in a closed loop, 20 s in an open one
  unsigned rounds = 3, wait_ms = 20;
  bool exponential = false, trace = true, quiet = false;
  uint16_t port = 0;  // of the first server, the others behind it; 0: free ones
  std::string csv, json, svg;
  std::string traces;  // a folder: the recorded runs are kept there
};

struct ServerPlan {
  std::string name;
  std::string file;                  // the name in that of a file: letters, digits, hyphens
  std::vector<std::string> command;  // {port} in a word stands for the port
  std::optional<unsigned> workers;   // for the theory; 0: any number; nothing: not known
  unsigned idle = 0;                 // connections to it that say nothing
};

struct LoadPlan {
  unsigned clients = 0;  // 0: open loop
  double rate_per_s = 0;
  unsigned requests = 0;
  [[nodiscard]] std::string name() const;  // "c=4", "25/s"
};

// `folder`: where the sample servers are. The error is a sentence.
[[nodiscard]] std::expected<std::vector<ServerPlan>, std::string> plan_servers(const BenchOptions& options,
                                                                               const std::string& folder);
[[nodiscard]] std::vector<LoadPlan> plan_loads(const BenchOptions& options);

}  // namespace loopscope::load
