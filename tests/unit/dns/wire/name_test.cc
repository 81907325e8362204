// tests/unit/dns/wire/name_test.cc -- names from text and wire, and back.
#include "dns/wire/name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace spillway::dns {
namespace {

std::string WireOf(absl::string_view text) {
  auto name = Name::FromText(text);
  return name ? absl::BytesToHexString(name->wire()) : "refused";
}

TEST(Name, ReadsMasterFileText) {
  const struct {
    const char* what;
    std::string text;
    std::string wire;  // hex
  } kCases[] = {
      {"root by dot", ".", "00"},
      {"root by nothing", "", "00"},
      {"two labels", "a.bc", "016102626300"},
      {"final dot", "a.bc.", "016102626300"},
      {"case is kept", "A", "014100"},
      {"dot inside a label", "a\\.b.c", "03612e62016300"},
      {"decimal octet", "\\000\\255", "0200ff00"},
      {"escaped digit is not decimal", "\\ab", "02616200"},
      {"empty label", "a..b", "refused"},
      {"leading dot", ".a", "refused"},
      {"escape at the end", "a\\", "refused"},
      {"two digits only", "\\12", "refused"},
      {"octet over 255", "\\256", "refused"},
      {"label of 64", std::string(64, 'x'), "refused"},
  };
  for (const auto& c : kCases) EXPECT_EQ(WireOf(c.text), c.wire) << c.what;
}

TEST(Name, TakesLabelsOf63AndNamesOf255Octets) {
  std::string label(63, 'x');
  auto longest = Name::FromText(absl::StrCat(label, ".", label, ".", label, ".", label.substr(2)));
  ASSERT_TRUE(longest.has_value());
  EXPECT_EQ(longest->size(), 255u);
  EXPECT_FALSE(Name::FromText(absl::StrCat(label, ".", label, ".", label, ".", label.substr(1))));
  Name copy = *longest;
  EXPECT_FALSE(copy.Prepend("y"));
  EXPECT_EQ(copy, *longest);
}

TEST(Name, TextGoesThereAndBack) {
  for (const char* text : {".", "www.example.com.", "a\\.b.c.", "\\000\\255\\032.x.", "\\\\\\\".y.",
                           "*.w.", "\\@.z."}) {
    auto name = Name::FromText(text);
    ASSERT_TRUE(name.has_value()) << text;
    EXPECT_EQ(name->ToText(), text);
    EXPECT_EQ(Name::FromWire(name->wire()), name);
  }
}

TEST(Name, RefusesBrokenWire) {
  for (absl::string_view wire :
       {absl::string_view(), absl::string_view("\x01", 1),
        absl::string_view("\x01"
                          "a",
                          2),
        absl::string_view("\x00"
                          "a",
                          2),
        absl::string_view("\x40\x00", 2), absl::string_view("\xc0\x0c", 2)}) {
    EXPECT_FALSE(Name::FromWire(wire)) << absl::CHexEscape(wire);
  }
  EXPECT_FALSE(Name::FromWire(std::string(256, '\0')));
}

TEST(Name, FoldsAsciiLettersOnly) {
  auto name = Name::FromText("AZ@[`{\\193\\223\\255");
  name->FoldCase();
  EXPECT_EQ(*name, *Name::FromText("az@[`{\\193\\223\\255"));
  EXPECT_TRUE(EqualNamesNoCase(Name::FromText("wWw.Example")->wire(),
                               Name::FromText("WwW.eXAMPLE")->wire()));
  EXPECT_FALSE(EqualNamesNoCase(Name::FromText("\\223")->wire(), Name::FromText("\\255")->wire()));
}

TEST(Name, KnowsItsAncestorsByLabelNotByOctet) {
  auto at_or_below = [](absl::string_view a, absl::string_view b) {
    return IsAtOrBelow(Name::FromText(a)->wire(), Name::FromText(b)->wire());
  };
  EXPECT_TRUE(at_or_below("a.b.c", "b.c"));
  EXPECT_TRUE(at_or_below("b.c", "b.c"));
  EXPECT_TRUE(at_or_below("b.c", "."));
  EXPECT_FALSE(at_or_below("ab.c", "b.c"));
  EXPECT_FALSE(at_or_below("c", "b.c"));
  EXPECT_EQ(LabelCount(Name::FromText("a.b.c")->wire()), 3);
  EXPECT_EQ(LabelCount(Name().wire()), 0);
}

TEST(Name, ReplacesSuffixes) {
  Name name = *Name::FromText("a.b.old.example");
  ASSERT_TRUE(
      name.ReplaceSuffix(Name::FromText("old.example")->size(), Name::FromText("new")->wire()));
  EXPECT_EQ(name.ToText(), "a.b.new.");
  std::string label(63, 'x');
  Name big = *Name::FromText(absl::StrCat(label, ".", label, ".", label));
  Name before = name;
  EXPECT_TRUE(before.ReplaceSuffix(1, big.wire()));
  EXPECT_FALSE(before.ReplaceSuffix(1, big.wire()));
}

}  // namespace
}  // namespace spillway::dns
