#include "tests/support/zone_signer.h"

#include <ldns/ldns.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "base/check.h"

namespace spillway {
namespace {

constexpr uint16_t kZoneKey = 256;  // RFC 4034 2.1.1
constexpr uint16_t kEntryPoint = 257;
constexpr int kKeyBits = 256;
constexpr uint32_t kKeyTtl = 3600;
constexpr time_t kHour = 3600;
constexpr time_t kMonth = 30 * 86400;

using LdnsZone = std::unique_ptr<ldns_zone, void (*)(ldns_zone*)>;
using DnssecZone = std::unique_ptr<ldns_dnssec_zone, void (*)(ldns_dnssec_zone*)>;
using Keys = std::unique_ptr<ldns_key_list, void (*)(ldns_key_list*)>;

LdnsZone ReadZone(absl::string_view text, const std::string& origin) {
  std::string copy(text);
  FILE* file = fmemopen(copy.data(), copy.size(), "r");
  CHECK(file != nullptr);
  ldns_rdf* name = ldns_dname_new_frm_str(origin.c_str());
  ldns_zone* zone = nullptr;
  int line = 0;
  const ldns_status status =
      ldns_zone_new_frm_fp_l(&zone, file, name, kKeyTtl, LDNS_RR_CLASS_IN, &line);
  std::fclose(file);
  ldns_rdf_deep_free(name);
  if (status != LDNS_STATUS_OK)
    std::fprintf(stderr, "line %d: %s\n", line, ldns_get_errorstr_by_id(status));
  CHECK(status == LDNS_STATUS_OK);
  return {zone, ldns_zone_deep_free};
}

Keys MakeKeys(const ldns_rdf* apex) {
  Keys keys(ldns_key_list_new(), ldns_key_list_free);
  // time(): signatures are of this world, and validators other than ours look at the clock.
  const time_t now = std::time(nullptr);
  for (const uint16_t flags : {kEntryPoint, kZoneKey}) {
    ldns_key* key = ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, kKeyBits);
    CHECK(key != nullptr);
    ldns_key_set_flags(key, flags);
    ldns_key_set_pubkey_owner(key, ldns_rdf_clone(apex));
    ldns_key_set_inception(key, static_cast<uint32_t>(now - kHour));
    ldns_key_set_expiration(key, static_cast<uint32_t>(now + kMonth));
    ldns_key_list_push_key(keys.get(), key);
  }
  return keys;
}

std::string AddKeys(const Keys& keys, ldns_dnssec_zone* zone) {
  std::string texts;
  for (size_t i = 0; i < ldns_key_list_key_count(keys.get()); ++i) {
    ldns_key* key = ldns_key_list_key(keys.get(), i);
    ldns_rr* rr = ldns_key2rr(key);
    ldns_rr_set_ttl(rr, kKeyTtl);
    ldns_key_set_keytag(key, ldns_calc_keytag(rr));
    char* text = ldns_rr2str(rr);
    texts += text;
    std::free(text);
    CHECK(ldns_dnssec_zone_add_rr(zone, rr) == LDNS_STATUS_OK);
  }
  return texts;
}

ldns_status Sign(const SignOptions& options, const Keys& keys, ldns_dnssec_zone* zone) {
  std::unique_ptr<ldns_rr_list, void (*)(ldns_rr_list*)> added(ldns_rr_list_new(),
                                                               ldns_rr_list_free);
  if (!options.nsec3) {
    CHECK(ldns_dnssec_zone_mark_glue(zone) == LDNS_STATUS_OK);
    return ldns_dnssec_zone_sign(zone, added.get(), keys.get(),
                                 ldns_dnssec_default_replace_signatures, nullptr);
  }
  std::string salt = options.salt;
  return ldns_dnssec_zone_sign_nsec3(
      zone, added.get(), keys.get(), ldns_dnssec_default_replace_signatures, nullptr, LDNS_SHA1,
      options.opt_out ? LDNS_NSEC3_VARS_OPTOUT_MASK : 0, options.iterations,
      static_cast<uint8_t>(salt.size()), reinterpret_cast<uint8_t*>(salt.data()));
}

}  // namespace

SignedZone SignZone(absl::string_view text, const std::string& origin, const SignOptions& options) {
  LdnsZone plain = ReadZone(text, origin);
  DnssecZone zone(ldns_dnssec_zone_new(), ldns_dnssec_zone_deep_free);
  CHECK(ldns_dnssec_zone_add_rr(zone.get(), ldns_rr_clone(ldns_zone_soa(plain.get()))) ==
        LDNS_STATUS_OK);
  const ldns_rr_list* records = ldns_zone_rrs(plain.get());
  for (size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    CHECK(ldns_dnssec_zone_add_rr(zone.get(), ldns_rr_clone(ldns_rr_list_rr(records, i))) ==
          LDNS_STATUS_OK);
  }
  Keys keys = MakeKeys(ldns_rr_owner(ldns_zone_soa(plain.get())));
  SignedZone out;
  out.dnskeys = AddKeys(keys, zone.get());
  const ldns_status status = Sign(options, keys, zone.get());
  if (status != LDNS_STATUS_OK) std::fprintf(stderr, "%s\n", ldns_get_errorstr_by_id(status));
  CHECK(status == LDNS_STATUS_OK);
  char* printed = nullptr;
  size_t size = 0;
  FILE* file = open_memstream(&printed, &size);
  CHECK(file != nullptr);
  ldns_dnssec_zone_print(file, zone.get());
  std::fclose(file);
  out.text.assign(printed, size);
  std::free(printed);
  return out;
}

}  // namespace spillway
