// SPDX-License-Identifier: Apache-2.0
// Where texts are broken into lines.
#include "viewer/logic/line_breaks.h"

#include <gtest/gtest.h>

namespace loopscope::viewer {
namespace {

// A character is as wide as any other; Chinese ones are two.
std::string broken(std::string_view text, float columns) {
  return with_line_breaks(text, columns, [](std::string_view part) {
    float width = 0;
    for (const char c : part)
      if ((uint8_t(c) & 0xc0) != 0x80) width += uint8_t(c) >= 0xe0 ? 2 : 1;
    return width;
  });
}

TEST(LineBreaks, AreAtSpaces) {
  EXPECT_EQ(broken("one two three", 20), "one two three");
  EXPECT_EQ(broken("one two three", 8), "one two\nthree");
  EXPECT_EQ(broken("one two three", 7), "one two\nthree") << "the space at the end needs no room";
  EXPECT_EQ(broken("one\ntwo three", 8), "one\ntwo\nthree");
  EXPECT_EQ(broken("", 8), "");
}

TEST(LineBreaks, LeaveNumbersWhole) {
  EXPECT_EQ(broken("at worst, at 0.493 417 s, while", 22), "at worst, at\n0.493 417 s, while");
  EXPECT_EQ(broken("openat() = 3 <17.4us>", 16), "openat() = 3\n<17.4us>");
  EXPECT_EQ(broken("it took 17 µs", 11), "it took\n17 µs");
}

TEST(LineBreaks, CutWordsThatAreTooWide) {
  EXPECT_EQ(broken("\"/tmp/some/where/file.pyc\", 1", 12), "\"/tmp/some/\nwhere/\nfile.pyc\", 1");
  EXPECT_EQ(broken("abcdefghij", 4), "abcd\nefgh\nij");
  EXPECT_EQ(broken("ab", 0.5F), "a\nb");
  EXPECT_EQ(broken("µµµµ", 2), "µµ\nµµ") << "no half of a character";
}

TEST(LineBreaks, AreBetweenChineseCharacters) {
  EXPECT_EQ(broken("監聽的 socket，再看", 10), "監聽的\nsocket，再\n看");
  EXPECT_EQ(broken("答對了。", 6), "答對\n了。");
}

// Not UTF-8, and long: it ends, and what it has of the text is all of it.
TEST(LineBreaks, AnythingGoes) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += char(i * 7919 % 256);
  std::string joined = broken(text, 40), original = text;
  const auto drop_space = [](std::string& of) {
    std::erase_if(of, [](char c) { return c == '\n' || c == ' '; });
  };
  drop_space(joined);
  drop_space(original);
  EXPECT_EQ(joined, original);
}

}  // namespace
}  // namespace loopscope::viewer
