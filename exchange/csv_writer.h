// SPDX-License-Identifier: Apache-2.0
// Calls, operations of rings and what processes did as a table (RFC 4180), a row each, for spreadsheets and
// data frames. Text that a spreadsheet would take for a formula has an apostrophe before it.
#pragma once

#include "exchange/exporter.h"

namespace loopscope::exchange {

class CsvWriter : public Exporter {
 public:
  void take(const trace_model::Event& event, const trace_model::Model& model, bool inside,
            std::string& out) override;
  void finish(const trace_model::Report& /*report*/, std::string& out) override;

 private:
  bool headed_ = false;
};

}  // namespace loopscope::exchange
