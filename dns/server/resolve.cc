#include "dns/server/resolve.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.h"
#include "dns/server/steered.h"

namespace spillway::dns {
namespace {

// RFC 8482 4.2: the answer to ANY is one made-up HINFO; CPU "RFC8482", empty OS.
constexpr absl::string_view kAnyHinfo("\x07RFC8482\x00", 9);
constexpr uint32_t kAnyHinfoTtl = 3600;

// Names whose addresses go into the additional section; more than any sane RRset has.
constexpr size_t kAdditionalNamesMax = 16;

// The host name in `rdata`, or empty for types that have none.
absl::string_view TargetName(RrType type, absl::string_view rdata) {
  switch (type) {
    case RrType::kNs:
      return rdata;
    case RrType::kMx:
      return rdata.substr(2);
    case RrType::kSrv:
      return rdata.substr(6);
    case RrType::kSvcb:
    case RrType::kHttps:
      return rdata.substr(2, NameSize(rdata.substr(2)));
    default:
      return {};
  }
}

class Resolver {
 public:
  Resolver(const EngineView& view, const Query& query, const IpAddress& peer,
           const AnswerBooks& books, Sections* sections)
      : view_(view), query_(query), peer_(peer), books_(books), sections_(*sections) {}

  Resolution Run() {
    owner_ = query_.qname.wire();
    while (hops_ <= kAliasHopsMax) {
      const Zone* zone = FindZone();
      if (zone == nullptr) {
        if (hops_ == 0) Finish(Rcode::kRefused, Outcome::kRefused);
        break;
      }
      if (hops_ == 0) result_.authoritative = true;
      if (Step(*zone) == Next::kDone) break;
      ++hops_;
    }
    return result_;
  }

 private:
  enum class Next : uint8_t { kDone, kFollow };  // kFollow: owner_ is the alias's target

  const Zone* FindZone() const {
    if (view_.zones == nullptr) return nullptr;
    const Zone* zone = view_.zones->Find(owner_);
    // RFC 4035 3.1.4.1: DS belongs to the parent's side of a cut.
    if (zone != nullptr && query_.qtype == RrType::kDs && owner_.size() > 1 &&
        zone->apex() == owner_) {
      if (const Zone* parent = view_.zones->Find(ParentName(owner_)); parent != nullptr)
        return parent;
    }
    return zone;
  }

  // True when we were sent to the parent for the DS of a zone we serve: it exists, delegated there
  // or not.
  bool IsChildApex() const {
    return query_.qtype == RrType::kDs && view_.zones->Find(owner_)->apex() == owner_;
  }

  Next Step(const Zone& zone) {
    const ZoneMatch match = zone.Find(owner_);
    switch (match.kind) {
      case ZoneMatch::Kind::kReferral:
        // RFC 4035 3.1.4.1 again: the cut's own DS is our data.
        if (query_.qtype == RrType::kDs && zone.owner(*match.node) == owner_)
          return Records(zone, *match.node);
        return Referral(zone, *match.node);
      case ZoneMatch::Kind::kRedirect:
        return Redirect(zone, *match.node);
      case ZoneMatch::Kind::kNoName:
      case ZoneMatch::Kind::kExact:
      case ZoneMatch::Kind::kWildcard:
        break;
    }
    if (view_.plan != nullptr) {
      if (auto service = FindSteered(*view_.plan, owner_, zone, match))
        return Steered(zone, match, *service);
    }
    if (match.kind == ZoneMatch::Kind::kNoName && !IsChildApex())
      return Negative(zone, Rcode::kNxDomain, Outcome::kNxDomain);
    if (match.kind == ZoneMatch::Kind::kNoName)
      return Negative(zone, Rcode::kNoError, Outcome::kNoData);
    return Records(zone, *match.node);
  }

  Next Steered(const Zone& zone, const ZoneMatch& match, ServiceId service) {
    const ZoneNode* node = match.kind == ZoneMatch::Kind::kExact ? match.node : nullptr;
    const RrType type = query_.qtype;
    const bool asks_address = type == RrType::kA || type == RrType::kAaaa;
    const bool by_alias = view_.plan->policy().service(service).answer == AnswerForm::kCname;
    if (type == RrType::kAny) return Any();
    if (!asks_address && node != nullptr && zone.FindSet(*node, type) != nullptr)
      return Records(zone, *node);
    // An alias stands for every type, except where the zone has data that may not stand beside one.
    const bool alias_covers = type == RrType::kCname || node == nullptr || node->set_count == 0;
    if (!asks_address && !(by_alias && alias_covers)) {
      return Negative(zone, Rcode::kNoError, Outcome::kNoData);
    }
    const SteeredAnswer answer = Steer(*view_.plan, service, query_, peer_);
    result_.last_resort |= answer.decision.state == RowState::kAllDown;
    return by_alias ? SteeredAlias(answer) : SteeredAddresses(zone, answer);
  }

  Next SteeredAlias(const SteeredAnswer& answer) {
    const std::optional<Name> target = Name::FromText(answer.target->cname);
    if (!target) {  // the compiler of policies lets no other through
      SPILLWAY_BUG("cname of a target is not a domain name");
      return Finish(Rcode::kServFail, Outcome::kServFail);
    }
    if (!sections_.AddRecord(Section::kAnswer, owner_, RrType::kCname, answer.decision.ttl_s,
                             target->wire())) {
      return Truncate();
    }
    Count(answer, false);  // one alias for both families
    return query_.qtype == RrType::kCname ? Next::kDone : Follow(target->wire());
  }

  Next SteeredAddresses(const Zone& zone, const SteeredAnswer& answer) {
    const Target& target = *answer.target;
    const auto& addresses = query_.qtype == RrType::kA ? target.addresses_v4 : target.addresses_v6;
    if (addresses.empty()) {
      // RFC 7871 7.4: caches take negative answers for everyone, so the scope stays 0; other
      // targets may have this family, so for no longer than a positive answer.
      return Negative(zone, Rcode::kNoError, Outcome::kNoData, answer.decision.ttl_s);
    }
    const bool several = answer.decision.more_count > 0 && AddSeveral(answer);
    if (!several && !sections_.AddAddresses(owner_, addresses, answer.decision.ttl_s))
      return Truncate();
    Count(answer, query_.qtype == RrType::kAaaa);
    return Next::kDone;
  }

  // False, with nothing written, when there is only one target to name or no room for all.
  bool AddSeveral(const SteeredAnswer& answer) {
    std::array<IpAddress, kSeveralMax> addresses;
    const size_t count = CollectSeveral(*view_.plan, answer, query_.qtype, &addresses);
    return count > 0 &&
           sections_.AddAddresses(owner_, {addresses.data(), count}, answer.decision.ttl_s);
  }

  void Count(const SteeredAnswer& answer, bool second_family) {
    result_.steered = true;
    result_.ecs_scope_bits = std::max(result_.ecs_scope_bits, answer.ecs_scope_bits);
    const Frame& frame = *view_.plan->frame;
    frame.grants->Add(Front::kDns, books_.worker, answer.decision.slot);
    if (books_.decisions != nullptr && books_.decisions->Due()) Sample(answer);
    if (books_.log == nullptr) return;
    AnswerNote note;
    note.asker = answer.asker;
    note.row = answer.decision.row;
    note.table = TableTag(frame.candidates.get());
    note.ttl_s = std::min(answer.decision.ttl_s, AnswerNote::kTtlMax);
    note.by_ecs = answer.by_ecs;
    note.second_family = second_family;
    books_.log->Add(note);
  }

  void Sample(const SteeredAnswer& answer) {
    DecisionNote note;
    note.peer = peer_;
    note.client = answer.by_ecs ? query_.ecs.address : peer_;
    note.client_bits =
        answer.by_ecs ? query_.ecs.source_bits : static_cast<uint8_t>(peer_.bits_max());
    note.scope_bits = answer.ecs_scope_bits;
    const ServiceId service = view_.plan->frame->candidates->RowService(answer.decision.row);
    books_.decisions->Add(*view_.plan, service, answer.decision, note);
  }

  Next Any() {
    return Done(
        sections_.AddRecord(Section::kAnswer, owner_, RrType::kHinfo, kAnyHinfoTtl, kAnyHinfo));
  }

  Next Records(const Zone& zone, const ZoneNode& node) {
    if (query_.qtype == RrType::kAny && node.set_count > 0) {
      return Done(
          sections_.AddRecord(Section::kAnswer, owner_, RrType::kHinfo, kAnyHinfoTtl, kAnyHinfo));
    }
    if (const RrSet* set = zone.FindSet(node, query_.qtype); set != nullptr) {
      if (!sections_.Add(Section::kAnswer, owner_, zone, *set)) return Truncate();
      AddAdditional(zone, *set);
      return Next::kDone;
    }
    if (const RrSet* alias = zone.FindSet(node, RrType::kCname); alias != nullptr) {
      if (!sections_.Add(Section::kAnswer, owner_, zone, *alias)) return Truncate();
      return Follow(RdataCursor(zone.rdata(*alias)).data());
    }
    return Negative(zone, Rcode::kNoError, Outcome::kNoData);
  }

  // RFC 6672 3.1: the DNAME, and a CNAME made from it with its TTL.
  Next Redirect(const Zone& zone, const ZoneNode& node) {
    const RrSet& set = *zone.FindSet(node, RrType::kDname);
    const absl::string_view above = zone.owner(node);
    if (!sections_.Add(Section::kAnswer, above, zone, set)) return Truncate();
    Name target;
    target.Assign(owner_);
    if (!target.ReplaceSuffix(above.size(), RdataCursor(zone.rdata(set)).data())) {
      return Finish(Rcode::kYxDomain, Outcome::kYxDomain);
    }
    if (!sections_.AddRecord(Section::kAnswer, owner_, RrType::kCname, set.ttl_s, target.wire())) {
      return Truncate();
    }
    if (query_.qtype == RrType::kCname || query_.qtype == RrType::kAny) return Next::kDone;
    return Follow(target.wire());
  }

  Next Follow(absl::string_view target) {
    alias_.Assign(target);
    alias_.FoldCase();
    owner_ = alias_.wire();
    return Next::kFollow;
  }

  Next Referral(const Zone& zone, const ZoneNode& cut) {
    // Behind an alias the answer section is ours and stays authoritative.
    if (hops_ == 0) result_.authoritative = false;
    result_.outcome = Outcome::kReferral;
    const RrSet& ns = *zone.FindSet(cut, RrType::kNs);
    const absl::string_view cut_name = zone.owner(cut);
    if (!sections_.Add(Section::kAuthority, cut_name, zone, ns)) return Truncate();
    // RFC 9471 3.1: glue inside the cut must be whole or TC tells; 3.2: a sibling's is a courtesy.
    for (const bool in_domain : {true, false}) {
      for (RdataCursor cursor(zone.rdata(ns)); !cursor.done(); cursor.Next()) {
        Name host;
        host.Assign(cursor.data());
        host.FoldCase();
        if (IsAtOrBelow(host.wire(), cut_name) != in_domain) continue;
        const ZoneNode* node = zone.FindNode(host.wire());
        if (node != nullptr && !AddAddressSets(zone, *node) && in_domain) return Truncate();
      }
    }
    return Next::kDone;
  }

  // Addresses of the hosts `set` names, as far as this zone holds them and there is room (RFC 2181
  // 9: left out without a word).
  void AddAdditional(const Zone& zone, const RrSet& set) {
    std::array<const ZoneNode*, kAdditionalNamesMax> added;
    size_t added_count = 0;
    for (RdataCursor cursor(zone.rdata(set)); !cursor.done() && added_count < added.size();
         cursor.Next()) {
      Name host;
      const absl::string_view target = TargetName(set.type, cursor.data());
      if (target.empty()) return;
      // RFC 9460 2.5.2: in ServiceMode "." is the owner itself.
      const bool service = set.type == RrType::kSvcb || set.type == RrType::kHttps;
      host.Assign(service && target.size() == 1 ? owner_ : target);
      host.FoldCase();
      if (!IsAtOrBelow(host.wire(), zone.apex())) continue;
      const ZoneMatch match = zone.Find(host.wire());
      if (match.kind != ZoneMatch::Kind::kExact || match.node->steered) continue;
      const auto end = added.begin() + static_cast<ptrdiff_t>(added_count);
      if (std::find(added.begin(), end, match.node) != end) continue;
      added[added_count++] = match.node;
      if (!AddAddressSets(zone, *match.node)) return;
    }
  }

  bool AddAddressSets(const Zone& zone, const ZoneNode& node) {
    for (const RrType type : {RrType::kA, RrType::kAaaa}) {
      const RrSet* set = zone.FindSet(node, type);
      if (set != nullptr && !sections_.Add(Section::kAdditional, zone.owner(node), zone, *set))
        return false;
    }
    return true;
  }

  // RFC 2308 3: the SOA of the zone that says no, for no longer than its MINIMUM.
  Next Negative(const Zone& zone, Rcode rcode, Outcome outcome, uint32_t ttl_s_max = UINT32_MAX) {
    Finish(rcode, outcome);
    return Done(sections_.Add(Section::kAuthority, zone.apex(), zone, zone.soa(),
                              std::min(zone.negative_ttl_s(), ttl_s_max)));
  }

  Next Finish(Rcode rcode, Outcome outcome) {
    result_.rcode = rcode;
    result_.outcome = outcome;
    return Next::kDone;
  }
  Next Done(bool written) { return written ? Next::kDone : Truncate(); }
  Next Truncate() {
    result_.truncated = true;
    return Next::kDone;
  }

  const EngineView& view_;
  const Query& query_;
  const IpAddress& peer_;
  const AnswerBooks& books_;
  Sections& sections_;
  Resolution result_;
  absl::string_view owner_;  // folded: QNAME, then each alias's target
  Name alias_;
  int hops_ = 0;
};

}  // namespace

Resolution Resolve(const EngineView& view, const Query& query, const IpAddress& peer,
                   const AnswerBooks& books, Sections* sections) {
  return Resolver(view, query, peer, books, sections).Run();
}

}  // namespace spillway::dns
