#include "dns/transfer/transfer_table.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dns/wire/name.h"

namespace spillway::dns {
namespace {

// Null for no name; a fault for one that is not known.
std::shared_ptr<const TsigKey> FindKey(const TsigKeys* keys, const KeyReference& reference,
                                       std::vector<std::string>* faults) {
  if (reference.name.empty()) return nullptr;
  std::optional<Name> name = Name::FromText(reference.name);
  if (name) name->FoldCase();
  std::shared_ptr<const TsigKey> key;
  if (keys != nullptr && name) key = keys->Find(*name);
  if (key == nullptr) {
    faults->push_back(absl::StrCat(
        reference.at, ": error: no TSIG key '", reference.name, "'",
        keys == nullptr ? "; want --tsig_key_file with it" : " in the file of --tsig_key_file"));
  }
  return key;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TransferTable>> TransferTable::Make(
    const ZoneSet& zones, const Policy& policy, std::shared_ptr<const TsigKeys> keys,
    const TransferTable* previous, std::vector<std::string>* warnings) {
  auto table = std::make_shared<TransferTable>();
  const TransferPolicy& wanted = policy.transfers;
  std::vector<std::string> faults;
  table->keys_ = std::move(keys);
  table->on_ = !wanted.allow.empty() || !wanted.key.name.empty();
  table->allow_ = wanted.allow;
  table->key_ = FindKey(table->keys_.get(), wanted.key, &faults);
  for (const TransferPolicy::Notify& notify : wanted.notify) {
    table->secondaries_.push_back({notify.to, FindKey(table->keys_.get(), notify.key, &faults)});
  }
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  if (!table->on_) return table;
  const SteeredServices steered = SteeredServicesOf(policy);
  for (const auto& zone : zones.zones()) {
    std::shared_ptr<const ZoneCopy> before =
        previous == nullptr ? nullptr : previous->Find(zone->apex());
    auto copy = ZoneCopy::Make(zone, policy, steered, before.get());
    if (before != nullptr && before->serial() == copy->serial() &&
        before->content_hash() != copy->content_hash()) {
      warnings->push_back(absl::StrCat(
          "zone ", NameToText(zone->apex()), " changed but its serial is still ", copy->serial(),
          ": secondaries will not fetch it; want a higher serial in its SOA"));
    }
    table->copies_.emplace(std::string(zone->apex()), std::move(copy));
  }
  return table;
}

bool TransferTable::Allows(const IpAddress& peer, const TsigKey* signer) const {
  if (!on_ || (key_ != nullptr && key_.get() != signer)) return false;
  return allow_.empty() || AnyContains(allow_, peer);
}

std::shared_ptr<const ZoneCopy> TransferTable::Find(absl::string_view apex) const {
  auto it = copies_.find(apex);
  return it == copies_.end() ? nullptr : it->second;
}

}  // namespace spillway::dns
