#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/ip.h"
#include "base/units.h"
#include "policies/compile.h"
#include "policies/fences.h"
#include "policies/regex.h"
#include "policies/schema.h"
#include "policies/schema_check.h"

namespace spillway::policies {
namespace {

// More steps than renditions help nobody; ladders in use have 5 to 10 (Apple's HLS authoring
// specification lists 9). PlanRow::ladder_step is an octet.
constexpr size_t kLadderStepsMax = 16;

const ObjectSpec& ServiceSpec() { return *PolicySchema().Find("services")->object; }

class ServiceCompiler {
 public:
  ServiceCompiler(Symbols* symbols, ServiceId id, Policy* policy, Diagnostics* diagnostics)
      : symbols_(symbols),
        declared_(symbols->services[id.index()]),
        reader_(declared_.body, ServiceSpec()),
        path_(absl::StrCat("services.", declared_.key->text)),
        policy_(policy),
        service_(&policy->services[id.index()]),
        diagnostics_(diagnostics) {}

  void Run() {
    CompileNames();
    CompileScalars();
    CompileLadder();
    CompileWatermark();
    CompileCandidates();
    CompilePrefer();
    CompileWeights();
    if (candidates_.sound) CompileAnswer();
    CompileFences(symbols_, reader_, path_, *policy_, candidates_.sound, service_, diagnostics_);
  }

 private:
  void Error(Place place, absl::string_view key, Complaint complaint) {
    complaint.what = absl::StrCat(path_, key.empty() ? "" : ".", key, ": ", complaint.what);
    diagnostics_->Error(place, complaint);
  }
  std::string Name(TargetId id) const { return policy_->targets[id.index()].name; }

  void CompileNames() {
    auto split = [this](absl::string_view key, std::vector<std::string>* exact,
                        std::vector<std::string>* patterns) {
      for (const Node* item : reader_.Items(key)) {
        const std::string& text = std::get<std::string>(item->value);
        std::vector<std::string>* to = text[0] == '/' || text[0] == '*' ? patterns : exact;
        std::string compiled = text[0] == '/'   ? text.substr(1, text.size() - 2)
                               : text[0] == '*' ? WildcardPattern(text)
                                                : text;
        if (std::find(to->begin(), to->end(), compiled) == to->end())
          to->push_back(std::move(compiled));
        if (key == "names" && IpAddress::Parse(text)) {
          Error(item->place, key,
                {.what = "an address is not a DNS name",
                 .want = std::string(TypeWanted(Type::kDnsName)),
                 .got = text});
        }
      }
    };
    split("names", &service_->dns_names, &service_->name_patterns);
    split("hosts", &service_->hosts, &service_->host_patterns);
    if (!reader_.Has("hosts")) {
      service_->hosts = service_->dns_names;
      service_->host_patterns = service_->name_patterns;
    }
    if (!reader_.Has("names") && !reader_.Has("hosts") &&
        declared_.body->kind == Node::Kind::kMap) {
      Error(declared_.key->place, "",
            {.what = "nobody can ask for it",
             .want = "names: [...] for DNS, hosts: [...] for HTTP, or both"});
    }
    for (const Node* item : reader_.Items("paths"))
      service_->path_patterns.push_back(std::get<std::string>(item->value));
  }

  void CompileScalars() {
    service_->service_class =
        FindServiceClass(reader_.Get<std::string>("class")).value_or(ServiceClass::kLive);
    service_->bitrate_mbps = reader_.Get<double>("bitrate");
    service_->session = reader_.Get<absl::Duration>("session");
    service_->waiting_room = reader_.Get<std::string>("waiting_room") == "on";
    service_->distance_factor = reader_.Get<double>("distance");
    service_->price_ms = absl::ToDoubleMilliseconds(reader_.Get<absl::Duration>("price"));
    const Node* ttl = reader_.Find("ttl");
    if (ttl != nullptr && ttl->kind == Node::Kind::kScalar) {
      absl::Duration all = std::get<absl::Duration>(ttl->value);
      service_->ttl = {all, all, all};
      return;
    }
    MapReader ladder = reader_.Object("ttl");
    service_->ttl = {ladder.Get<absl::Duration>("calm"), ladder.Get<absl::Duration>("shedding"),
                     ladder.Get<absl::Duration>("draining")};
    if (ttl == nullptr) return;
    // A rung that is not written follows the one above it rather than exceed it.
    if (!ladder.Has("shedding"))
      service_->ttl.shedding = std::min(service_->ttl.shedding, service_->ttl.calm);
    if (!ladder.Has("draining"))
      service_->ttl.draining = std::min(service_->ttl.draining, service_->ttl.shedding);
    if (service_->ttl.calm < service_->ttl.shedding ||
        service_->ttl.shedding < service_->ttl.draining) {
      Error(ttl->place, "ttl",
            {.what = "answers must live shorter the more urgent a change is",
             .want = "calm >= shedding >= draining",
             .got = absl::StrCat("calm ", absl::FormatDuration(service_->ttl.calm), ", shedding ",
                                 absl::FormatDuration(service_->ttl.shedding), ", draining ",
                                 absl::FormatDuration(service_->ttl.draining))});
    }
  }

  void CompileLadder() {
    const Node* steps = reader_.Find("ladder");
    if (steps == nullptr) return;  // not written, or reported
    std::vector<double> ladder;
    for (const Node& step : steps->items) {
      const double part = std::get<double>(step.value);
      if (ladder.empty() && part != 1) {
        return Error(step.place, "ladder",
                     {.what = "does not begin with the whole bitrate",
                      .want = "100% first",
                      .got = Quoted(step.text)});
      }
      if (!ladder.empty() && part >= ladder.back()) {
        return Error(
            step.place, "ladder",
            {.what = "the steps must fall",
             .want = absl::StrCat("less than ", absl::StrFormat("%.4g%%", ladder.back() * 100)),
             .got = Quoted(step.text)});
      }
      ladder.push_back(part);
    }
    if (ladder.size() > kLadderStepsMax) {
      return Error(steps->place, "ladder",
                   {.what = "too many steps",
                    .want = absl::StrCat("at most ", kLadderStepsMax),
                    .got = absl::StrCat(ladder.size())});
    }
    service_->ladder = std::move(ladder);
  }

  void CompileWatermark() {
    MapReader marks = reader_.Object("watermark");
    Watermark& w = service_->watermark;
    w.target = marks.Get<double>("target");
    w.shed_from = marks.GetOr<double>("shed_from", w.target - 0.15);
    w.hard = marks.GetOr<double>("hard", std::min(1.0, w.target + 0.05));
    if (reader_.Has("watermark") && reader_.Find("watermark") == nullptr) return;
    auto text = [](const MapReader& r, absl::string_view key, double value) {
      return absl::StrCat(key, " ", absl::StrFormat("%.4g%%", value * 100),
                          r.Has(key) ? "" : " (by default)");
    };
    std::string got =
        absl::StrCat(text(marks, "shed_from", w.shed_from), ", ", text(marks, "target", w.target),
                     ", ", text(marks, "hard", w.hard));
    if (w.shed_from <= 0 || w.shed_from >= w.target || w.target > w.hard) {
      Place place = reader_.PlaceOf("watermark");
      Error(place, "watermark",
            {.what = "marks out of order", .want = "0% < shed_from < target <= hard", .got = got});
    }
  }

  // Leaves candidates_.sound false when no conclusions should be drawn from them.
  void CompileCandidates() {
    candidates_.sound = false;
    Place place = reader_.PlaceOf("candidates");
    MapReader selector = reader_.Object("candidates");
    bool readable = reader_.Find("candidates") != nullptr;
    if (!readable && selector.Items("tags").empty() && selector.Items("targets").empty()) return;
    candidates_ = symbols_->Select(selector, place, absl::StrCat(path_, ".candidates"));
    candidates_.sound &= readable && !candidates_.ids.empty();
    for (TargetId id : candidates_.ids) {
      service_->candidates.push_back({.target = id});
      symbols_->targets[id.index()].used = true;
    }
  }

  void CompilePrefer() {
    const ObjectSpec& spec = *ServiceSpec().Find("prefer")->object;
    std::vector<Place> taken(
        service_->candidates.size());  // the rule that named each candidate first
    size_t number = 0;
    for (const Node* item : reader_.Items("prefer")) {
      ++number;
      MapReader rule(item, spec);
      Selection chosen =
          symbols_->Select(rule, item->place, absl::StrCat(path_, ".prefer[", number, "]"));
      if (!chosen.sound || !candidates_.sound) continue;
      bool any = false, fresh = false;
      Place earlier;
      for (size_t i = 0; i < service_->candidates.size(); ++i) {
        if (!chosen.Contains(service_->candidates[i].target)) continue;
        any = true;
        if (taken[i].line > 0) {
          earlier = taken[i];
          continue;
        }
        fresh = true;
        taken[i] = item->place;
        service_->candidates[i].penalty_ms =
            absl::ToDoubleMilliseconds(rule.Get<absl::Duration>("penalty"));
      }
      if (!any) {
        Error(item->place, "prefer", {.what = "this rule names no candidate of the service"});
      } else if (!fresh) {
        Error(item->place, "prefer",
              {.what = absl::StrCat(
                   "this rule never counts: earlier rules name all of its targets, the last at ",
                   diagnostics_->Describe(earlier))});
      }
    }
  }

  void CompileWeights() {
    if (!reader_.Has("weights")) return;
    const Place place = reader_.PlaceOf("weights");
    const std::vector<const Node::Member*> lines = reader_.Members("weights");
    auto has_line = [&lines](absl::string_view name) {
      return std::any_of(lines.begin(), lines.end(),
                         [name](const Node::Member* m) { return m->key.text == name; });
    };
    struct Given {
      const Node* by = nullptr;
      double weight = 1;
      bool own = false;
    };
    std::vector<Given> given(service_->candidates.size());
    for (const Node::Member* line : lines) {
      const Node::Member& m = *line;
      absl::string_view name = m.key.text;
      bool by_tag = absl::ConsumePrefix(&name, "tag:");
      std::optional<std::vector<TargetId>> ids = WeightTargets(m.key, name, by_tag);
      if (!ids) continue;
      const double weight = std::get<double>(m.value.value);
      bool any = false;
      for (size_t i = 0; i < given.size(); ++i) {
        TargetId id = service_->candidates[i].target;
        if (!std::binary_search(ids->begin(), ids->end(), id)) continue;
        any = true;
        if (by_tag && given[i].by != nullptr && !given[i].own && given[i].weight != weight) {
          if (!has_line(Name(id))) {
            Error(m.key.place, "weights",
                  {.what = absl::StrCat(Name(id), " gets two weights, here and at ",
                                        diagnostics_->Describe(given[i].by->place)),
                   .want = absl::StrCat("a line of its own for ", Name(id))});
          }
        } else if (!by_tag || !given[i].own) {
          given[i] = {&m.key, weight, !by_tag};
        }
      }
      if (!any && candidates_.sound) {
        Error(m.key.place, "weights",
              {.what = absl::StrCat(Quoted(m.key.text), " is no candidate of the service")});
      }
    }
    for (size_t i = 0; i < given.size(); ++i) {
      service_->candidates[i].weight = given[i].weight;
      if (given[i].by != nullptr || reader_.Find("weights") == nullptr) continue;
      diagnostics_->Warning(
          place, {.what = absl::StrCat(path_, ".weights: ", Name(service_->candidates[i].target),
                                       " has no weight and counts 1")});
    }
  }

  // The targets a key of `weights:` means, ascending; nothing after reporting an unknown one.
  std::optional<std::vector<TargetId>> WeightTargets(const Node& key, absl::string_view name,
                                                     bool by_tag) {
    if (by_tag) {
      if (const std::vector<TargetId>* ids = symbols_->FindTag(name)) return *ids;
      std::string meant = symbols_->SuggestTag(name);
      Error(key.place, "weights",
            {.what = absl::StrCat("no target carries the tag ", Quoted(name)),
             .meant = meant.empty() ? "" : absl::StrCat("tag:", meant)});
      return std::nullopt;
    }
    if (std::optional<TargetId> id = symbols_->FindTarget(name)) return std::vector<TargetId>{*id};
    std::string meant = symbols_->FindTag(name) != nullptr ? absl::StrCat("tag:", name)
                                                           : symbols_->SuggestTarget(name);
    Error(key.place, "weights",
          {.what = absl::StrCat("no target ", Quoted(name)),
           .want = meant.empty() ? "a target or \"tag:...\"" : "",
           .meant = meant});
    return std::nullopt;
  }

  void CompileAnswer() {
    std::string no_address, no_cname, no_v4;
    bool any_v4 = false;
    for (const Candidate& candidate : service_->candidates) {
      if (symbols_->targets[candidate.target.index()].body->bad)
        return;  // its own errors come first
      const Target& target = policy_->targets[candidate.target.index()];
      if (target.host.empty()) return;  // nothing to answer with: reported
      auto note = [&target](std::string* list) {
        absl::StrAppend(list, list->empty() ? "" : ", ", target.name);
      };
      any_v4 |= !target.addresses_v4.empty();
      if (target.addresses_v4.empty() && target.addresses_v6.empty()) note(&no_address);
      if (target.addresses_v4.empty() && !target.addresses_v6.empty()) note(&no_v4);
      if (target.cname.empty()) note(&no_cname);
    }
    service_->answer = no_address.empty() ? AnswerForm::kAddresses : AnswerForm::kCname;
    Place place = reader_.PlaceOf("candidates");
    if (!no_address.empty() && !no_cname.empty()) {
      Error(place, "candidates",
            {.what = absl::StrCat(
                 "DNS must not mix CNAME and A alternatives of one name; without addresses: ",
                 no_address, "; without cname: ", no_cname),
             .want = "addresses on every candidate, or a cname on every one"});
      return;
    }
    if (service_->answer == AnswerForm::kAddresses && any_v4 && !no_v4.empty()) {
      diagnostics_->Warning(
          place, {.what = absl::StrCat(path_, ".candidates: IPv4 clients never get ", no_v4,
                                       ", which has IPv6 addresses only")});
    }
    if (service_->answer != AnswerForm::kCname) return;
    for (const Node* item : reader_.Items("names")) {
      const std::string& name = std::get<std::string>(item->value);
      if (name[0] == '/' || name[0] == '*' || std::count(name.begin(), name.end(), '.') > 1)
        continue;
      diagnostics_->Warning(
          item->place,
          {.what = absl::StrCat(path_, ".names: ", name,
                                " looks like the top of a zone, where no CNAME can stand "
                                "(RFC 1034 3.6.2), but these have no addresses: ",
                                no_address)});
    }
  }

  Symbols* symbols_;
  const Declaration& declared_;
  MapReader reader_;
  std::string path_;
  Policy* policy_;
  Service* service_;
  Diagnostics* diagnostics_;
  Selection candidates_;
};

}  // namespace

void CompileServices(Symbols* symbols, Policy* policy, Diagnostics* diagnostics) {
  for (size_t i = 0; i < symbols->services.size(); ++i)
    ServiceCompiler(symbols, ServiceId(i), policy, diagnostics).Run();
}

}  // namespace spillway::policies
