// tests/support/dnssec_validator.h -- what a validating resolver checks of one reply, on top of ldns.
//
//   1 every set of answer and authority has a signature that verifies (but referral NS, and the CNAME
//     made from a DNAME)
//   2 the answer is walked from QNAME; a set made from a wildcard needs the proof that nothing is closer
//   3 where the walk ends without data: NXDOMAIN, NODATA or a referral, with its proof
//
// Nothing of the server is used: keys, hashes and signatures are ldns's, the rules those of RFC 4035 5.4
// and 5155 8.
#ifndef SPILLWAY_TESTS_SUPPORT_DNSSEC_VALIDATOR_H_
#define SPILLWAY_TESTS_SUPPORT_DNSSEC_VALIDATOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spillway {

class DnssecValidator {
 public:
  // `dnskeys`: DNSKEY records as text, a line each.
  explicit DnssecValidator(absl::string_view dnskeys);
  ~DnssecValidator();

  // Empty, or the first thing wrong with the reply to a question with DO.
  std::string FaultOf(absl::Span<const uint8_t> reply) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
};

}  // namespace spillway

#endif  // SPILLWAY_TESTS_SUPPORT_DNSSEC_VALIDATOR_H_
