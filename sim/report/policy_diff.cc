#include "sim/report/policy_diff.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/report/tally.h"
#include "steering/plan/cells.h"

namespace spillway::sim {
namespace {

using Shares = std::map<std::string, double>;  // by target

Shares SharesOf(const Steady& steady, size_t row) {
  Shares shares;
  const Frame& frame = *steady.stage->terrain.frame;
  const absl::Span<const Slot> slots = frame.candidates->Row(row);
  const absl::Span<const SlotPlan> plan = steady.plan->RowSlots(row);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (plan[i].quota > 0)
      shares[frame.policy->target(slots[i].target).name] +=
          static_cast<double>(plan[i].quota) / kCellCount;
  }
  return shares;
}

GroupId GroupOf(const Steady& steady, const NetworkPlace& place) {
  return steady.stage->terrain.frame->groups->Locate(place.prefix.address).group;
}

class Comparer {
 public:
  explicit Comparer(PolicyDiff* diff) : diff_(*diff), before_(diff->before), after_(diff->after) {}

  void Run() {
    WeighGroups();
    const Policy& policy = *before_.stage->terrain.frame->policy;
    for (size_t s = 0; s < policy.services.size(); ++s) {
      const std::optional<ServiceId> same =
          after_.stage->terrain.frame->policy->FindService(policy.services[s].name);
      if (same) CompareService(ServiceId(static_cast<uint16_t>(s)), *same);
    }
    for (auto& [key, viewers] : moved_) {
      const auto& [service, clients, from, to] = key;
      diff_.moves.push_back(
          {service, clients, from, to, viewers, viewers / clients_[{service, clients}]});
      diff_.moved += viewers;
    }
    diff_.moved /= std::max(1.0, diff_.viewers);
    std::stable_sort(diff_.moves.begin(), diff_.moves.end(),
                     [](const auto& a, const auto& b) { return a.viewers > b.viewers; });
  }

 private:
  // Within a group, viewers are spread over its networks by weight: all are of one country.
  void WeighGroups() {
    weight_.assign(before_.stage->terrain.frame->groups->groups().size(), 0);
    for (const NetworkPlace& place : before_.stage->places)
      weight_[GroupOf(before_, place).index()] += place.weight;
  }

  void CompareService(ServiceId service, ServiceId same) {
    const Frame& was = *before_.stage->terrain.frame;
    const Frame& is = *after_.stage->terrain.frame;
    const std::string& name = was.policy->service(service).name;
    // Networks that share both groups are steered alike.
    std::map<std::pair<uint32_t, uint32_t>, double> viewers;
    for (const NetworkPlace& place : before_.stage->places) {
      const GroupId a = GroupOf(before_, place), b = GroupOf(after_, place);
      const double all = before_.viewers[was.candidates->RowIndex(service, a)];
      if (all > 0) viewers[{a.index(), b.index()}] += all * place.weight / weight_[a.index()];
    }
    for (const auto& [groups, count] : viewers) {
      const GroupId a(groups.first), b(groups.second);
      const std::string& old_name = was.groups->group(a).name;
      const std::string& new_name = is.groups->group(b).name;
      const std::string clients =
          old_name == new_name ? old_name : absl::StrCat(old_name, " -> ", new_name);
      clients_[{name, clients}] += count;
      diff_.viewers += count;
      AddMoves(name, clients, count, SharesOf(before_, was.candidates->RowIndex(service, a)),
               SharesOf(after_, is.candidates->RowIndex(same, b)));
    }
  }

  // The fewest move: what a target loses goes to those that gain, in proportion.
  void AddMoves(const std::string& service, const std::string& clients, double viewers,
                const Shares& was, const Shares& is) {
    auto at = [](const Shares& shares, const std::string& target) {
      const auto it = shares.find(target);
      return it == shares.end() ? 0.0 : it->second;
    };
    double gained = 0;
    for (const auto& [target, share] : is) gained += std::max(0.0, share - at(was, target));
    if (gained <= 0) return;
    for (const auto& [from, share] : was) {
      const double lost = share - at(is, from);
      if (lost <= 0) continue;
      for (const auto& [to, new_share] : is) {
        const double gain = new_share - at(was, to);
        if (gain > 0) moved_[{service, clients, from, to}] += viewers * lost * gain / gained;
      }
    }
  }

  PolicyDiff& diff_;
  const Steady& before_;
  const Steady& after_;
  std::vector<double> weight_;  // by group of `before_`: of its networks
  std::map<std::pair<std::string, std::string>, double> clients_;  // viewers
  std::map<std::tuple<std::string, std::string, std::string, std::string>, double> moved_;
};

void AddTargets(PolicyDiff* diff) {
  std::map<std::string, PolicyDiff::TargetLoad> loads;
  auto add = [&loads](const Steady& steady, bool after) {
    const Terrain& terrain = steady.stage->terrain;
    const Tally marks(terrain, {}, 0);
    for (size_t t = 0; t < terrain.capacity_mbps.size(); ++t) {
      PolicyDiff::TargetLoad& load = loads[terrain.frame->policy->targets[t].name];
      load.name = terrain.frame->policy->targets[t].name;
      (after ? load.after : load.before) =
          steady.load_mbps[t] / std::max(1e-9, terrain.capacity_mbps[t]);
      (after ? load.watermark_after : load.watermark_before) = marks.targets()[t].watermark;
      load.moved_mbps += after ? steady.load_mbps[t] : -steady.load_mbps[t];
    }
  };
  add(diff->before, false);
  add(diff->after, true);
  for (auto& [name, load] : loads) diff->targets.push_back(load);
  std::stable_sort(diff->targets.begin(), diff->targets.end(), [](const auto& a, const auto& b) {
    return std::max(a.after, 0.0) > std::max(b.after, 0.0);
  });
}

}  // namespace

PolicyDiff ComparePlans(Steady before, Steady after, double at_s) {
  PolicyDiff diff;
  diff.at_s = at_s;
  diff.before = std::move(before);
  diff.after = std::move(after);
  Comparer(&diff).Run();
  AddTargets(&diff);
  return diff;
}

}  // namespace spillway::sim
