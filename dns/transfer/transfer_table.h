// dns/transfer/transfer_table.h -- who may copy which zones, with which keys, and who is told.
//
//   ZoneSet, Policy::transfers, key file ─Make─► TransferTable ─► workers (AXFR, IXFR, signatures)
//   the table before ── history ──────────┘             └─────────► Notifier
//
// thread safety: immutable once made; shared through SnapshotCell<TransferTable>.
#ifndef SPILLWAY_DNS_TRANSFER_TRANSFER_TABLE_H_
#define SPILLWAY_DNS_TRANSFER_TRANSFER_TABLE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "dns/transfer/tsig_keys.h"
#include "dns/transfer/zone_copy.h"
#include "dns/zone/zone_set.h"
#include "steering/model/policy.h"

namespace spillway::dns {

struct Secondary {
  Endpoint to;
  std::shared_ptr<const TsigKey> key;  // null: NOTIFY goes out unsigned
};

class TransferTable {
 public:
  TransferTable() = default;  // nobody may copy, no key is known

  // `previous` (may be null) lends history. Fails, one line per fault, when the policy names a key
  // that `keys` has not. `warnings` gets a line per zone that changed under the same serial.
  // Without anybody who may copy no copies are made.
  static absl::StatusOr<std::shared_ptr<const TransferTable>> Make(
      const ZoneSet& zones, const Policy& policy, std::shared_ptr<const TsigKeys> keys,
      const TransferTable* previous, std::vector<std::string>* warnings);

  const TsigKeys* keys() const { return keys_.get(); }
  // `signer` as proven by a TSIG; null = the request was not signed.
  bool Allows(const IpAddress& peer, const TsigKey* signer) const;
  // Null when no such zone is served, or nobody may copy any.
  std::shared_ptr<const ZoneCopy> Find(absl::string_view apex) const;

  const absl::flat_hash_map<std::string, std::shared_ptr<const ZoneCopy>>& copies() const {
    return copies_;
  }
  const std::vector<Secondary>& secondaries() const { return secondaries_; }

 private:
  std::shared_ptr<const TsigKeys> keys_;
  bool on_ = false;
  std::vector<IpPrefix> allow_;         // empty = from anywhere
  std::shared_ptr<const TsigKey> key_;  // null = unsigned will do
  std::vector<Secondary> secondaries_;
  absl::flat_hash_map<std::string, std::shared_ptr<const ZoneCopy>> copies_;  // by apex
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TRANSFER_TRANSFER_TABLE_H_
