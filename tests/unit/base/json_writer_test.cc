// tests/unit/base/json_writer_test.cc -- what we write, another parser (simdjson) reads back the
// same.
#include "base/json_writer.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "simdjson.h"

namespace spillway {
namespace {

// The string in ["..."], as simdjson reads it.
std::string ReadBack(absl::string_view value) {
  JsonWriter w;
  w.BeginArray().String(value).EndArray();
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(w.text()).get(document) != simdjson::SUCCESS)
    return absl::StrCat("not JSON: ", w.text());
  std::string_view text = document.at(0).get_string().value();
  return std::string(text);
}

TEST(JsonWriter, NestsAndSeparates) {
  JsonWriter w;
  w.BeginObject()
      .Key("ttl")
      .Int(-30)
      .Key("ids")
      .BeginArray()
      .String("a")
      .Uint(2)
      .Bool(true)
      .Null()
      .EndArray();
  w.Key("none").BeginObject().EndObject().Key("empty").BeginArray().EndArray();
  w.Key("deep")
      .BeginArray()
      .BeginArray()
      .Bool(false)
      .EndArray()
      .BeginObject()
      .Key("k")
      .Int(1)
      .EndObject()
      .EndArray();
  w.EndObject();
  EXPECT_EQ(w.text(),
            R"({"ttl":-30,"ids":["a",2,true,null],"none":{},"empty":[],"deep":[[false],{"k":1}]})");
}

TEST(JsonWriter, TopLevelScalarsStandAlone) {
  JsonWriter w;
  w.String("x");
  EXPECT_EQ(w.Take(), "\"x\"");
}

TEST(JsonWriter, EveryOctetIsReadBack) {
  for (int octet = 0; octet < 0x80; ++octet) {
    const std::string value = absl::StrCat("<", std::string(1, static_cast<char>(octet)), ">");
    EXPECT_EQ(ReadBack(value), value) << octet;
  }
}

TEST(JsonWriter, Utf8IsKeptAndTheRestReplaced) {
  struct {
    const char *what, *value, *want;
  } rows[] = {
      {"two octets", "K\xc3\xb6ln", "K\xc3\xb6ln"},
      {"three octets", "\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1\xe4\xba\xac"},
      {"four octets", "\xf0\x9f\x8c\x8d", "\xf0\x9f\x8c\x8d"},
      {"the last code point", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
      {"Latin-1", "K\xf6ln", "K\xef\xbf\xbdln"},
      {"an overlong slash", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"an overlong NUL in three", "\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"a surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"beyond U+10FFFF", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"cut off at the end", "a\xe6\x9d", "a\xef\xbf\xbd\xef\xbf\xbd"},
      {"a lone continuation", "\x80", "\xef\xbf\xbd"},
  };
  for (const auto& row : rows) EXPECT_EQ(ReadBack(row.value), row.want) << row.what;
}

TEST(JsonWriter, KeysAreQuotedAsStringsAre) {
  JsonWriter w;
  w.BeginObject().Key("a\"b\n\xff").Int(1).EndObject();
  EXPECT_EQ(w.text(), "{\"a\\\"b\\n\xef\xbf\xbd\":1}");
}

TEST(JsonWriter, NumbersKeepTheirValue) {
  JsonWriter w;
  w.BeginArray()
      .Int(std::numeric_limits<int64_t>::min())
      .Uint(std::numeric_limits<uint64_t>::max());
  w.Double(0.1).Double(-0.0).Double(1e300).Double(85).EndArray();
  simdjson::dom::parser parser;
  simdjson::dom::array a = parser.parse(w.text());
  EXPECT_EQ(a.at(0).get_int64().value(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(a.at(1).get_uint64().value(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(a.at(2).get_double().value(), 0.1);
  EXPECT_EQ(a.at(3).get_double().value(), 0.0);
  EXPECT_EQ(a.at(4).get_double().value(), 1e300);
  EXPECT_EQ(a.at(5).get_double().value(), 85);
}

TEST(JsonWriter, NumbersThatJsonHasNotBecomeNull) {
  JsonWriter w;
  const double inf = std::numeric_limits<double>::infinity();
  w.BeginArray().Double(std::nan("")).Double(inf).Double(-inf).Double(1).EndArray();
  EXPECT_EQ(w.text(), "[null,null,null,1]");
}

TEST(JsonWriter, ClearStartsANewDocument) {
  JsonWriter w;
  w.BeginObject().Key("half");
  w.Clear();
  w.BeginArray().Int(1).EndArray();
  EXPECT_EQ(w.text(), "[1]");
}

}  // namespace
}  // namespace spillway
