// SPDX-License-Identifier: Apache-2.0
// An explanation as text and as JSON.
#pragma once

#include <string>

#include "trace-model/report.h"
#include "trace-model/story/explanation.h"
#include "trace-model/text_page.h"

namespace loopscope::trace_model {

// `asked` is the record that was named.
[[nodiscard]] std::string explanation_text(const Explanation& said, RecordId asked, const Report& report,
                                           const PageOptions& options);
[[nodiscard]] std::string explanation_json(const Explanation& said, RecordId asked, const Report& report);

}  // namespace loopscope::trace_model
