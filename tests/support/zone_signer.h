// tests/support/zone_signer.h -- signs a zone with ldns: what an operator's signer would hand us.
#ifndef SPILLWAY_TESTS_SUPPORT_ZONE_SIGNER_H_
#define SPILLWAY_TESTS_SUPPORT_ZONE_SIGNER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace spillway {

struct SignOptions {
  bool nsec3 = false;
  bool opt_out = false;  // NSEC3: insecure delegations get no record
  uint16_t iterations = 0;
  std::string salt{};  // octets
};

struct SignedZone {
  std::string text;     // a master file
  std::string dnskeys;  // its DNSKEY records, a line each
};

// Signs `text`, a master file of the zone `origin` ("example."), with two new ECDSA P-256 keys;
// signatures are good from an hour ago for a month. Aborts when ldns cannot.
SignedZone SignZone(absl::string_view text, const std::string& origin,
                    const SignOptions& options = {});

}  // namespace spillway

#endif  // SPILLWAY_TESTS_SUPPORT_ZONE_SIGNER_H_
