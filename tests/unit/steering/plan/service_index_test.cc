// tests/unit/steering/plan/service_index_test.cc -- names and URLs find their service.
#include "steering/plan/service_index.h"

#include "gtest/gtest.h"

namespace spillway {
namespace {

Policy TwoServices() {
  Policy policy;
  Service live{.name = "live"};
  live.dns_names = {"live.example.com"};
  live.name_patterns = {R"([^.]+\.live\.example\.com)"};
  live.hosts = {"live.example.com"};
  live.path_patterns = {"/live/(?P<event>[a-z0-9-]+)/.*", "/now"};
  Service vod{.name = "vod"};
  vod.dns_names = {"vod.example.com", "special.live.example.com"};
  vod.hosts = {"vod.example.com", "live.example.com"};
  vod.host_patterns = {R"(vod[0-9]+\.example\.com)"};
  policy.services = {live, vod};
  return policy;
}

class ServiceIndexTest : public testing::Test {
 protected:
  std::string ByName(absl::string_view name) { return Name(index_->FindByName(name)); }
  std::string ByUrl(absl::string_view host, absl::string_view path) {
    return Name(index_->FindByUrl(host, path));
  }
  std::string Name(std::optional<ServiceId> id) { return id ? policy_.service(*id).name : "-"; }

  Policy policy_ = TwoServices();
  std::shared_ptr<const ServiceIndex> index_ = *ServiceIndex::Create(policy_);
};

TEST_F(ServiceIndexTest, ExactNamesWinOverPatterns) {
  EXPECT_EQ(ByName("live.example.com"), "live");
  EXPECT_EQ(ByName("a.live.example.com"), "live");
  EXPECT_EQ(ByName("special.live.example.com"), "vod");
  EXPECT_EQ(ByName("a.b.live.example.com"), "-");
  EXPECT_EQ(ByName("example.com"), "-");
}

TEST_F(ServiceIndexTest, WireNamesFindExactNames) {
  EXPECT_EQ(WireName("a.bc"), std::string("\1a\2bc\0", 6));
  EXPECT_EQ(Name(index_->FindByWireName(WireName("vod.example.com"))), "vod");
  EXPECT_EQ(Name(index_->FindByWireName(WireName("com"))), "-");
}

TEST_F(ServiceIndexTest, UrlsAreMatchedByHostThenPath) {
  EXPECT_EQ(ByUrl("live.example.com", "/live/fight-7/master.m3u8"), "live");
  EXPECT_EQ(ByUrl("live.example.com", "/now"), "live");
  EXPECT_EQ(ByUrl("live.example.com", "/now/later"), "vod");
  EXPECT_EQ(ByUrl("vod7.example.com", "/anything"), "vod");
  EXPECT_EQ(ByUrl("vod.example.com", "/"), "vod");
  EXPECT_EQ(ByUrl("other.example.com", "/live/x/y"), "-");
}

TEST(ServiceIndex, RefusesAPatternThatDoesNotCompile) {
  Policy policy = TwoServices();
  policy.services[0].path_patterns.push_back("/(");
  EXPECT_FALSE(ServiceIndex::Create(policy).ok());
}

}  // namespace
}  // namespace spillway
