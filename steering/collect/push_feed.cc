#include "steering/collect/push_feed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "steering/feed/batch_parser.h"

namespace spillway {
namespace {

// What is wrong with the token, without showing it; empty when sound.
std::string TokenFault(const FeedToken& token) {
  if (!IsSourceName(token.name)) {
    return absl::StrCat("name: want 1 to ", kSourceNameSizeMax,
                        " letters, digits or any of . _ : -");
  }
  size_t size = token.token.size();
  if (size < kFeedTokenSizeMin || size > kFeedTokenSizeMax) {
    return absl::StrCat("token of \"", token.name, "\": want ", kFeedTokenSizeMin, " to ",
                        kFeedTokenSizeMax, " characters, got ", size);
  }
  bool plain = std::all_of(token.token.begin(), token.token.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  return plain ? ""
               : absl::StrCat("token of \"", token.name, "\": want printable ASCII without spaces");
}

PushFeed::Reply Refuse(int status, absl::string_view error) {
  JsonWriter json;
  json.BeginObject().Key("error").String(error).EndObject();
  return {status, json.Take()};
}

PushFeed::Reply Report(const BatchResult& result) {
  JsonWriter json;
  json.BeginObject();
  json.Key("accepted").Uint(result.accepted).Key("unchanged").Uint(result.unchanged);
  json.Key("held").BeginArray();
  for (const BatchResult::Held& held : result.held) {
    json.BeginObject().Key("row").Uint(held.row).Key("target").String(held.target);
    json.Key("until_repeated").String(held.message).EndObject();
  }
  json.EndArray().Key("refused").BeginArray();
  for (const RowError& error : result.refused) {
    json.BeginObject().Key("row").Uint(error.row).Key("target").String(error.target);
    json.Key("code")
        .String(RowErrorName(error.code))
        .Key("error")
        .String(error.message)
        .EndObject();
  }
  json.EndArray().EndObject();
  bool all_refused = !result.refused.empty() && result.accepted + result.unchanged == 0;
  return {all_refused ? 422 : 200, json.Take()};
}

int StatusOf(BatchError error) {
  switch (error) {
    case BatchError::kTooLarge:
    case BatchError::kTooManyRows:
      return 413;
    case BatchError::kRateLimited:
      return 429;
    default:
      return 400;
  }
}

}  // namespace

absl::StatusOr<FeedToken> ParseFeedToken(absl::string_view text) {
  size_t equals = text.find('=');
  if (equals == absl::string_view::npos)
    return absl::InvalidArgumentError("feed token: want name=token");
  FeedToken token = {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
  if (std::string fault = TokenFault(token); !fault.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("feed token: ", fault));
  }
  return token;
}

absl::StatusOr<std::vector<FeedToken>> ParseFeedTokens(absl::string_view text,
                                                       absl::string_view file) {
  std::vector<FeedToken> tokens;
  std::vector<std::string> faults;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    FeedToken token;
    std::string fault = "want `name token`";
    if (words.size() == 2) {
      token = {words[0], words[1]};
      fault = TokenFault(token);
      for (const FeedToken& other : tokens) {
        if (other.token == token.token)
          fault = absl::StrCat("the token of \"", other.name, "\" is given again");
      }
    }
    if (fault.empty()) {
      tokens.push_back(std::move(token));
    } else {
      faults.push_back(absl::StrCat(file, ":", number, ": ", fault));
    }
  }
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  return tokens;
}

PushFeed::PushFeed(std::vector<FeedToken> tokens, FeedTable* table, const Clock* clock)
    : table_(table), clock_(clock), tokens_(std::move(tokens)) {}

void PushFeed::SetTokens(std::vector<FeedToken> tokens) {
  MutexLock lock(mu_);
  tokens_ = std::move(tokens);
}

std::string PushFeed::Authenticate(absl::string_view authorization) const {
  constexpr absl::string_view kScheme = "bearer ";  // RFC 9110 11.1: schemes are case-insensitive
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return "";
  absl::string_view given = absl::StripAsciiWhitespace(authorization.substr(kScheme.size()));
  std::string name;
  MutexLock lock(mu_);
  for (const FeedToken& token : tokens_) {
    if (EqualConstantTime(given, token.token)) name = token.name;
  }
  return name;
}

PushFeed::Reply PushFeed::Answer(absl::string_view authorization, absl::string_view body) {
  std::string source = Authenticate(authorization);
  if (source.empty())
    return Refuse(401, "want \"Authorization: Bearer <token>\" with a token we know");
  absl::Time now = clock_->Now();
  if (table_->OverRate(source, now)) {
    table_->CountRefused(source, BatchError::kRateLimited, now);
    return Refuse(429,
                  absl::StrCat("source \"", source, "\" has sent more rows than its rate allows"));
  }
  ParsedBatch parsed = ParseSampleBatch(body);
  if (!parsed.ok()) {
    table_->CountRefused(source, parsed.error, now);
    return Refuse(StatusOf(parsed.error), parsed.message);
  }
  if (!parsed.batch.source.empty() && parsed.batch.source != source) {
    table_->CountRefused(source, BatchError::kBadSource, now);
    return Refuse(403, absl::StrCat("source: want \"", source, "\" (the token's) or none, got \"",
                                    parsed.batch.source, "\""));
  }
  return Report(table_->Accept(source, parsed.batch, now));
}

PushFeed::Reply PushFeed::Post(absl::string_view authorization, absl::string_view body) {
  Reply reply = Answer(authorization, body);
  auto it = std::find(kStatuses.begin(), kStatuses.end(), reply.status);
  CHECK(it != kStatuses.end());
  replies_[static_cast<size_t>(it - kStatuses.begin())].Add();
  return reply;
}

void PushFeed::WriteMetrics(MetricsWriter* writer) const {
  writer->Family("spillway_feed_pushes_total", "counter", "Pushed batches by HTTP status.");
  for (size_t i = 0; i < kStatuses.size(); ++i) {
    writer->Sample({{"status", absl::StrCat(kStatuses[i])}},
                   static_cast<double>(replies_[i].Get()));
  }
}

}  // namespace spillway
