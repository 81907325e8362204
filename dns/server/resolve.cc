#include "dns/server/resolve.h"

#include <algorithm>
#include <array>
#include <optional>

#include "dns/server/steered.h"
#include "dns/server/zone_writer.h"

namespace spillway::dns {
namespace {

// RFC 8482 4.2: the answer to ANY is one made-up HINFO; CPU "RFC8482", empty OS.
constexpr absl::string_view kAnyHinfo("\x07RFC8482\x00", 9);
constexpr uint32_t kAnyHinfoTtl = 3600;

class Resolver {
 public:
  Resolver(const EngineView& view, const Query& query, const IpAddress& peer, Sections* sections)
      : view_(view),
        query_(query),
        peer_(peer),
        sections_(*sections),
        sets_(query.dnssec_ok, sections) {}

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
    if (!result_.truncated && !sets_.AddProofs()) Truncate();
    if (!result_.truncated && found_ != nullptr && view_.zones != nullptr)
      sets_.AddAdditional(*view_.zones, *found_zone_, *found_, owner_);
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
          return Records(zone, {ZoneMatch::Kind::kExact, match.node});
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
    if (match.kind != ZoneMatch::Kind::kNoName) return Records(zone, match);
    // A signed parent cannot but deny a child it does not delegate.
    if (IsChildApex() && !zone.is_signed())
      return Negative(zone, Rcode::kNoError, Outcome::kNoData);
    if (sets_.Signs(zone)) sets_.Prove(zone, zone.denial().NoName(owner_, zone.owner(*match.node)));
    return Negative(zone, Rcode::kNxDomain, Outcome::kNxDomain);
  }

  Next Steered(const Zone& zone, const ZoneMatch& match, ServiceId service) {
    const ZoneNode* node = match.kind == ZoneMatch::Kind::kExact ? match.node : nullptr;
    const RrType type = query_.qtype;
    const bool asks_address = type == RrType::kA || type == RrType::kAaaa;
    const bool by_alias = view_.plan->policy().service(service).answer == AnswerForm::kCname;
    if (type == RrType::kAny) return Any();
    if (!asks_address && node != nullptr && zone.FindSet(*node, type) != nullptr)
      return Records(zone, match);
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
    const absl::string_view target = view_.plan->frame->aliases[answer.decision.target.index()];
    if (!sections_.AddRecord(Section::kAnswer, owner_, RrType::kCname, answer.decision.ttl_s,
                             target)) {
      return Truncate();
    }
    NoteGrant(answer, false);  // one alias for both families
    return query_.qtype == RrType::kCname ? Next::kDone : Follow(target);
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
    NoteGrant(answer, query_.qtype == RrType::kAaaa);
    return Next::kDone;
  }

  // False, with nothing written, when there is only one target to name or no room for all.
  bool AddSeveral(const SteeredAnswer& answer) {
    std::array<IpAddress, kSeveralMax> addresses;
    const size_t count = CollectSeveral(*view_.plan, answer, query_.qtype, &addresses);
    return count > 0 &&
           sections_.AddAddresses(owner_, {addresses.data(), count}, answer.decision.ttl_s);
  }

  void NoteGrant(const SteeredAnswer& answer, bool second_family) {
    result_.steered = true;
    result_.ecs_scope_bits = std::max(result_.ecs_scope_bits, answer.ecs_scope_bits);
    result_.grant.decision = answer.decision;
    AnswerNote& note = result_.grant.note;
    note.asker = answer.asker;
    note.row = answer.decision.row;
    note.table = TableTag(view_.plan->frame->candidates.get());
    note.ttl_s = std::min(answer.decision.ttl_s, AnswerNote::kTtlMax);
    note.by_ecs = answer.by_ecs;
    note.second_family = second_family;
  }

  Next Any() {
    return Done(
        sections_.AddRecord(Section::kAnswer, owner_, RrType::kHinfo, kAnyHinfoTtl, kAnyHinfo));
  }

  Next Records(const Zone& zone, const ZoneMatch& match) {
    const ZoneNode& node = *match.node;
    if (query_.qtype == RrType::kAny && node.set_count > 0) return AnyOf(zone, match);
    if (query_.qtype == RrType::kRrsig && zone.FindSet(node, RrType::kRrsig) != nullptr)
      return Signatures(zone, node);
    const RrSet* set = zone.FindSet(node, query_.qtype);
    if (set == nullptr) set = zone.FindSet(node, RrType::kCname);
    if (set == nullptr) return NoData(zone, match);
    if (!sets_.Add(Section::kAnswer, owner_, zone, node, *set)) return Truncate();
    ProveExpansion(zone, match);
    if (set->type == RrType::kCname && query_.qtype != RrType::kCname)
      return Follow(RdataCursor(zone.rdata(*set)).data());
    found_ = set;
    found_zone_ = &zone;
    return Next::kDone;
  }

  // RFC 8482: 4.2, a record made here; where that could not be signed 4.1, one of the sets.
  Next AnyOf(const Zone& zone, const ZoneMatch& match) {
    if (!zone.is_signed()) return Any();
    const absl::Span<const RrSet> sets = zone.sets(*match.node);
    const auto is_data = [](const RrSet& set) {
      return set.type != RrType::kRrsig && set.type != RrType::kNsec;
    };
    const auto it = std::find_if(sets.begin(), sets.end(), is_data);
    if (it == sets.end()) return NoData(zone, match);
    if (!sets_.Add(Section::kAnswer, owner_, zone, *match.node, *it)) return Truncate();
    ProveExpansion(zone, match);
    return Next::kDone;
  }

  // The signatures of every type are sets of their own.
  Next Signatures(const Zone& zone, const ZoneNode& node) {
    for (const RrSet& set : zone.sets(node)) {
      if (set.type != RrType::kRrsig) continue;
      if (!sections_.Add(Section::kAnswer, owner_, zone, set, set.ttl_s)) return Truncate();
    }
    return Next::kDone;
  }

  Next NoData(const Zone& zone, const ZoneMatch& match) {
    if (sets_.Signs(zone)) {
      sets_.Prove(zone, match.kind == ZoneMatch::Kind::kWildcard
                            ? zone.denial().NoDataAtWildcard(owner_, Encloser(zone, match))
                            : zone.denial().NoData(owner_));
    }
    return Negative(zone, Rcode::kNoError, Outcome::kNoData);
  }

  // RFC 6672 3.1: the DNAME, and a CNAME made from it with its TTL.
  Next Redirect(const Zone& zone, const ZoneNode& node) {
    const RrSet& set = *zone.FindSet(node, RrType::kDname);
    const absl::string_view above = zone.owner(node);
    if (!sets_.Add(Section::kAnswer, above, zone, node, set)) return Truncate();
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
    return sections_.HasAlias(owner_) ? Next::kDone : Next::kFollow;  // once around is enough
  }

  Next Referral(const Zone& zone, const ZoneNode& cut) {
    // Behind an alias the answer section is ours and stays authoritative.
    if (hops_ == 0) result_.authoritative = false;
    result_.outcome = Outcome::kReferral;
    const RrSet& ns = *zone.FindSet(cut, RrType::kNs);
    const absl::string_view cut_name = zone.owner(cut);
    if (!sections_.Add(Section::kAuthority, cut_name, zone, ns, ns.ttl_s)) return Truncate();
    if (sets_.Signs(zone)) {  // RFC 4035 3.1.4: DS, or that there is none
      if (const RrSet* ds = zone.FindSet(cut, RrType::kDs); ds == nullptr) {
        sets_.Prove(zone, zone.denial().NoData(cut_name));
      } else if (!sets_.Add(Section::kAuthority, cut_name, zone, cut, *ds)) {
        return Truncate();
      }
    }
    if (!sets_.AddProofs()) return Truncate();
    // RFC 9471 3.1: glue inside the cut must be whole or TC tells; 3.2: a sibling's is a courtesy.
    for (const bool in_domain : {true, false}) {
      for (RdataCursor cursor(zone.rdata(ns)); !cursor.done(); cursor.Next()) {
        Name host;
        host.Assign(cursor.data());
        host.FoldCase();
        if (IsAtOrBelow(host.wire(), cut_name) != in_domain) continue;
        const ZoneNode* node = zone.FindNode(host.wire());
        if (node != nullptr && !sets_.AddAddresses(zone, *node) && in_domain) return Truncate();
      }
    }
    return Next::kDone;
  }

  // Where the wildcard of `match` stands.
  static absl::string_view Encloser(const Zone& zone, const ZoneMatch& match) {
    return ParentName(zone.owner(*match.node));
  }
  void ProveExpansion(const Zone& zone, const ZoneMatch& match) {
    if (match.kind == ZoneMatch::Kind::kWildcard && sets_.Signs(zone))
      sets_.Prove(zone, zone.denial().NothingCloser(owner_, Encloser(zone, match)));
  }
  // RFC 2308 3: the SOA of the zone that says no, for no longer than its MINIMUM.
  Next Negative(const Zone& zone, Rcode rcode, Outcome outcome, uint32_t ttl_s_max = UINT32_MAX) {
    Finish(rcode, outcome);
    return Done(sets_.Add(Section::kAuthority, zone.apex(), zone, zone.apex_node(), zone.soa(),
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
  Sections& sections_;
  ZoneWriter sets_;
  Resolution result_;
  absl::string_view owner_;  // folded: QNAME, then each alias's target
  Name alias_;
  int hops_ = 0;
  // The last answer's set, whose hosts' addresses may follow when all else is written.
  const RrSet* found_ = nullptr;
  const Zone* found_zone_ = nullptr;
};

}  // namespace

Resolution Resolve(const EngineView& view, const Query& query, const IpAddress& peer,
                   Sections* sections) {
  return Resolver(view, query, peer, sections).Run();
}

}  // namespace spillway::dns
