// SPDX-License-Identifier: Apache-2.0
// What is said of a process of which no thread could be observed depends on whether it is still there.
#include "tracer/targets.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/tracer/proc/child.h"

namespace loopscope::tracer {
namespace {

TEST(Targets, OneThatIsThereIsNotSaidToHaveEnded) {
  const Child child([] { pause(); });
  const std::string why = why_not_observed(child.pid());
  EXPECT_TRUE(why.starts_with(fmt::format("process {} (recorder_tests) is there", child.pid()))) << why;
  EXPECT_FALSE(why.contains("ended")) << why;
}

TEST(Targets, OneThatIsGoneHasEnded) {
  Pid gone = 0;
  {
    const Child child([] { pause(); });
    gone = child.pid();
  }
  EXPECT_EQ(why_not_observed(gone), fmt::format("process {} ended while loopscope attached to it", gone));
}

}  // namespace
}  // namespace loopscope::tracer
