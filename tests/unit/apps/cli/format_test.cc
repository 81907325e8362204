#include "apps/cli/format.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

#include "apps/cli/change_view.h"
#include "apps/cli/table.h"

namespace spillway::cli {
namespace {

TEST(Format, PercentNeverRoundsToNoneOrAll) {
  EXPECT_EQ(Percent(0.0), "0%");
  EXPECT_EQ(Percent(0.004), "0.4%");
  EXPECT_EQ(Percent(0.614), "61%");
  EXPECT_EQ(Percent(0.996), "99.6%");
  EXPECT_EQ(Percent(1.0), "100%");
  EXPECT_EQ(Percent(1.25), "125%");
  EXPECT_EQ(Percent(std::nullopt), "-");
}

TEST(Format, AgesReadFromSecondsToDays) {
  EXPECT_EQ(Age(-3.0), "0s");
  EXPECT_EQ(Age(0.44), "0.4s");
  EXPECT_EQ(Age(12.4), "12s");
  EXPECT_EQ(Age(200.0), "3m20s");
  EXPECT_EQ(Age(1260.0), "21m");
  EXPECT_EQ(Age(7500.0), "2h05m");
  EXPECT_EQ(Age(273600.0), "3d04h");
  EXPECT_EQ(Age(1e300), "ages");
  EXPECT_EQ(Age(std::numeric_limits<double>::quiet_NaN()), "0s");
}

TEST(Format, RoomBelowZeroKeepsItsUnit) {
  EXPECT_EQ(Bitrate(-1500.0), "-1.5 Gbps");
  EXPECT_EQ(Bitrate(std::nullopt), "-");
}

TEST(Format, BarsStayInTheirFrame) {
  EXPECT_EQ(Bar(0.6), "[######----]");
  EXPECT_EQ(Bar(7.0), "[##########]");
  EXPECT_EQ(Bar(-1.0), "[----------]");
  EXPECT_EQ(Bar(std::nullopt), "[          ]");
  EXPECT_EQ(Bar(0.4, 0.55), "[####-|----]");
  EXPECT_EQ(Bar(0.8, 0.25), "[##|#####--]");
  EXPECT_EQ(Bar(1.0, 1.3), "[#########|]");
  EXPECT_EQ(Bar(std::nullopt, 0.0), "[|         ]");
}

TEST(Table, ColumnsLineUpWhateverTheBytesAndColours) {
  Table table({{"NAME"}, {"N", Table::kRight}, {"UNUSED"}, {"WHY"}});
  table.Row({{"größe", Tone::kBold}, {"7"}, {""}, {"a"}});
  table.Row({{"x"}, {"1234"}, {""}, {""}});
  EXPECT_EQ(table.ToString(Paint(false)),
            "NAME      N  WHY\n"
            "größe     7  a\n"
            "x      1234\n");
  EXPECT_EQ(table.ToString(Paint(true)).find("\x1b[1mgröße\x1b[0m     7"),
            std::string("\x1b[1mNAME\x1b[0m      \x1b[1mN\x1b[0m  \x1b[1mWHY\x1b[0m\n").size());
}

TEST(ShellWord, SurvivesAShell) {
  EXPECT_EQ(ShellWord("cdn-a_eu.1"), "cdn-a_eu.1");
  EXPECT_EQ(ShellWord("it's $(x)"), "'it'\\''s $(x)'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace spillway::cli
