// tests/unit/policies/library_test.cc -- what we ship loads without a word, and says what it is
// for.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "base/file.h"
#include "policies/loader.h"

namespace spillway {
namespace {

const std::string kLibrary = std::string(SPILLWAY_SOURCE_DIR) + "/policies/library";

std::set<std::string> Shipped() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kLibrary)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

TEST(PolicyLibrary, HasThePoliciesThatPeopleBeginWith) {
  std::set<std::string> shipped = Shipped();
  for (const char* name :
       {"nearest-failover", "weighted", "primary-backup", "multi-cdn-commits", "live-event"}) {
    EXPECT_TRUE(shipped.contains(name)) << name;
  }
}

TEST(PolicyLibrary, LoadsWithoutErrorsOrWarnings) {
  for (const std::string& name : Shipped()) {
    PolicyResult result = LoadPolicyDirectory(kLibrary + "/" + name);
    EXPECT_TRUE(result.ok()) << name;
    EXPECT_EQ(FormatDiagnostics(result.diagnostics, name), "");
  }
}

TEST(PolicyLibrary, SaysWhenToUseIt) {
  for (const std::string& name : Shipped()) {
    bool said = false;
    absl::StatusOr<std::vector<std::string>> files = ListFiles(kLibrary + "/" + name, ".yaml");
    ASSERT_TRUE(files.ok());
    for (const std::string& file : *files) {
      const std::string text = ReadFile(kLibrary + "/" + name + "/" + file).value();
      EXPECT_TRUE(absl::StartsWith(text, "# ")) << name << "/" << file;
      said |= absl::StrContains(text, "Use this ");
    }
    EXPECT_TRUE(said) << name;
  }
}

// RFC 5737 and RFC 3849: an example that is deployed by accident must not reach a stranger.
TEST(PolicyLibrary, UsesDocumentationAddressesOnly) {
  for (const std::string& name : Shipped()) {
    PolicyResult result = LoadPolicyDirectory(kLibrary + "/" + name);
    ASSERT_TRUE(result.ok());
    for (const Target& target : result.policy->targets) {
      for (const auto* list : {&target.addresses_v4, &target.addresses_v6}) {
        for (const IpAddress& address : *list) {
          bool documentation = false;
          for (const char* prefix :
               {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"}) {
            documentation |= IpPrefix::Parse(prefix)->Contains(address);
          }
          EXPECT_TRUE(documentation) << name << " " << address.ToString();
        }
      }
    }
  }
}

TEST(PolicyLibrary, LiveEventUsesTheWholeLanguage) {
  PolicyResult result = LoadPolicyDirectory(kLibrary + "/live-event");
  ASSERT_TRUE(result.ok());
  const Policy& policy = *result.policy;
  EXPECT_GE(policy.targets.size(), 8u);
  EXPECT_GE(policy.groups.size(), 4u);
  ASSERT_EQ(policy.events.size(), 1u);
  EXPECT_EQ(policy.events[0].peak_world, 65e6);
  EXPECT_EQ(policy.service(*policy.FindService("fight")).fences.size(), 3u);
  EXPECT_TRUE(policy.service(*policy.FindService("fight")).waiting_room);
  EXPECT_EQ(policy.service(*policy.FindService("replay")).service_class, ServiceClass::kCatchUp);
  ASSERT_EQ(policy.limits.size(), 1u);
  EXPECT_EQ(policy.limits[0].targets.size(), 2u);
}

}  // namespace
}  // namespace spillway
