// SPDX-License-Identifier: Apache-2.0
#include "load/theory.h"

namespace loopscope::load {
namespace {

// The share of requests that find all workers busy. `offered` in Erlang, less than `workers`.
double erlang_c(unsigned workers, double offered) {
  double blocked = 1;  // Erlang's B, worker by worker
  for (unsigned i = 1; i <= workers; ++i) blocked = offered * blocked / (i + offered * blocked);
  return blocked / (1 - offered / workers * (1 - blocked));
}

}  // namespace

double closed_latency_s(const ServiceModel& model, unsigned clients) {
  if (model.workers == 0) return model.service_s;
  const unsigned rounds = (clients + model.workers - 1) / model.workers;
  return model.service_s * rounds;
}

std::optional<double> open_latency_s(const ServiceModel& model, double rate_per_s) {
  if (model.workers == 0) return model.service_s;
  const double offered = rate_per_s * model.service_s;
  if (offered >= model.workers) return std::nullopt;
  const double wait = erlang_c(model.workers, offered) * model.service_s / (model.workers - offered);
  return model.service_s + (model.exponential ? wait : wait / 2);
}

}  // namespace loopscope::load
