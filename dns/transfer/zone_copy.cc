#include "dns/transfer/zone_copy.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/hash.h"
#include "dns/wire/name.h"

namespace spillway::dns {
namespace {

size_t OctetsOf(const RecordView& record) {
  return record.owner.size() + kRecordFixedSize + record.rdata.size();
}

uint64_t HashOf(const RecordView& record) {
  const uint64_t head = uint64_t{record.ttl_s} << 16 | static_cast<uint64_t>(record.type);
  return StableHash(record.rdata, StableHash(record.owner, head));
}

OwnedRecord Own(const RecordView& record) {
  return {std::string(record.owner), record.type, record.ttl_s, std::string(record.rdata)};
}

bool HasAddresses(const Zone& zone, const ZoneNode& node) {
  return zone.FindSet(node, RrType::kA) != nullptr || zone.FindSet(node, RrType::kAaaa) != nullptr;
}

uint32_t TtlOf(const Service& service) {
  return static_cast<uint32_t>(absl::ToInt64Seconds(service.ttl.calm));
}

// What changed from `before` to `after`. Records are told apart by a 64-bit hash: two of the
// operator's own records would have to collide by chance.
std::shared_ptr<const ZoneDelta> MakeDelta(const ZoneCopy& before, const ZoneCopy& after) {
  auto delta = std::make_shared<ZoneDelta>();
  delta->old_soa = Own(before.soa());
  delta->new_soa = Own(after.soa());
  absl::flat_hash_set<uint64_t> gone;
  for (CopyCursor c(before); !c.done(); c.Next()) gone.insert(HashOf(c.record()));
  for (CopyCursor c(after); !c.done(); c.Next()) {
    if (gone.erase(HashOf(c.record())) == 0) delta->added.push_back(Own(c.record()));
  }
  for (CopyCursor c(before); !c.done(); c.Next()) {
    if (gone.contains(HashOf(c.record()))) delta->removed.push_back(Own(c.record()));
  }
  delta->octets = OctetsOf(before.soa()) + OctetsOf(after.soa());
  for (const auto* list : {&delta->removed, &delta->added}) {
    for (const OwnedRecord& record : *list) delta->octets += OctetsOf(record.view());
  }
  return delta;
}

}  // namespace

uint32_t SerialOf(absl::string_view soa_rdata) {
  uint32_t serial = 0;
  for (char c : soa_rdata.substr(soa_rdata.size() - kSoaNumbersSize, 4))
    serial = serial << 8 | static_cast<uint8_t>(c);
  return serial;
}

SteeredServices SteeredServicesOf(const Policy& policy) {
  SteeredServices services;
  for (const Service& service : policy.services) {
    for (const std::string& text : service.dns_names) {
      std::optional<Name> name = Name::FromText(text);
      if (!name) continue;  // the configuration does not load then
      name->FoldCase();
      services.emplace(std::string(name->wire()), &service);
    }
  }
  return services;
}

std::shared_ptr<const ZoneCopy> ZoneCopy::Make(std::shared_ptr<const Zone> zone,
                                               const Policy& policy, const SteeredServices& steered,
                                               const ZoneCopy* previous) {
  std::shared_ptr<ZoneCopy> copy(new ZoneCopy());
  copy->zone_ = std::move(zone);
  copy->serial_ = SerialOf(copy->soa().rdata);
  for (const ZoneNode& node : copy->zone_->nodes()) {
    if (!node.steered) continue;
    const auto service = steered.find(copy->zone_->owner(node));
    if (service != steered.end()) copy->AddFallback(node, policy, *service->second);
  }
  for (CopyCursor c(*copy); !c.done(); c.Next()) {
    copy->content_hash_ += HashOf(c.record());  // a sum: order does not count
    copy->octets_ += OctetsOf(c.record());
  }
  if (previous != nullptr) copy->KeepHistory(*previous);
  return copy;
}

RecordView ZoneCopy::soa() const {
  const RrSet& set = zone_->soa();
  return {zone_->apex(), RrType::kSoa, set.ttl_s, RdataCursor(zone_->rdata(set)).data()};
}

void ZoneCopy::AddFallback(const ZoneNode& node, const Policy& policy, const Service& service) {
  if (HasAddresses(*zone_, node)) return;
  std::vector<Candidate> candidates = service.candidates;
  const absl::string_view owner = zone_->owner(node);
  if (service.answer == AnswerForm::kCname) {
    // RFC 1034 3.6.2: an alias stands alone.
    if (node.set_count > 0 || candidates.empty()) return;
    const auto heaviest = std::max_element(
        candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
          return a.weight < b.weight || (a.weight == b.weight && a.penalty_ms > b.penalty_ms);
        });
    if (auto target = Name::FromText(policy.target(heaviest->target).cname); target) {
      fallback_.push_back(
          {std::string(owner), RrType::kCname, TtlOf(service), std::string(target->wire())});
    }
    return;
  }
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.penalty_ms < b.penalty_ms; });
  for (const RrType type : {RrType::kA, RrType::kAaaa}) {
    std::vector<std::string> data;
    for (const Candidate& candidate : candidates) {
      const Target& target = policy.target(candidate.target);
      for (const IpAddress& address :
           type == RrType::kA ? target.addresses_v4 : target.addresses_v6) {
        std::string octets(reinterpret_cast<const char*>(address.data()),
                           static_cast<size_t>(address.size()));
        // RFC 2181 5: no record twice; two targets may share an address.
        const bool twice = std::find(data.begin(), data.end(), octets) != data.end();
        if (!twice && data.size() < kFallbackMax) data.push_back(std::move(octets));
      }
    }
    for (std::string& octets : data)
      fallback_.push_back({std::string(owner), type, TtlOf(service), std::move(octets)});
  }
}

void ZoneCopy::KeepHistory(const ZoneCopy& previous) {
  if (previous.serial_ == serial_) {
    if (previous.content_hash_ == content_hash_) history_ = previous.history_;
    return;
  }
  if (!SerialIsNewer(serial_, previous.serial_)) return;
  history_ = previous.history_;
  history_.push_back(MakeDelta(previous, *this));
  size_t kept = 0;
  for (const auto& delta : history_) kept += delta->octets;
  auto oldest = history_.begin();
  while (oldest != history_.end() && kept > octets_) kept -= (*oldest++)->octets;
  history_.erase(history_.begin(), oldest);
}

absl::Span<const std::shared_ptr<const ZoneDelta>> ZoneCopy::DeltasSince(uint32_t serial) const {
  for (size_t i = 0; i < history_.size(); ++i) {
    if (SerialOf(history_[i]->old_soa.rdata) == serial)
      return absl::MakeConstSpan(history_).subspan(i);
  }
  return {};
}

CopyCursor::CopyCursor(const ZoneCopy& copy) : copy_(&copy) { Settle(); }

void CopyCursor::Next() {
  if (in_set_) {
    RdataCursor cursor(rest_);
    rest_.remove_prefix(2 + cursor.data().size());
    if (rest_.empty()) {
      in_set_ = false;
      ++set_;
    }
  } else {
    ++fallback_;
  }
  Settle();
}

// Finds the record the position stands at or the next one.
void CopyCursor::Settle() {
  const Zone& zone = copy_->zone();
  const absl::Span<const ZoneNode> nodes = zone.nodes();
  for (; node_ < nodes.size(); ++node_, set_ = 0) {
    const ZoneNode& node = nodes[node_];
    const absl::Span<const RrSet> sets = zone.sets(node);
    for (; set_ < sets.size(); ++set_) {
      const RrSet& set = sets[set_];
      if (set.type == RrType::kSoa || set.count == 0) continue;
      if (!in_set_) rest_ = zone.rdata(set);
      in_set_ = true;
      record_ = {zone.owner(node), set.type, set.ttl_s, RdataCursor(rest_).data()};
      return;
    }
  }
  done_ = fallback_ == copy_->fallback().size();
  if (!done_) record_ = copy_->fallback()[fallback_].view();
}

}  // namespace spillway::dns
