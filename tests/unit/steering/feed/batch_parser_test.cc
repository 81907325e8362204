#include "steering/feed/batch_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace spillway {
namespace {

using ::testing::HasSubstr;

std::string Batch(absl::string_view rows) { return absl::StrCat(R"({"samples":[)", rows, "]}"); }

// A sound row with `extra` as more members.
std::string Row(absl::string_view extra) {
  return absl::StrCat(R"({"target":"fra1","measured_at":1798221600,"sequence":1)", extra, "}");
}

TEST(BatchParser, ReadsTheDocumentedExample) {
  ParsedBatch parsed = ParseSampleBatch(R"({"source":"fra1-agent","samples":[
      {"target":"fra1","measured_at":"2026-12-25T18:00:00.5Z","sequence":17,"ttl":"10s","health":"up",
       "resources":{"egress":{"current":312.5,"soft":360,"hard":400,"unit":"Gbps"},
                    "sessions":{"current":61000}}}]})");
  ASSERT_TRUE(parsed.ok()) << parsed.message;
  EXPECT_EQ(parsed.batch.source, "fra1-agent");
  ASSERT_EQ(parsed.batch.samples.size(), 1u);
  const Sample& sample = parsed.batch.samples[0];
  EXPECT_EQ(sample.target, "fra1");
  EXPECT_EQ(sample.sequence, 17u);
  EXPECT_EQ(sample.ttl, absl::Seconds(10));
  EXPECT_EQ(sample.health, Health::kUp);
  EXPECT_EQ(sample.measured_at,
            absl::FromCivil(absl::CivilSecond(2026, 12, 25, 18), absl::UTCTimeZone()) +
                absl::Milliseconds(500));
  EXPECT_DOUBLE_EQ(sample.current[Resource::kEgress], 312'500);
  EXPECT_DOUBLE_EQ(sample.soft[Resource::kEgress], 360'000);
  EXPECT_DOUBLE_EQ(sample.hard[Resource::kEgress], 400'000);
  EXPECT_DOUBLE_EQ(sample.current[Resource::kSessions], 61'000);
  EXPECT_FALSE(sample.hard.has(Resource::kSessions));
}

TEST(BatchParser, AcceptsTheOtherWaysToSayTheSame) {
  for (
      absl::string_view row : {
          R"({"target":"fra1","measured_at":1798221600.25,"sequence":0,"health":"down"})",
          R"({"sequence":18446744073709551615,"health":"up","measured_at":"2026-12-25T19:00:00+01:00","target":"f"})",
          R"({"target":"f","measured_at":1798221600,"sequence":1,"resources":{"requests":{"current":5,"unit":"/s"}}})",
          R"({"target":"f","measured_at":1798221600,"sequence":1,"resources":{"egress":{"hard":0,"unit":"bps"}}})",
      }) {
    ParsedBatch parsed = ParseSampleBatch(Batch(row));
    ASSERT_TRUE(parsed.ok()) << row;
    EXPECT_TRUE(parsed.batch.refused.empty()) << row << parsed.batch.refused[0].message;
  }
}

TEST(BatchParser, RefusesARowAndSaysWhatWasWantedAndGot) {
  struct Case {
    absl::string_view name;
    std::string row;
    RowErrorCode code;
    absl::string_view message;
  };
  const Case kCases[] = {
      {"not an object", "7", RowErrorCode::kNotObject, "want an object, got 7"},
      {"no target", R"({"measured_at":1798221600,"sequence":1,"health":"up"})",
       RowErrorCode::kMissingKey, R"(want "target", got none)"},
      {"no time", R"({"target":"a","sequence":1,"health":"up"})", RowErrorCode::kMissingKey,
       R"(want "measured_at")"},
      {"no sequence", R"({"target":"a","measured_at":1798221600,"health":"up"})",
       RowErrorCode::kMissingKey, R"(want "sequence")"},
      {"target is a number", R"({"target":9,"measured_at":1798221600,"sequence":1})",
       RowErrorCode::kWrongType, "target: want a string, got 9"},
      {"empty target", R"({"target":"","measured_at":1798221600,"sequence":1})",
       RowErrorCode::kBadTarget, "got 0"},
      {"unknown key", R"({"target":"a","measured_at":1798221600,"sequence":1,"helth":"up"})",
       RowErrorCode::kUnknownKey, R"(unknown key "helth"; did you mean "health"?)"},
      {"key given twice", Row(R"(,"health":"up","health":"down")"), RowErrorCode::kDuplicateKey,
       R"(key "health" is given twice)"},
      {"date without a zone",
       R"({"target":"a","measured_at":"2026-12-25T18:00:00","sequence":1,"health":"up"})",
       RowErrorCode::kBadTime, "want RFC 3339"},
      {"the infinite future",
       R"({"target":"a","measured_at":"infinite-future","sequence":1,"health":"up"})",
       RowErrorCode::kBadTime, "want RFC 3339"},
      {"milliseconds", R"({"target":"a","measured_at":1798221600000,"sequence":1,"health":"up"})",
       RowErrorCode::kBadTime, "looks like milliseconds"},
      {"time is null", R"({"target":"a","measured_at":null,"sequence":1,"health":"up"})",
       RowErrorCode::kWrongType, "got null"},
      {"negative sequence",
       R"({"target":"a","measured_at":1798221600,"sequence":-1,"health":"up"})",
       RowErrorCode::kBadSequence, "want a whole number from 0, got -1"},
      {"fractional sequence",
       R"({"target":"a","measured_at":1798221600,"sequence":1.5,"health":"up"})",
       RowErrorCode::kBadSequence, "got 1.5"},
      {"sequence in quotes",
       R"({"target":"a","measured_at":1798221600,"sequence":"1","health":"up"})",
       RowErrorCode::kWrongType, "got \"1\""},
      {"ttl without unit", Row(R"(,"health":"up","ttl":"10")"), RowErrorCode::kBadTtl,
       "want a duration"},
      {"ttl as number", Row(R"(,"health":"up","ttl":10)"), RowErrorCode::kWrongType,
       "want a duration"},
      {"ttl of a day", Row(R"(,"health":"up","ttl":"1d")"), RowErrorCode::kBadTtl,
       "want 100ms to 1h, got \"1d\""},
      {"health is a boolean", Row(R"(,"health":true)"), RowErrorCode::kWrongType, "got true"},
      {"health is fine", Row(R"(,"health":"fine")"), RowErrorCode::kBadHealth,
       R"(want "up" or "down", got "fine")"},
      {"unknown resource", Row(R"(,"resources":{"egres":{"current":1}})"),
       RowErrorCode::kUnknownKey, R"(resources: unknown key "egres"; did you mean "egress"?)"},
      {"resource given twice",
       Row(R"(,"resources":{"sessions":{"current":1},"sessions":{"current":2}})"),
       RowErrorCode::kDuplicateKey, "twice"},
      {"resource is a number", Row(R"(,"resources":{"sessions":5})"), RowErrorCode::kWrongType,
       "resources.sessions: want an object, got 5"},
      {"bitrate without unit", Row(R"(,"resources":{"egress":{"current":1}})"),
       RowErrorCode::kBadUnit,
       "resources.egress.unit: want bps, kbps, Mbps, Gbps or Tbps, got none"},
      {"bitrate in bytes", Row(R"(,"resources":{"egress":{"current":1,"unit":"GB/s"}})"),
       RowErrorCode::kBadUnit, "got \"GB/s\""},
      {"unit in lower case", Row(R"(,"resources":{"egress":{"current":1,"unit":"gbps"}})"),
       RowErrorCode::kBadUnit, "got \"gbps\""},
      {"sessions with a unit", Row(R"(,"resources":{"sessions":{"current":1,"unit":"k"}})"),
       RowErrorCode::kBadUnit, "want none"},
      {"negative load", Row(R"(,"resources":{"sessions":{"current":-1}})"),
       RowErrorCode::kBadNumber, "resources.sessions.current: want 0 to 1e+15, got -1"},
      {"load in quotes", Row(R"(,"resources":{"sessions":{"current":"61000"}})"),
       RowErrorCode::kWrongType, "want a number, got \"61000\""},
      {"absurd load", Row(R"(,"resources":{"sessions":{"current":1e300}})"),
       RowErrorCode::kBadNumber, "got 1e+300"},
      {"soft above hard", Row(R"(,"resources":{"egress":{"soft":500,"hard":400,"unit":"Gbps"}})"),
       RowErrorCode::kSoftAboveHard, "resources.egress.soft: want at most hard (400), got 500"},
      {"empty resource", Row(R"(,"resources":{"sessions":{}})"), RowErrorCode::kEmpty,
       "want current, soft or hard"},
      {"says nothing", Row(""), RowErrorCode::kEmpty, R"(want "health" or "resources")"},
      {"says nothing in resources", Row(R"(,"resources":{})"), RowErrorCode::kEmpty,
       R"(want "health" or)"},
  };
  for (const Case& c : kCases) {
    ParsedBatch parsed =
        ParseSampleBatch(Batch(absl::StrCat(Row(R"(,"health":"up")"), ",", c.row)));
    ASSERT_TRUE(parsed.ok()) << c.name << ": " << parsed.message;
    EXPECT_EQ(parsed.batch.samples.size(), 1u) << c.name << ": the good row is taken";
    ASSERT_EQ(parsed.batch.refused.size(), 1u) << c.name;
    const RowError& error = parsed.batch.refused[0];
    EXPECT_EQ(error.row, 1u) << c.name;
    EXPECT_EQ(RowErrorName(error.code), RowErrorName(c.code)) << c.name << ": " << error.message;
    EXPECT_THAT(error.message, HasSubstr(std::string(c.message))) << c.name;
  }
}

TEST(BatchParser, NamesTheTargetOfARowThatIsWrongBeforeTheTargetIsGiven) {
  ParsedBatch parsed = ParseSampleBatch(Batch(R"({"bogus":1,"target":"fra9"})"));
  ASSERT_EQ(parsed.batch.refused.size(), 1u);
  EXPECT_EQ(parsed.batch.refused[0].target, "fra9");
}

TEST(BatchParser, RefusesABrokenBatchAndSaysWhere) {
  struct Case {
    absl::string_view name;
    std::string json;
    BatchError error;
    absl::string_view message;
  };
  std::string deep = absl::StrCat(std::string(40, '['), std::string(40, ']'));
  std::string many = "0";
  for (size_t i = 0; i < kBatchRowsMax; ++i) many += ",0";
  const Case kCases[] = {
      {"empty text", "", BatchError::kBadJson, "1:1: want a JSON value, got nothing"},
      {"half a file", "{\"samples\":[\n {\"target\":", BatchError::kBadJson,
       "2:12: want a JSON value"},
      {"missing comma", "{\"samples\":[\n {\"a\":1 \"b\":2}]}", BatchError::kBadJson,
       "2:9: want ',' or '}'"},
      {"NaN", Batch(R"({"target":NaN})"), BatchError::kBadJson, "1:23: want a JSON value"},
      {"trailing text", "{} x", BatchError::kBadJson, "1:4: want the end"},
      {"not UTF-8", "{\"source\":\"\xff\"}", BatchError::kBadJson, "1:12: not UTF-8"},
      {"too deep", deep, BatchError::kTooDeep, "nested too deeply"},
      {"an array", "[]", BatchError::kWrongShape, R"(want an object with "samples", got an array)"},
      {"no samples", "{}", BatchError::kWrongShape, "samples: want an array, got none"},
      {"samples is an object", R"({"samples":{}})", BatchError::kWrongShape, "got an object"},
      {"unknown key", R"({"sample":[]})", BatchError::kUnknownKey, R"(did you mean "samples"?)"},
      {"samples twice", R"({"samples":[],"samples":[]})", BatchError::kDuplicateKey, "twice"},
      {"source with a space", R"({"source":"a b","samples":[]})", BatchError::kBadSource,
       "got \"a b\""},
      {"too large", Batch(std::string(kBatchSizeMax, ' ')), BatchError::kTooLarge,
       "want at most 1048576 bytes"},
      {"too many rows", Batch(many), BatchError::kTooManyRows, "want at most 10000 rows"},
  };
  for (const Case& c : kCases) {
    ParsedBatch parsed = ParseSampleBatch(c.json);
    EXPECT_EQ(BatchErrorName(parsed.error), BatchErrorName(c.error)) << c.name;
    EXPECT_THAT(parsed.message, HasSubstr(std::string(c.message))) << c.name;
    EXPECT_EQ(parsed.batch.row_count(), 0u) << c.name;
  }
}

}  // namespace
}  // namespace spillway
