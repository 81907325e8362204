// tests/unit/apps/daemon/configuration_test.cc -- files to a running configuration: all or nothing,
// and the running one stays.
#include "apps/daemon/configuration.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apps/daemon/reloader.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kPolicy[] = R"(targets:
  fra1: {at: [50.11, 8.68], addresses: [192.0.2.10]}
  nyc1: {at: [40.71, -74.01], addresses: [192.0.2.20]}
groups: {lab: {prefix: [198.51.100.0/24]}}
services:
  live:
    names: [live.example.com]
    candidates: {targets: [fra1, nyc1]}
    fences: [{group: lab, only: {targets: [fra1]}}]
)";
constexpr char kZone[] = R"($ORIGIN example.com.
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
ns1 IN A 192.0.2.53
)";

class ConfigurationTest : public testing::Test {
 protected:
  ConfigurationTest() {
    std::string pattern = absl::StrCat(testing::TempDir(), "/configuration_XXXXXX");
    sources_.policy_directory = mkdtemp(pattern.data());
    Write("p.yaml", kPolicy);
    Write("example.com.zone", kZone);
  }
  ~ConfigurationTest() override { std::filesystem::remove_all(sources_.policy_directory); }

  std::string Path(absl::string_view name) {
    return absl::StrCat(sources_.policy_directory, "/", name);
  }
  void Write(absl::string_view name, absl::string_view text) {
    ASSERT_TRUE(WriteFileAtomically(Path(name), text).ok());
  }

  ConfigurationSources sources_;
};

TEST_F(ConfigurationTest, LoadsPolicyAndZonesTogether) {
  ConfigurationResult result = LoadConfiguration(sources_, absl::FromUnixSeconds(1), nullptr);
  ASSERT_THAT(result.errors, IsEmpty());
  ASSERT_NE(result.configuration, nullptr);
  EXPECT_EQ(result.configuration->frame->policy->services.size(), 1u);
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST_F(ConfigurationTest, FaultsOfPolicyAndZonesAreToldInOneGo) {
  Write("p.yaml", "targets: {fra1: {at: [500, 8], addresses: [192.0.2.10]}}\n");
  Write("example.com.zone", "@ IN SOA nonsense\n");
  ConfigurationResult result = LoadConfiguration(sources_, absl::FromUnixSeconds(1), nullptr);
  EXPECT_EQ(result.configuration, nullptr);
  const std::string all = absl::StrJoin(result.errors, "\n");
  EXPECT_THAT(all, HasSubstr("p.yaml:1:"));
  EXPECT_THAT(all, HasSubstr("example.com.zone:1"));
}

TEST_F(ConfigurationTest, TheGroupMapIsLentWhileGroupsStayTheSame) {
  ConfigurationResult first = LoadConfiguration(sources_, absl::FromUnixSeconds(1), nullptr);
  ASSERT_NE(first.configuration, nullptr);
  Write("p.yaml", absl::StrCat("# edited\n", kPolicy));
  ConfigurationResult same = LoadConfiguration(sources_, absl::FromUnixSeconds(2), first.configuration.get());
  ASSERT_NE(same.configuration, nullptr);
  EXPECT_EQ(same.configuration->frame->groups, first.configuration->frame->groups);
  std::string text = kPolicy;
  text.replace(text.find("198.51.100.0/24"), 15, "203.0.113.0/24");
  Write("p.yaml", text);
  ConfigurationResult moved = LoadConfiguration(sources_, absl::FromUnixSeconds(3), same.configuration.get());
  ASSERT_NE(moved.configuration, nullptr);
  EXPECT_NE(moved.configuration->frame->groups, first.configuration->frame->groups);
}

TEST_F(ConfigurationTest, TheFingerprintSeesEveryChangeAndOnlyChanges) {
  uint64_t seen = Fingerprint(sources_);
  EXPECT_EQ(Fingerprint(sources_), seen);
  auto moved = [&] { return std::exchange(seen, Fingerprint(sources_)) != seen; };
  Write("q.yaml", "groups: {}\n");
  EXPECT_TRUE(moved());
  Write("q.yaml", "groups: {}\n");  // the same bytes, another file
  EXPECT_TRUE(moved());
  std::filesystem::rename(Path("q.yaml"), Path("r.yaml"));
  EXPECT_TRUE(moved());
  std::filesystem::remove(Path("r.yaml"));
  EXPECT_TRUE(moved());
  Write("notes.txt", "no policy");
  EXPECT_FALSE(moved());
  std::filesystem::remove_all(sources_.policy_directory);
  EXPECT_TRUE(moved());
}

TEST_F(ConfigurationTest, CookieSecretsAreAPartOfIt) {
  sources_.cookie_secret_file = Path("secrets");
  EXPECT_THAT(LoadConfiguration(sources_, absl::FromUnixSeconds(1), nullptr).errors, testing::SizeIs(1));
  Write("secrets", "not a secret");
  EXPECT_THAT(LoadConfiguration(sources_, absl::FromUnixSeconds(1), nullptr).errors,
              testing::ElementsAre(HasSubstr("secrets:1: want 32 hex digits")));
  const uint64_t before = Fingerprint(sources_);
  Write("secrets", "000102030405060708090a0b0c0d0e0f\n");
  EXPECT_NE(Fingerprint(sources_), before);
  ConfigurationResult result = LoadConfiguration(sources_, absl::FromUnixSeconds(1), nullptr);
  ASSERT_NE(result.configuration, nullptr);
  EXPECT_EQ(result.configuration->cookies->current[15], 15);
}

class ReloaderTest : public ConfigurationTest {
 protected:
  ReloaderTest()
      : reloader_(sources_, clock_, loop_, zones_, cookies_,
                  [this](const Configuration& loaded) { told_.push_back(loaded.frame->policy); }) {}

  ManualClock clock_;
  FeedTable feeds_{std::make_shared<const Policy>()};
  PlanLoop loop_{feeds_, clock_};
  SnapshotCell<dns::ZoneSet> zones_;
  SnapshotCell<dns::CookieSecrets> cookies_;
  std::vector<std::shared_ptr<const Policy>> told_;
  Reloader reloader_;
};

TEST_F(ReloaderTest, ABadEditChangesNothingAndSaysWhy) {
  const http::ReloadReport good = reloader_.Reload();
  ASSERT_TRUE(good.ok) << absl::StrJoin(good.diagnostics, "\n");
  const auto plan = loop_.plans().Current();
  const auto zones = zones_.Current();
  ASSERT_NE(zones, nullptr);

  Write("example.com.zone", "@ IN SOA nonsense\n");
  clock_.Advance(absl::Seconds(5));
  const http::ReloadReport bad = reloader_.Reload();
  EXPECT_FALSE(bad.ok);
  EXPECT_FALSE(bad.diagnostics.empty());
  EXPECT_EQ(bad.version, good.version);
  EXPECT_EQ(bad.loaded_at, good.at);
  EXPECT_EQ(bad.at, clock_.Now());
  EXPECT_EQ(loop_.plans().Current(), plan);
  EXPECT_EQ(zones_.Current(), zones);
  EXPECT_EQ(told_.size(), 1u);

  MetricsWriter out;
  reloader_.WriteMetrics(&out);
  EXPECT_THAT(out.text(), HasSubstr("spillway_policy_stale 1\n"));
  EXPECT_THAT(out.text(), HasSubstr("spillway_policy_loads_total{outcome=\"failed\"} 1\n"));

  Write("example.com.zone", kZone);
  EXPECT_TRUE(reloader_.Reload().ok);
  EXPECT_NE(zones_.Current(), zones);
  EXPECT_EQ(told_.size(), 2u);
}

TEST_F(ReloaderTest, TheWatchLoadsAnEditByItself) {
  ASSERT_TRUE(reloader_.Reload().ok);
  const std::string before = reloader_.last().version;
  reloader_.StartWatching();
  Write("p.yaml", absl::StrCat(kPolicy, "    bitrate: 8 Mbps\n"));
  for (int i = 0; i < 2000 && reloader_.last().version == before; ++i)
    feeds_.WaitForChange(feeds_.generation(), absl::Milliseconds(5));
  EXPECT_NE(reloader_.last().version, before);
  reloader_.StopWatching();
}

}  // namespace
}  // namespace spillway
