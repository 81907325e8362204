#include "http/server/session.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "gtest/gtest.h"
#include "http/server/handler.h"
#include "http/server/head_error.h"

namespace spillway::http {
namespace {

using Next = Session::Next;

// Says back what it was asked.
class EchoHandler : public Handler {
 public:
  void Handle(const Request& request, Response& response) override {
    response.Status(200).Body("text/plain", request.method_name(), " ", request.target(), " ",
                              request.body());
  }
};

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    context_.handler = &handler_;
    context_.counters = &counters_;
    context_.date = "D";
  }

  // As a worker would: keeps what is not consumed and gives it again.
  Next Feed(absl::string_view bytes) {
    absl::StrAppend(&in_, bytes);
    size_t consumed;
    Next next = session_.Consume(in_, peer_, context_, &out_, &consumed);
    in_.erase(0, consumed);
    return next;
  }
  static std::string Ok(absl::string_view body) {
    return absl::StrCat(
        "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: ", body.size(),
        "\r\n\r\n", body);
  }
  uint64_t Outcomes() const {
    uint64_t sum = 0;
    for (const Counter& counter : counters_.answered) sum += counter.Get();
    for (const Counter& counter : counters_.refused) sum += counter.Get();
    return sum;
  }

  EchoHandler handler_;
  SessionCounters counters_;
  SessionContext context_;
  Session session_;
  IpAddress peer_;
  std::string in_;
  std::string out_;
};

TEST_F(SessionTest, AnswersPipelinedRequestsInOrder) {
  EXPECT_EQ(Feed("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HT"),
            Next::kRead);
  EXPECT_EQ(out_, Ok("GET /1 ") + Ok("GET /2 "));
  EXPECT_EQ(in_, "GET /3 HT");
  EXPECT_EQ(Feed("TP/1.1\r\nHost: a\r\n\r\n"), Next::kRead);
  EXPECT_EQ(out_, Ok("GET /1 ") + Ok("GET /2 ") + Ok("GET /3 "));
  EXPECT_EQ(Outcomes(), 3u);
}

TEST_F(SessionTest, StaysInStepAfterABody) {
  context_.body_size_max = 10;
  EXPECT_EQ(Feed("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"), Next::kRead);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(Feed("llo"), Next::kRead);
  EXPECT_EQ(Feed("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"), Next::kRead);
  EXPECT_EQ(out_, Ok("POST /1 hello") + Ok("GET /2 "));
}

TEST_F(SessionTest, RefusesABodyBeyondItsLimitBeforeItComes) {
  context_.body_size_max = 10;
  EXPECT_EQ(Feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), Next::kRefused);
  EXPECT_EQ(out_,
            "HTTP/1.1 413 Content Too Large\r\nDate: D\r\nContent-Type: "
            "text/plain\r\nContent-Length: 15\r\n"
            "Connection: close\r\n\r\nbody_too_large\n");
}

TEST_F(SessionTest, ReadsNothingAfterARefusal) {
  EXPECT_EQ(
      Feed("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
      Next::kRefused);
  EXPECT_EQ(out_.find("smuggled"), std::string::npos);
  EXPECT_EQ(in_, "");
  EXPECT_EQ(Outcomes(), 2u);
  EXPECT_EQ(counters_.refused[static_cast<size_t>(HeadError::kLengthAndEncoding)].Get(), 1u);
}

TEST_F(SessionTest, SaysContinueOnceAndOnlyWhileTheBodyIsAwaited) {
  context_.body_size_max = 10;
  const std::string head =
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  Feed(head);
  EXPECT_EQ(out_, "HTTP/1.1 100 Continue\r\n\r\n");
  Feed("h");
  Feed("i");
  EXPECT_EQ(out_, "HTTP/1.1 100 Continue\r\n\r\n" + Ok("POST / hi"));
  out_.clear();
  Feed(head + "hi");
  EXPECT_EQ(out_, Ok("POST / hi"));
}

TEST_F(SessionTest, ClosesWhenAskedAndLeavesTheRest) {
  EXPECT_EQ(Feed("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Next::kClose);
  EXPECT_EQ(Feed("GET / HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n"), Next::kLinger);
  EXPECT_EQ(Outcomes(), 2u);
}

TEST_F(SessionTest, ClosesAfterTheAnswerWhenStopping) {
  context_.stopping = true;
  EXPECT_EQ(Feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Next::kLinger);
  EXPECT_NE(out_.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(SessionTest, PausesWhenTooMuchWaitsToBeSent) {
  context_.output_size_max = 100;
  std::string many;
  for (int i = 0; i < 10; ++i) absl::StrAppend(&many, "GET /", i, " HTTP/1.1\r\nHost: a\r\n\r\n");
  Next next = Feed(many);
  EXPECT_EQ(next, Next::kFlush);
  EXPECT_LT(out_.size(), 300u);
  std::string all;
  for (int turns = 0; next == Next::kFlush && turns < 20; ++turns) {
    all += out_;
    out_.clear();
    next = Feed("");
  }
  all += out_;
  std::string want;
  for (int i = 0; i < 10; ++i) want += Ok(absl::StrCat("GET /", i, " "));
  EXPECT_EQ(all, want);
}

TEST_F(SessionTest, AnswersTheSameWhateverTheSizeOfReads) {
  context_.body_size_max = 10;
  const std::string stream =
      "\r\nPOST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2?x HTTP/1.1\r\nHost: "
      "a\r\n\r\n"
      "HEAD /3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /4 HTTP/3.0\r\n\r\n";
  Feed(stream);
  const std::string want = out_;
  for (size_t step = 1; step < stream.size(); ++step) {
    session_ = Session();
    in_.clear();
    out_.clear();
    for (size_t at = 0; at < stream.size(); at += step) {
      if (Feed(absl::string_view(stream).substr(at, step)) == Next::kRefused) break;
    }
    EXPECT_EQ(out_, want) << step;
  }
}

}  // namespace
}  // namespace spillway::http
