// tests/unit/apps/cli/fake_admin.h -- the smallest admin server: one fixed answer.
#ifndef SPILLWAY_TESTS_UNIT_APPS_CLI_FAKE_ADMIN_H_
#define SPILLWAY_TESTS_UNIT_APPS_CLI_FAKE_ADMIN_H_

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/file.h"
#include "base/mutex.h"

namespace spillway::cli {

class FakeAdmin {
 public:
  enum class Mood { kAnswers, kSilent, kHangsUp };

  FakeAdmin(int code, std::string body, Mood mood = Mood::kAnswers)
      : code_(code),
        body_(std::move(body)),
        mood_(mood),
        listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    CHECK(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    CHECK(listen(listener_.get(), 16) == 0);
    url_ = absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port));
    // A silent one leaves connections in the backlog: connected, never answered.
    if (mood_ != Mood::kSilent) thread_ = std::thread([this] { Serve(); });
  }
  ~FakeAdmin() {
    shutdown(listener_.get(), SHUT_RDWR);  // wakes accept
    if (thread_.joinable()) thread_.join();
  }

  const std::string& url() const { return url_; }
  // Whole requests, head and body, in order.
  std::vector<std::string> requests() {
    MutexLock lock(mutex_);
    return requests_;
  }

 private:
  void Serve() {
    while (true) {
      UniqueFd client(accept(listener_.get(), nullptr, nullptr));
      if (!client.valid()) return;
      std::string request = Read(client.get());
      {
        MutexLock lock(mutex_);
        requests_.push_back(request);
      }
      if (mood_ == Mood::kHangsUp) continue;
      std::string answer = absl::StrCat("HTTP/1.1 ", code_,
                                        " x\r\nConnection: close\r\nContent-Length: ", body_.size(),
                                        "\r\n\r\n", body_);
      for (size_t sent = 0; sent < answer.size();) {
        ssize_t n = send(client.get(), answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<size_t>(n);
      }
    }
  }

  static std::string Read(int fd) {
    std::string request;
    char buffer[4096];
    while (!Complete(request)) {
      ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
      if (n <= 0) break;
      request.append(buffer, static_cast<size_t>(n));
    }
    return request;
  }
  static bool Complete(absl::string_view request) {
    size_t head = request.find("\r\n\r\n");
    if (head == absl::string_view::npos) return false;
    constexpr absl::string_view kLength = "Content-Length: ";
    size_t at = request.find(kLength), size = 0;
    if (at == absl::string_view::npos) return true;
    absl::string_view digits = request.substr(at + kLength.size());
    CHECK(absl::SimpleAtoi(digits.substr(0, digits.find('\r')), &size));
    return request.size() >= head + 4 + size;
  }

  int code_;
  std::string body_;
  Mood mood_;
  UniqueFd listener_;
  std::string url_;
  Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace spillway::cli

#endif  // SPILLWAY_TESTS_UNIT_APPS_CLI_FAKE_ADMIN_H_
