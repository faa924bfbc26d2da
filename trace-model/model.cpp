// SPDX-License-Identifier: Apache-2.0
#include "trace-model/model.h"

#include <algorithm>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {

Model::Model() : state_(std::make_unique<State>()) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

void Model::apply(const Event& event) {
  if (const Call* call = std::get_if<Call>(&event)) return apply(*call);
  if (const Ns t = completion_time(event); t != INT64_MIN) state_->last_t = std::max(state_->last_t, t);
  std::visit([this](const auto& record) { state_->on(record); }, event);
}

void Model::apply(const Call& call) {
  state_->on(call);
}

void Model::join(Call& call) const {
  state_->join(call);
}

void Model::join(Cqe& cqe) const {
  state_->join(cqe);
}

void Model::join(Event& event) const {
  if (Call* call = std::get_if<Call>(&event)) return join(*call);
  if (Cqe* cqe = std::get_if<Cqe>(&event)) join(*cqe);
}

}  // namespace loopscope::trace_model
