// tests/unit/dns/zone/master_lines_test.cc -- entries and the lines they begin on.
#include "dns/zone/master_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace spillway::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Split(absl::string_view text) {
  std::vector<ZoneFault> faults;
  std::vector<std::string> result;
  for (const MasterLine& line : SplitMasterLines(text, &faults)) {
    result.push_back(absl::StrCat(line.line, "|", line.text));
  }
  for (const ZoneFault& fault : faults)
    result.push_back(absl::StrCat("fault ", fault.line, "|", fault.what));
  return result;
}

TEST(SplitMasterLines, KeepsLineNumbersAcrossBlanksCommentsAndParentheses) {
  EXPECT_THAT(Split("a A 1\n\n; only a comment\nb TXT ( x ; y\n z )\n c A 2"),
              ElementsAre("1|a A 1", "4|b TXT   x   z  ", "6| c A 2"));
}

TEST(SplitMasterLines, LeavesQuotedAndEscapedCharactersAlone) {
  EXPECT_THAT(Split(R"(a TXT "; ( ) \" x" \; \( y)"),
              ElementsAre(R"(1|a TXT "; ( ) \" x" \; \( y)"));
}

TEST(SplitMasterLines, TakesCarriageReturnsAndTabs) {
  EXPECT_THAT(Split("a\tA\t1\r\nb A 2\r\n"), ElementsAre("1|a A 1 ", "2|b A 2 "));
}

TEST(SplitMasterLines, ReportsWhatIsNotClosedWhereItOpened) {
  EXPECT_THAT(Split("a TXT \"x\nb A 1\n"),
              ElementsAre("1|a TXT \"x", "2|b A 1", "fault 1|quote not closed"));
  EXPECT_THAT(Split("\na TXT (\nb A 1\n"),
              ElementsAre("2|a TXT   b A 1 ", "fault 2|parenthesis not closed"));
  EXPECT_THAT(Split("a A 1 )"),
              ElementsAre("1|a A 1  ", "fault 1|closing parenthesis without an opening one"));
}

TEST(SplitMasterLines, FindsNothingInNothing) {
  EXPECT_THAT(Split(""), IsEmpty());
  EXPECT_THAT(Split(" \n\t\n;\n"), IsEmpty());
}

}  // namespace
}  // namespace spillway::dns
