// SPDX-License-Identifier: Apache-2.0
// The table of `loopscope compare`.
#include <fmt/format.h>

#include "trace-model/terminal_text.h"
#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {
namespace {

using trace_model::ComparisonRow;
using trace_model::MetricSpec;

constexpr ImGuiTableFlags kTable = ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_RowBg |
                                   ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_ScrollX;

void cell(const std::string& text) {
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(text.c_str());
}

std::string value_text(const MetricSpec& spec, const std::optional<double>& value,
                       const std::optional<trace_model::Range>& range) {
  if (!value) return "–";
  std::string text = metric_text(spec, *value);
  if (range)
    text += fmt::format("  ({} … {})", metric_text(spec, range->least), metric_text(spec, range->greatest));
  return text;
}

std::string verdict_words(trace_model::Verdict verdict) {
  switch (verdict) {
    case trace_model::Verdict::Within:
      return "within its range";
    case trace_model::Verdict::Likely:
      return "likely";
    case trace_model::Verdict::Clear:
      return "clear";
    default:
      return "not known";
  }
}

void row(const Frame& frame, const ComparisonRow& each) {
  const MetricSpec& spec = trace_model::all_metrics()[size_t(each.metric)];
  ImGui::TableNextRow();
  cell(std::string(spec.title));
  cell(value_text(spec, each.a, each.a_range));
  cell(value_text(spec, each.b, each.b_range));
  const auto change = each.change_percent();
  cell(change ? fmt::format("{:+.1f} %", *change) : "");
  ImGui::TableNextColumn();
  const bool clear = each.verdict == trace_model::Verdict::Clear;
  const std::string word = verdict_words(each.verdict);
  if (clear)
    ImGui::TextUnformatted(word.c_str());
  else
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(frame.theme.dim), "%s", word.c_str());
}

}  // namespace

void draw_compare(const Frame& frame) {
  const Comparing& comparing = frame.workspace.comparing;
  if (comparing.busy()) return ImGui::TextDisabled("Reading both traces …");
  if (ImGui::SmallButton(comparing.comparison() ? "compare again" : "compare the two traces, per request"))
    frame.ask(Request::Kind::Compare);
  if (!comparing.trouble().empty()) wrapped_text(comparing.trouble());
  const auto& comparison = comparing.comparison();
  if (!comparison) return;
  ImGui::TextDisabled("A, upper: %s", trace_model::terminal_text(comparison->a.name).c_str());
  ImGui::TextDisabled("B, lower: %s", trace_model::terminal_text(comparison->b.name).c_str());
  for (const std::string& warning : comparison->warnings) wrapped_text(trace_model::terminal_text(warning));
  if (!ImGui::BeginTable("compare", 5, kTable)) return;
  for (const char* title : {"per request", "A", "B", "change", "difference"}) ImGui::TableSetupColumn(title);
  ImGui::TableHeadersRow();
  for (const ComparisonRow& each : comparison->rows) row(frame, each);
  ImGui::EndTable();
}

}  // namespace loopscope::viewer
