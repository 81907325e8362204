#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policies/compile.h"
#include "policies/schema.h"
#include "policies/schema_check.h"

namespace spillway::policies {
namespace {

template <typename T>
void SortUnique(std::vector<T>* items) {
  std::sort(items->begin(), items->end());
  items->erase(std::unique(items->begin(), items->end()), items->end());
}

template <typename T>
void Append(const std::vector<T>& from, std::vector<T>* to) {
  to->insert(to->end(), from.begin(), from.end());
}

// Depth first over `groups:` of groups; a group met again on the way down closes a loop.
class GroupCompiler {
 public:
  GroupCompiler(Symbols* symbols, Policy* policy, Diagnostics* diagnostics)
      : symbols_(symbols),
        policy_(policy),
        diagnostics_(diagnostics),
        states_(symbols->groups.size(), State::kNew) {}

  void Run() {
    // Members first: `groups:` may be nested as deep as there are groups, so the walk keeps its own
    // stack.
    for (size_t i = 0; i < states_.size(); ++i) CompileOwn(LabelId(i));
    for (size_t i = 0; i < states_.size(); ++i) Walk(LabelId(i));
  }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone };
  struct Edge {
    LabelId to;
    Place place;
  };
  struct Step {
    LabelId id;
    size_t next_edge = 0;
  };

  void CompileOwn(LabelId id) {
    const Declaration& declared = symbols_->groups[id.index()];
    const std::string path = absl::StrCat("groups.", declared.key->text);
    MapReader reader(declared.body, *PolicySchema().Find("groups")->object);
    NamedGroup& group = policy_->groups[id.index()];
    for (const Node* item : reader.Items("country")) group.countries.push_back(item->text);
    for (const Node* item : reader.Items("asn"))
      group.asns.push_back(static_cast<uint32_t>(std::get<int64_t>(item->value)));
    for (const Node* item : reader.Items("prefix"))
      group.prefixes.push_back(std::get<IpPrefix>(item->value));
    if (const Node* at = reader.Find("at")) group.location = std::get<GeoPoint>(at->value);
    edges_.emplace_back();
    for (const Node* item : reader.Items("groups")) {
      if (std::optional<LabelId> to = symbols_->Group(*item, absl::StrCat(path, ".groups")))
        edges_.back().push_back({*to, item->place});
    }
    bool empty = true;
    for (absl::string_view key : {"country", "asn", "prefix", "groups"}) empty &= !reader.Has(key);
    if (empty && declared.body->kind == Node::Kind::kMap) {
      diagnostics_->Error(declared.key->place,
                          {.what = absl::StrCat(path, ": nobody is in it"),
                           .want = "at least one of country, asn, prefix, groups"});
    }
  }

  void Walk(LabelId start) {
    if (states_[start.index()] != State::kNew) return;
    std::vector<Step> stack = {{start}};
    states_[start.index()] = State::kOpen;
    while (!stack.empty()) {
      Step& step = stack.back();
      const std::vector<Edge>& edges = edges_[step.id.index()];
      if (step.next_edge == edges.size()) {
        Union(step.id);
        states_[step.id.index()] = State::kDone;
        stack.pop_back();
        continue;
      }
      const Edge& edge = edges[step.next_edge++];
      State& state = states_[edge.to.index()];
      if (state == State::kOpen) {
        ReportLoop(stack, edge);
      } else if (state == State::kNew) {
        state = State::kOpen;
        stack.push_back({edge.to});
      }
    }
  }

  void ReportLoop(const std::vector<Step>& stack, const Edge& edge) {
    auto name = [this](LabelId id) { return symbols_->groups[id.index()].key->text; };
    std::string loop;
    bool inside = false;
    for (const Step& step : stack) {
      inside |= step.id == edge.to;
      if (inside) absl::StrAppend(&loop, name(step.id), " -> ");
    }
    diagnostics_->Error(edge.place,
                        {.what = absl::StrCat("groups.", name(stack.back().id), ".groups: a loop, ",
                                              loop, name(edge.to))});
  }

  // All of `id`'s edges are done (or in a loop, which is an error anyway).
  void Union(LabelId id) {
    NamedGroup& group = policy_->groups[id.index()];
    for (const Edge& edge : edges_[id.index()]) {
      const NamedGroup& other = policy_->groups[edge.to.index()];
      if (edge.to == id) continue;  // a loop, reported
      members_ += other.countries.size() + other.asns.size() + other.prefixes.size();
      if (members_ > kMembersMax) return ReportSize(edge.place);
      Append(other.countries, &group.countries);
      Append(other.asns, &group.asns);
      Append(other.prefixes, &group.prefixes);
    }
    SortUnique(&group.countries);
    SortUnique(&group.asns);
    SortUnique(&group.prefixes);
  }

  void ReportSize(Place place) {
    if (std::exchange(too_large_, true)) return;
    diagnostics_->Error(place,
                        {.what = "groups: all groups with the groups in them are too large",
                         .want = absl::StrCat("at most ", kMembersMax, " members taken over")});
  }

  // Members taken over from other groups: a chain of n groups copies n^2 / 2 of them.
  static constexpr size_t kMembersMax = 4'000'000;

  size_t members_ = 0;
  bool too_large_ = false;
  Symbols* symbols_;
  Policy* policy_;
  Diagnostics* diagnostics_;
  std::vector<State> states_;
  std::vector<std::vector<Edge>> edges_;  // by LabelId
};

}  // namespace

void CompileGroups(Symbols* symbols, Policy* policy, Diagnostics* diagnostics) {
  GroupCompiler(symbols, policy, diagnostics).Run();
}

}  // namespace spillway::policies
