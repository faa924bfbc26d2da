// SPDX-License-Identifier: Apache-2.0
// A query that cannot be understood gives one sentence that names the condition it is about.
#include <gtest/gtest.h>

#include <random>

#include "trace-model/query.h"

namespace loopscope::trace_model {
namespace {

struct Bad {
  std::string_view query, term, says;
};

class BadQuery : public testing::TestWithParam<Bad> {};

TEST_P(BadQuery, NamesTheTerm) {
  const auto& [text, term, says] = GetParam();
  const auto query = Query::parse(text);
  ASSERT_FALSE(query) << text;
  EXPECT_TRUE(query.error().starts_with("\"" + std::string(term) + "\": ")) << query.error();
  EXPECT_TRUE(query.error().contains(says)) << query.error();
  EXPECT_FALSE(query.error().contains('\n')) << query.error();
}

INSTANTIATE_TEST_SUITE_P(
    All, BadQuery,
    testing::Values(
        Bad{"bogus", "bogus", "neither a file nor a condition"}, Bad{"fd=6 bogus dur>1ms", "bogus", "FIELD"},
        Bad{"fd = 6", "fd", "without spaces"}, Bad{"=6", "=6", "there is no field \"\""},
        Bad{"foo=1", "foo=1", "there are fd, file"}, Bad{"fd=6 FD=7", "FD=7", "there is no field \"FD\""},
        Bad{"fd=", "fd=", "value is missing"}, Bad{"fd= 6", "fd=", "value is missing"},
        Bad{"fd==6", "fd==6", "\"=6\" is not a number"}, Bad{"fd=six", "fd=six", "not a number"},
        Bad{"fd=6,", "fd=6,", "\"\" is not a number"},
        Bad{"fd=99999999999999999999", "fd=99999999999999999999", "not a number"},
        Bad{"fd=0x", "fd=0x", "not a number"}, Bad{"fd=6ms", "fd=6ms", "not a number"},
        Bad{"fd~6", "fd~6", "~ has no meaning"}, Bad{"mode=0999", "mode=0999", "not an octal number"},
        Bad{"dur>10x", "dur>10x", "not a time"}, Bad{"dur>ms", "dur>ms", "not a time"},
        Bad{"dur>1e300s", "dur>1e300s", "not a time"},
        Bad{"dur>99999999999s", "dur>99999999999s", "not a time"}, Bad{"dur>nan", "dur>nan", "not a time"},
        Bad{"call=acept", "call=acept", "no call \"acept\""},
        Bad{"call=read,acept", "call=read,acept", "no call \"acept\""},
        Bad{"call=epoll", "call=epoll", "call~epoll"}, Bad{"call>read", "call>read", "> has no meaning"},
        Bad{"path<x", "path<x", "< has no meaning"}, Bad{"op=FOO", "op=FOO", "no op is called \"FOO\""},
        Bad{"op~FOO", "op~FOO", "no op contains \"FOO\""}, Bad{"op>=ADD", "op>=ADD", ">= has no meaning"},
        Bad{"events=EPOLL", "events=EPOLL", "no events is called"},
        Bad{"error=EFOO", "error=EFOO", "no error \"EFOO\""}, Bad{"error=0", "error=0", "no error \"0\""},
        Bad{"type=foo", "type=foo", "no type \"foo\""},
        Bad{"path~\"a b", "path~\"a b", "quotation mark is missing"}));

TEST(Query, AnythingIsEitherParsedOrRefused) {
  std::mt19937 random(5);
  constexpr std::string_view kPieces[]{"fd", "dur", "path", "op",   "=",  "!=",     "~",    ">",
                                       "<=", "6",   "10ms", "ADD",  "\"", "\\",     " ",    ",",
                                       "0x", "-",   "\xff", "\x1b", "é",  "events", "type", "error"};
  int parsed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (unsigned n = random() % 8; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    const auto query = Query::parse(text);
    parsed += query.has_value();
    if (query) {
      (void)query->matches(Event(Call()));
    } else {
      EXPECT_TRUE(query.error().starts_with('"')) << query.error();
    }
  }
  EXPECT_GT(parsed, 0);
}

}  // namespace
}  // namespace loopscope::trace_model
