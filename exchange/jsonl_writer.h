// SPDX-License-Identifier: Apache-2.0
// A trace of a part of a trace. It begins with rows that state what was known when the part began, as one
// that `record --last` leaves; ids from there on are greater by the number of those rows.
#pragma once

#include <optional>

#include "exchange/exporter.h"

namespace loopscope::exchange {

class JsonlWriter : public Exporter {
 public:
  void take(const trace_model::Event& event, const trace_model::Model& model, bool inside,
            std::string& out) override;
  void finish(const trace_model::Report& /*report*/, std::string& /*out*/) override {}

 private:
  void state(const trace_model::Model& model, const trace_model::Event& first, std::string& out);
  void shift(trace_model::Event& event) const;

  bool begun_ = false;
  uint64_t skipped_ = 0, calls_ = 0, shift_ = 0;
  trace_model::Ns last_ = INT64_MIN;
};

}  // namespace loopscope::exchange
