#include <re2/set.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "policies/compile.h"
#include "policies/regex.h"
#include "policies/schema.h"
#include "policies/schema_check.h"

namespace spillway::policies {
namespace {

class NameChecker {
 public:
  NameChecker(const Symbols& symbols, const Policy& policy, Diagnostics* diagnostics)
      : symbols_(symbols), policy_(policy), diagnostics_(diagnostics) {}

  void Run() {
    CheckUnique();
    CheckOverlaps();
    CheckMemory("hosts", [](const Service& s) -> const std::vector<std::string>& {
      return s.host_patterns;
    });
    CheckMemory("paths", [](const Service& s) -> const std::vector<std::string>& {
      return s.path_patterns;
    });
    CheckReach();
  }

 private:
  MapReader Reader(size_t service) const {
    return MapReader(symbols_.services[service].body, *PolicySchema().Find("services")->object);
  }
  std::string Path(size_t service, absl::string_view key) const {
    return absl::StrCat("services.", policy_.services[service].name, ".", key, ": ");
  }
  // Names are few per service: found again by text for their place.
  Place NamePlace(size_t service, absl::string_view key, absl::string_view text) const {
    for (const Node* item : Reader(service).Items(key)) {
      if (std::get<std::string>(item->value) == text) return item->place;
    }
    return symbols_.services[service].key->place;
  }

  // DNS answers a name for one service only.
  void CheckUnique() {
    struct Owner {
      size_t service;
      Place place;
    };
    StringMap<Owner> owners;
    for (size_t i = 0; i < policy_.services.size(); ++i) {
      for (const Node* item : Reader(i).Items("names")) {
        const std::string& name = std::get<std::string>(item->value);
        auto [it, fresh] = owners.emplace(name, Owner{i, item->place});
        if (fresh || it->second.service == i) continue;
        diagnostics_->Error(
            item->place,
            {.what = absl::StrCat(Path(i, "names"), Quoted(name), " already belongs to ",
                                  policy_.services[it->second.service].name, ", at ",
                                  diagnostics_->Describe(it->second.place))});
      }
    }
  }

  // An exact name wins over a pattern; worth knowing when they belong to different services.
  void CheckOverlaps() {
    RE2::Set set(PatternOptions(kPatternSetMemoryMax), RE2::ANCHOR_BOTH);
    std::vector<size_t> owners;
    for (size_t i = 0; i < policy_.services.size(); ++i) {
      for (const std::string& pattern : policy_.services[i].name_patterns) {
        if (set.Add(pattern, nullptr) >= 0) owners.push_back(i);
      }
    }
    if (owners.empty()) return;
    if (!set.Compile()) return TooMuchMemory("names");
    std::vector<int> matches;
    for (size_t i = 0; i < policy_.services.size(); ++i) {
      for (const std::string& name : policy_.services[i].dns_names) {
        if (!set.Match(name, &matches)) continue;
        for (int m : matches) {
          size_t owner = owners[static_cast<size_t>(m)];
          if (owner == i) continue;
          diagnostics_->Warning(
              NamePlace(i, "names", name),
              {.what = absl::StrCat(Path(i, "names"), name, " also matches a pattern of ",
                                    policy_.services[owner].name, "; the exact name wins")});
        }
      }
    }
  }

  void TooMuchMemory(absl::string_view key) {
    Place place = symbols_.services.empty() ? Place{} : symbols_.services[0].key->place;
    diagnostics_->Error(
        place, {.what = absl::StrCat("services: the patterns of all ", key,
                                     " together need too much memory"),
                .want = absl::StrCat("at most ", kPatternSetMemoryMax >> 20, " MiB compiled")});
  }

  template <typename Patterns>
  void CheckMemory(absl::string_view key, Patterns patterns) {
    RE2::Set set(PatternOptions(kPatternSetMemoryMax), RE2::ANCHOR_BOTH);
    bool any = false;
    for (const Service& service : policy_.services) {
      for (const std::string& pattern : patterns(service)) any |= set.Add(pattern, nullptr) >= 0;
    }
    if (any && !set.Compile()) TooMuchMemory(key);
  }

  static bool TakesEveryPath(absl::string_view pattern) {
    return pattern == ".*" || pattern == "/.*" || pattern == "(?s).*";
  }
  // A pattern without any operator matches one path only, itself.
  static bool IsLiteral(absl::string_view pattern) {
    return pattern.find_first_of("\\.*+?()[]{}|^$") == absl::string_view::npos;
  }

  // What is known of one host while its services are walked in order.
  struct HostPaths {
    int all_by = -1;       // service that takes every path
    StringMap<size_t> by;  // pattern -> first service
    size_t last = 0;       // service that was seen last, + 1
  };

  // Services that share a host are tried in order: a later one may never be reached.
  void CheckReach() {
    StringMap<HostPaths> hosts;
    for (size_t i = 0; i < policy_.services.size(); ++i) {
      const Service& service = policy_.services[i];
      if (Reader(i).Has("paths") && Reader(i).Find("paths") == nullptr)
        continue;  // bad ones would look like none
      for (const auto* list : {&service.hosts, &service.host_patterns}) {
        for (const std::string& host : *list) CheckHost(i, host, &hosts[host]);
      }
    }
  }

  void CheckHost(size_t i, const std::string& host, HostPaths* known) {
    const Service& service = policy_.services[i];
    if (known->last == i + 1) return;  // listed twice, reported elsewhere
    known->last = i + 1;
    bool by_names = !Reader(i).Has("hosts");
    if (known->all_by >= 0) {
      // Two services with one DNS name: reported as such already.
      if (by_names && !Reader(static_cast<size_t>(known->all_by)).Has("hosts")) return;
      const std::string& other = policy_.services[static_cast<size_t>(known->all_by)].name;
      diagnostics_->Error(
          NamePlace(i, by_names ? "names" : "hosts", host),
          {.what = absl::StrCat("services.", service.name, ": never reached over HTTP on ", host,
                                ", where ", other, " takes every path first"),
           .want =
               absl::StrCat("`paths` for ", other, ", or ", service.name, " declared before it")});
      return;
    }
    if (service.path_patterns.empty()) known->all_by = static_cast<int>(i);
    for (const Node* item : Reader(i).Items("paths")) CheckPath(i, host, *item, known);
  }

  void CheckPath(size_t i, const std::string& host, const Node& item, HostPaths* known) {
    const std::string& pattern = std::get<std::string>(item.value);
    if (known->all_by >= 0) {
      diagnostics_->Warning(
          item.place, {.what = absl::StrCat(Path(i, "paths"), Quoted(pattern),
                                            " adds nothing, an earlier one takes every path")});
      return;
    }
    auto [it, fresh] = known->by.emplace(pattern, i);
    if (!fresh && it->second != i) {
      diagnostics_->Error(
          item.place,
          {.what = absl::StrCat(Path(i, "paths"), Quoted(pattern), " is never reached on ", host,
                                ", where ", policy_.services[it->second].name,
                                " takes the same paths first")});
    } else if (IsLiteral(pattern)) {
      CheckLiteral(i, host, pattern, item, *known);
    }
    if (TakesEveryPath(pattern)) known->all_by = static_cast<int>(i);
  }

  void CheckLiteral(size_t i, const std::string& host, const std::string& pattern, const Node& item,
                    const HostPaths& known) {
    constexpr size_t kComparedMax = 200;  // patterns on one host; each comparison compiles one
    if (absl::EndsWith(pattern, "/") && pattern.size() > 1) {
      diagnostics_->Warning(item.place,
                            {.what = absl::StrCat(Path(i, "paths"), Quoted(pattern),
                                                  " matches that very path only, nothing below it"),
                             .meant = absl::StrCat(pattern, ".*")});
    }
    if (known.by.size() > kComparedMax) return;
    for (const auto& [earlier, owner] : known.by) {
      if (owner == i || earlier == pattern || !MatchesPattern(earlier, pattern)) continue;
      diagnostics_->Error(
          item.place,
          {.what = absl::StrCat(Path(i, "paths"), Quoted(pattern), " is never reached on ", host,
                                ", where ", policy_.services[owner].name, " takes it first by ",
                                Quoted(earlier))});
      return;
    }
  }

  const Symbols& symbols_;
  const Policy& policy_;
  Diagnostics* diagnostics_;
};

}  // namespace

void CheckNames(const Symbols& symbols, const Policy& policy, Diagnostics* diagnostics) {
  NameChecker(symbols, policy, diagnostics).Run();
}

}  // namespace spillway::policies
