// tests/bench/http_head_bench.cc -- what reading one request head costs.
#include <string>

#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"
#include "http/server/head.h"
#include "http/server/head_error.h"

namespace spillway::http {
namespace {

// What a desktop browser sends; 451 octets, as in the measurements the parser was chosen by.
constexpr absl::string_view kBrowser =
    "GET /live/event-1/master.m3u8?token=abcdef0123456789&cmcd=sid%3D%22a%22 HTTP/1.1\r\n"
    "Host: live.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0 Safari/537.36\r\n"
    "Accept: */*\r\n"
    "Accept-Language: en-US,en;q=0.9,de;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: https://www.example.com/watch\r\n"
    "Origin: https://www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: no-cache\r\n"
    "\r\n";
constexpr absl::string_view kSmall = "GET /live/a HTTP/1.1\r\nHost: live.example.com\r\n\r\n";

void BM_ParseHead(benchmark::State& state, absl::string_view bytes) {
  RequestHead head;
  for (auto _ : state) {
    if (ParseHead(bytes, 0, &head) != HeadError::kNone) state.SkipWithError("refused");
    benchmark::DoNotOptimize(head.host.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK_CAPTURE(BM_ParseHead, browser, kBrowser);
BENCHMARK_CAPTURE(BM_ParseHead, small, kSmall);

}  // namespace
}  // namespace spillway::http
