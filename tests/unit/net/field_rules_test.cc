#include "net/field_rules.h"

#include <string>

#include <gtest/gtest.h>

namespace manta::net {
namespace {

TEST(FieldRulesTest, FindsAControlCharacterAtEveryPlace) {
  for (const char control : {'\0', '\t', '\n', '\x1f', '\x7f'})
    for (std::size_t at = 0; at < 40; ++at) {
      std::string text(40, '\xc3');
      text[at] = control;
      EXPECT_EQ(find_control(text), at);
      EXPECT_EQ(find_control(text, at), at);
      EXPECT_EQ(find_control(text, at + 1), text.size());
    }
}

TEST(FieldRulesTest, WhatBeginsBehindTheTextHasNoControlCharacter) {
  EXPECT_EQ(find_control(""), 0u);
  EXPECT_EQ(find_control("a\n", 2), 2u);
  EXPECT_EQ(find_control("a\n", 3), 2u);
}

TEST(FieldRulesTest, ATabMayStandInAValueAndNoOtherControlCharacter) {
  EXPECT_TRUE(may_send("x-a", "a\tb and a long text behind it\t"));
  for (const char control : {'\0', '\r', '\n', '\x1f', '\x7f'})
    for (std::size_t at = 0; at < 40; ++at) {
      std::string value(40, 'v');
      value[at] = control;
      EXPECT_FALSE(may_send("x-a", value)) << at;
    }
}

TEST(FieldRulesTest, NamesAreSentInLowerCaseButReadInAny) {
  EXPECT_TRUE(is_token("X-A_b"));
  EXPECT_FALSE(may_send("X-A_b", ""));
  EXPECT_TRUE(may_send("x-a_b", ""));
  for (const std::string_view name : {"", "a b", "a:", "a\t", "\xc3\xa4", "a\""}) {
    EXPECT_FALSE(is_token(name)) << name;
    EXPECT_FALSE(may_send(name, "")) << name;
  }
}

TEST(FieldRulesTest, AByteThatNoNameMayHaveIsFoundAtEveryPlace) {
  for (std::size_t size = 1; size < 40; ++size)
    for (std::size_t at = 0; at < size; ++at) {
      std::string name(size, 'n');
      EXPECT_TRUE(is_token(name));
      for (const char wrong : {'\0', '\r', ' ', '/', ':', '@', '[', '\x7f', '\x80', '\xff'}) {
        name[at] = wrong;
        EXPECT_FALSE(is_token(name)) << size << " " << at << " " << int(wrong);
        EXPECT_FALSE(may_send(name, "")) << size << " " << at << " " << int(wrong);
      }
      name[at] = 'N';
      EXPECT_TRUE(is_token(name));
      EXPECT_FALSE(may_send(name, ""));
      for (const char seldom : {'_', '~', '.', '!'}) {
        name[at] = seldom;
        EXPECT_TRUE(is_token(name) && may_send(name, ""));
      }
    }
}

TEST(FieldRulesTest, WhatIsNotPrintableIsFoundAtEveryPlace) {
  EXPECT_TRUE(is_visible(""));
  for (std::size_t size = 1; size < 40; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (const char wrong : {'\0', '\t', ' ', '\x7f', '\x80', '\xff'}) {
        std::string text(size, '~');
        text[at] = '!';
        EXPECT_TRUE(is_visible(text));
        text[at] = wrong;
        EXPECT_FALSE(is_visible(text)) << size << " " << at << " " << int(wrong);
      }
}

}  // namespace
}  // namespace manta::net
