// SPDX-License-Identifier: Apache-2.0
// The report as a person reads it: what runs, what it listens on and how each listener is registered, how its
// loops wait and what woke them, and what the trace does not say. Strings of the target are made harmless for
// a terminal.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/report.h"

namespace loopscope::trace_model {

struct TextOptions {
  bool color = false;
  int columns = 100;
  bool utf8 = true;                        // else histograms are drawn in ASCII
  bool histogram = false;                  // of each loop
  bool verbose = false;                    // all loops in full, with histograms, and all slow bursts
  std::vector<std::string> sections = {};  // empty: all; kReportSections, and the names of Report::sections
  [[nodiscard]] bool wants(std::string_view section) const;
};

inline constexpr std::array<std::string_view, 8> kReportSections{
    "listeners", "loops", "requests", "rings", "slow", "files", "findings", "coverage"};

[[nodiscard]] std::string report_text(const Report& report, const TextOptions& options = {});

}  // namespace loopscope::trace_model
