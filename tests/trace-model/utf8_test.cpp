// SPDX-License-Identifier: Apache-2.0
#include "trace-model/utf8.h"

#include <gtest/gtest.h>

namespace loopscope::trace_model {
namespace {

TEST(Utf8, AcceptsWhatRfc3629Accepts) {
  for (const char* text :
       {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "z\xC3\xBCrich \xF0\x9F\x8E\x88"})
    EXPECT_TRUE(is_utf8(text)) << to_hex(text);
}

TEST(Utf8, RefusesWhatRfc3629Refuses) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xC2z", "\xE0\x80\xAF", "\xE0\x9F\xBF",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xE2\x82", "\xF0\x80\x80\xAF", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "ok\xF0\x9F\x8E"})
    EXPECT_FALSE(is_utf8(text)) << to_hex(text);
}

TEST(Utf8, NeverReadsBeyondTheText) {
  const std::string whole = "\xF0\x9F\x8E\x88";
  for (size_t n = 1; n < whole.size(); ++n) EXPECT_EQ(utf8_sequence_length({whole.data(), n}, 0), 0u);
  EXPECT_EQ(utf8_sequence_length(whole, 0), 4u);
}

TEST(Utf8, ReplacesEachOffendingByte) {
  EXPECT_EQ(to_utf8("a\xFF\xFE"
                    "b\xC3\xBC"),
            "a\xEF\xBF\xBD\xEF\xBF\xBD"
            "b\xC3\xBC");
  EXPECT_EQ(to_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(to_utf8(std::string_view("\0x", 2)), std::string("\0x", 2));
}

TEST(Utf8, HexadecimalComesBack) {
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte += char(c);
  EXPECT_EQ(from_hex(to_hex(every_byte)), every_byte);
  EXPECT_EQ(from_hex("FFaa"), "\xFF\xAA");
  EXPECT_EQ(from_hex(""), "");
  for (const char* bad : {"f", "0g", "0x", "  "}) EXPECT_EQ(from_hex(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace loopscope::trace_model
