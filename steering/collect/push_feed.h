// steering/collect/push_feed.h -- samples sent to us over HTTP: what the admin listener calls.
//
//   POST /v1/samples            Authorization: Bearer <token>      body: docs/FEEDS.md
//   200  {"accepted":2,"unchanged":0,"held":[],"refused":[{"row":3,"target":"fra9","error":"..."}]}
//
//   status  when
//   200     the batch was read and at least one row was taken, or there was none to take
//   400     not JSON, or not the form of a batch; the message says where
//   401     no bearer token, or one we do not know
//   403     the batch speaks for another source than the token's
//   413     more than kBatchSizeMax bytes or kBatchRowsMax rows
//   422     every row was refused
//   429     the source has used up its rate; nothing was parsed
//
// The token's name is the source: what a batch says about itself can only be checked against it.
// thread safety: all methods may be called from any thread.
#ifndef SPILLWAY_STEERING_COLLECT_PUSH_FEED_H_
#define SPILLWAY_STEERING_COLLECT_PUSH_FEED_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "steering/feed/feed_table.h"

namespace spillway {

struct FeedToken {
  std::string name;   // the source, IsSourceName
  std::string token;  // kFeedTokenSizeMin..kFeedTokenSizeMax printable ASCII, no space
};
inline constexpr size_t kFeedTokenSizeMin = 16;  // 96 bits in base64: not to be guessed
inline constexpr size_t kFeedTokenSizeMax = 256;

// Lines `name token`; blank lines and lines from '#' are skipped. All faults at once, with their
// line; tokens are never repeated in a message.
absl::StatusOr<std::vector<FeedToken>> ParseFeedTokens(absl::string_view text,
                                                       absl::string_view file);
// `name=token`, as given by a flag.
absl::StatusOr<FeedToken> ParseFeedToken(absl::string_view text);

class PushFeed {
 public:
  struct Reply {
    int status = 200;
    std::string body;  // JSON
  };

  // The table and the clock must outlive the feed.
  PushFeed(std::vector<FeedToken> tokens, FeedTable* table, const Clock* clock);

  // `authorization` is the header's value, empty when absent.
  Reply Post(absl::string_view authorization, absl::string_view body);
  void SetTokens(std::vector<FeedToken> tokens);
  void WriteMetrics(MetricsWriter* writer) const;

 private:
  Reply Answer(absl::string_view authorization, absl::string_view body);
  // The name of the token, or nothing. Takes as long for a near miss as for a far one.
  std::string Authenticate(absl::string_view authorization) const;
  static constexpr std::array<int, 7> kStatuses = {200, 400, 401, 403, 413, 422, 429};

  FeedTable* const table_;
  const Clock* const clock_;
  mutable Mutex mu_;
  std::vector<FeedToken> tokens_ ABSL_GUARDED_BY(mu_);
  std::array<SharedCounter, kStatuses.size()> replies_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_COLLECT_PUSH_FEED_H_
