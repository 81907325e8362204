// apps/spillwayd.cc -- the server: flags to settings, signals to calls, nothing else.
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "apps/daemon/server.h"
#include "apps/daemon/systemd.h"
#include "apps/token_file.h"
#include "apps/version.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"

ABSL_FLAG(std::string, policy, "",
          "Directory of *.yaml policy files (one directory is one policy). Required.");
ABSL_FLAG(std::string, zones, "", "Directory of *.zone files; default: the policy directory.");
ABSL_FLAG(std::string, geo, "",
          "Country database (mmdb, GeoLite2/GeoIP2 shape); empty: clients are told apart by prefix "
          "only.");
ABSL_FLAG(std::string, geo_city, "",
          "City database (mmdb): regions and places finer than countries.");
ABSL_FLAG(std::string, geo_asn, "", "ASN database (mmdb).");
ABSL_FLAG(
    std::string, state_dir, "",
    "Directory for what is worth keeping between starts: the databases as one table of client "
    "groups, so that the next start reads it instead of making it. Empty: nothing is kept.");
ABSL_FLAG(std::vector<std::string>, dns, {"127.0.0.1:5300"},
          "DNS listeners, UDP and TCP; port 0: the kernel chooses; empty: off.");
ABSL_FLAG(std::vector<std::string>, http, {"127.0.0.1:8080"},
          "HTTP redirect and content-steering listeners; empty: off.");
ABSL_FLAG(std::vector<std::string>, dns_proxy, {},
          "Further DNS listeners, UDP and TCP, for --trusted_proxies alone: every connection and "
          "every datagram begins with a PROXY protocol v2 header that names the client.");
ABSL_FLAG(std::vector<std::string>, http_proxy, {},
          "Further HTTP listeners of that kind: every connection begins with the header.");
ABSL_FLAG(std::string, admin, "127.0.0.1:5380",
          "Admin listener: metrics, status, explain, drain, samples.");
ABSL_FLAG(
    std::string, admin_token_file, "",
    "File holding the admin API's bearer token, read as `spillway --token_file` does. Required.");
ABSL_FLAG(std::string, feed_token_file, "", "File of 'name token' lines: who may push samples.");
ABSL_FLAG(std::vector<std::string>, feed_file, {}, "JSON files of samples to watch.");
ABSL_FLAG(int, dns_workers, 1, "DNS threads.");
ABSL_FLAG(int, http_workers, 1, "HTTP threads.");
ABSL_FLAG(std::vector<std::string>, trusted_proxies, {},
          "Prefixes whose X-Forwarded-For and Forwarded headers, and PROXY headers, are believed.");
ABSL_FLAG(std::string, nsid, "", "Name of this server, told to DNS clients that ask (RFC 5001).");
ABSL_FLAG(bool, chaos_identity, false,
          "Tell --nsid also to those who ask for id.server or hostname.bind, class CHAOS, type TXT "
          "(RFC 4892).");
ABSL_FLAG(std::string, dns_cookie_file, "",
          "File of one or two secrets of 32 hex digits for DNS cookies (RFC 9018), the same on all "
          "servers of a set: the first makes cookies, both are taken; read again when it changes. "
          "Empty: a secret of this process.");
ABSL_FLAG(std::string, tsig_key_file, "",
          "File of TSIG keys, 'name algorithm secret' per line (the secret in base64), for "
          "transfers and signed questions; read again when it changes.");
ABSL_FLAG(uint32_t, dns_rate, 0,
          "UDP answers of one class (answer, no data, no such name, referral, refusal) per second, "
          "worker and client prefix (/24, /56); beyond it every second reply is cut short, the "
          "others are not sent. TCP and clients with a cookie are not limited. 0: no limit.");
ABSL_FLAG(std::string, dnstap_socket, "",
          "Unix socket of a dnstap reader (fstrm_capture -u): questions and replies go there.");
ABSL_FLAG(std::string, dnstap_file, "", "Or a file of them, written anew at each start.");
ABSL_FLAG(uint32_t, dnstap_sample, 1, "One of so many messages goes to dnstap.");
ABSL_FLAG(std::string, decision_log, "",
          "File of steering decisions as JSON lines: who asked, group, cell, target, why; `-` is "
          "standard error. Beyond 64 MiB it becomes FILE.1.");
ABSL_FLAG(uint32_t, decision_log_sample, 1000, "One of so many decisions is logged.");
ABSL_FLAG(std::string, user, "",
          "USER or USER:GROUP to become once all sockets are bound. Policy, zones, keys and geo "
          "databases are read again as that user.");
ABSL_FLAG(std::string, record, "",
          "Directory to record every plan's inputs in, for `spillway rehearse --recording`; made "
          "when there is none. Empty: not recorded.");
ABSL_FLAG(uint32_t, record_max, 1024,
          "MiB of recordings to keep in that directory, those of earlier runs included; the oldest "
          "files are dropped.");
ABSL_FLAG(std::string, ready_file, "",
          "Written once the first plan answers: pid and listeners as JSON.");

namespace spillway {
namespace {

absl::StatusOr<std::vector<Endpoint>> ParseEndpoints(absl::string_view flag,
                                                     const std::vector<std::string>& texts) {
  std::vector<Endpoint> endpoints;
  for (const std::string& text : texts) {
    if (text.empty()) continue;
    std::optional<Endpoint> endpoint = Endpoint::Parse(text);
    if (!endpoint) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--", flag, ": want ADDRESS:PORT such as 127.0.0.1:5300 or [::1]:5300, got \"", text,
          "\""));
    }
    endpoints.push_back(*endpoint);
  }
  return endpoints;
}

absl::Status OfFlag(absl::string_view flag, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("--", flag, ": ", status.message()));
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  if (path.empty())
    return absl::InvalidArgumentError("--admin_token_file: want a file holding the admin token");
  absl::StatusOr<std::string> read = ReadTokenFile(path);
  if (!read.ok()) return OfFlag("admin_token_file", read.status());
  std::string token = *std::move(read);
  if (token.size() < kFeedTokenSizeMin) {
    return absl::InvalidArgumentError(absl::StrCat("--admin_token_file: ", path,
                                                   ": want a token of at least ", kFeedTokenSizeMin,
                                                   " characters"));
  }
  return token;
}

// Of dnstap and the decision log.
absl::Status SampleSettings(ServerSettings* s) {
  s->dnstap_socket = absl::GetFlag(FLAGS_dnstap_socket);
  s->dnstap_file = absl::GetFlag(FLAGS_dnstap_file);
  if (!s->dnstap_socket.empty() && !s->dnstap_file.empty())
    return absl::InvalidArgumentError("--dnstap_socket, --dnstap_file: want one of them");
  s->dnstap_every = absl::GetFlag(FLAGS_dnstap_sample);
  s->decision_log = absl::GetFlag(FLAGS_decision_log);
  s->decision_log_every = absl::GetFlag(FLAGS_decision_log_sample);
  if (s->dnstap_every < 1 || s->decision_log_every < 1)
    return absl::InvalidArgumentError("--dnstap_sample, --decision_log_sample: want at least 1");
  return absl::OkStatus();
}

absl::StatusOr<ServerSettings> SettingsFromFlags() {
  ServerSettings s;
  s.program_version = kVersion;
  s.sources.policy_directory = absl::GetFlag(FLAGS_policy);
  if (s.sources.policy_directory.empty()) {
    return absl::InvalidArgumentError(
        "--policy: want a directory of *.yaml files; see policies/library for examples");
  }
  s.sources.zone_directory = absl::GetFlag(FLAGS_zones);
  s.sources.geo.country = absl::GetFlag(FLAGS_geo);
  s.sources.geo.city = absl::GetFlag(FLAGS_geo_city);
  s.sources.geo.asn = absl::GetFlag(FLAGS_geo_asn);
  s.sources.state_directory = absl::GetFlag(FLAGS_state_dir);
  ASSIGN_OR_RETURN(s.dns, ParseEndpoints("dns", absl::GetFlag(FLAGS_dns)));
  ASSIGN_OR_RETURN(s.http, ParseEndpoints("http", absl::GetFlag(FLAGS_http)));
  ASSIGN_OR_RETURN(s.dns_proxy, ParseEndpoints("dns_proxy", absl::GetFlag(FLAGS_dns_proxy)));
  ASSIGN_OR_RETURN(s.http_proxy, ParseEndpoints("http_proxy", absl::GetFlag(FLAGS_http_proxy)));
  ASSIGN_OR_RETURN(s.inherited, TakeInheritedSockets());
  s.user = absl::GetFlag(FLAGS_user);
  RETURN_IF_ERROR(SampleSettings(&s));
  ASSIGN_OR_RETURN(std::vector<Endpoint> admin,
                   ParseEndpoints("admin", {absl::GetFlag(FLAGS_admin)}));
  if (admin.empty()) return absl::InvalidArgumentError("--admin: want ADDRESS:PORT, got nothing");
  s.admin = admin.front();
  s.dns_workers = absl::GetFlag(FLAGS_dns_workers);
  s.http_workers = absl::GetFlag(FLAGS_http_workers);
  if (s.dns_workers < 1 || s.dns_workers > 64 || s.http_workers < 1 || s.http_workers > 64) {
    return absl::InvalidArgumentError("--dns_workers, --http_workers: want 1 to 64");
  }
  s.nsid = absl::GetFlag(FLAGS_nsid);
  s.chaos_identity = absl::GetFlag(FLAGS_chaos_identity);
  s.sources.cookie_secret_file = absl::GetFlag(FLAGS_dns_cookie_file);
  s.sources.tsig_key_file = absl::GetFlag(FLAGS_tsig_key_file);
  const uint32_t rate = absl::GetFlag(FLAGS_dns_rate);
  if (rate > UINT16_MAX)
    return absl::InvalidArgumentError(absl::StrCat("--dns_rate: want 0 to 65535, got ", rate));
  s.dns_rate.per_second = static_cast<uint16_t>(rate);
  for (const std::string& text : absl::GetFlag(FLAGS_trusted_proxies)) {
    std::optional<IpPrefix> prefix = IpPrefix::Parse(text);
    if (!prefix) {
      return absl::InvalidArgumentError(
          absl::StrCat("--trusted_proxies: want prefixes such as 10.0.0.0/8, got \"", text, "\""));
    }
    s.trusted_proxies.push_back(*prefix);
  }
  ASSIGN_OR_RETURN(s.admin_token, ReadToken(absl::GetFlag(FLAGS_admin_token_file)));
  if (std::string path = absl::GetFlag(FLAGS_feed_token_file); !path.empty()) {
    absl::StatusOr<std::string> text = ReadFile(path, 1 << 20);
    if (!text.ok()) return OfFlag("feed_token_file", text.status());
    ASSIGN_OR_RETURN(s.feed_tokens, ParseFeedTokens(*text, path));
  }
  s.feed_files = absl::GetFlag(FLAGS_feed_file);
  s.record_directory = absl::GetFlag(FLAGS_record);
  s.record_bytes_max = uint64_t{absl::GetFlag(FLAGS_record_max)} << 20;
  if (s.record_bytes_max == 0)
    return absl::InvalidArgumentError("--record_max: want at least 1 (MiB), got 0");
  return s;
}

// SIGHUP reloads; SIGINT and SIGTERM end. Threads started later inherit the blocked mask.
sigset_t BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "spillwayd: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Run() {
  const sigset_t signals = BlockSignals();
  absl::StatusOr<ServerSettings> settings = SettingsFromFlags();
  if (!settings.ok()) return Fail(settings.status());
  const GeoSources& geo = settings->sources.geo;
  if (geo.country.empty() && geo.city.empty() && geo.asn.empty()) {
    LogWarning(
        "no --geo: groups and fences by country or AS number name nobody, distance is unknown");
  }
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Create(*std::move(settings), Clock::Real());
  if (!server.ok()) return Fail(server.status());
  if (std::string path = absl::GetFlag(FLAGS_ready_file); !path.empty()) {
    absl::Status status = (*server)->WriteReadyFile(path);
    if (!status.ok()) return Fail(status);
  }
  TellServiceManager("READY=1");
  LogInfo("spillwayd %s ready: %s", kVersion, (*server)->Describe());
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) break;
    (*server)->RequestReload();
  }
  TellServiceManager("STOPPING=1");
  LogInfo("stopping");
  (*server)->Stop();
  return 0;
}

}  // namespace
}  // namespace spillway

int main(int argc, char** argv) {
  absl::FlagsUsageConfig usage;
  usage.version_string = [] { return absl::StrCat("spillwayd ", spillway::kVersion, "\n"); };
  usage.normalize_filename = [](absl::string_view path) {
    return std::string(absl::EndsWith(path, "apps/spillwayd.cc") ? "spillwayd" : path);
  };
  usage.contains_help_flags = [](absl::string_view file) { return file == "spillwayd"; };
  absl::SetFlagsUsageConfig(usage);
  absl::SetProgramUsageMessage(
      absl::StrCat("authoritative DNS, HTTP 302 and content steering by one policy; version ",
                   spillway::kVersion,
                   ".\n\n"
                   "  spillwayd --policy=DIR --geo=country.mmdb --admin_token_file=FILE [--dns=..] "
                   "[--http=..]\n\n"
                   "SIGHUP reloads the policy, SIGTERM stops. `spillwayd --help` lists every flag; "
                   "--flagfile=FILE reads them."));
  std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    std::fprintf(stderr, "spillwayd: want flags only, got \"%s\"\n", rest[1]);
    return 2;
  }
  return spillway::Run();
}
