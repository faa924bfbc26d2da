// SPDX-License-Identifier: Apache-2.0
// What turns the records of a trace into another format: fed in file order, text out, piece by piece, so that
// memory does not follow the length of the trace unless the format asks for it.
#pragma once

#include <string>

#include "trace-model/analysis/analysis.h"
#include "trace-model/report.h"

namespace loopscope::exchange {

class Exporter {
 public:
  virtual ~Exporter() = default;
  // Before the first record: for formats that tell what the analysis found.
  virtual void add_to(trace_model::Analysis& /*analysis*/) {}
  // A record, before it is applied to the model. `inside`: it belongs to the part that is asked for.
  virtual void take(const trace_model::Event& event, const trace_model::Model& model, bool inside,
                    std::string& out) = 0;
  // After the last one.
  virtual void finish(const trace_model::Report& report, std::string& out) = 0;
  // A sentence on what of the part that was asked for is not in it; empty: nothing.
  [[nodiscard]] virtual std::string left_out() const { return {}; }
};

}  // namespace loopscope::exchange
