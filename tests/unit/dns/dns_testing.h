// tests/unit/dns/dns_testing.h -- questions made by hand, answers read by ldns.
#ifndef SPILLWAY_TESTS_UNIT_DNS_DNS_TESTING_H_
#define SPILLWAY_TESTS_UNIT_DNS_DNS_TESTING_H_

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/ip.h"
#include "dns/wire/name.h"
#include "dns/wire/types.h"

namespace spillway::dns {

using Octets = std::vector<uint8_t>;

inline Name N(absl::string_view text) { return *Name::FromText(text); }

// Hex with spaces for the reader.
inline Octets FromHex(absl::string_view hex) {
  std::string bytes = absl::HexStringToBytes(absl::StrReplaceAll(hex, {{" ", ""}}));
  return {bytes.begin(), bytes.end()};
}

inline void Put16(unsigned value, Octets* out) {
  out->push_back(static_cast<uint8_t>(value >> 8));
  out->push_back(static_cast<uint8_t>(value));
}

// A question; what is not set is left out of the message.
struct Question {
  std::string name{};
  RrType type = RrType::kA;
  uint16_t id = 0x1234;
  uint16_t flags = kFlagRd;
  uint16_t rr_class = 1;
  bool edns = false;
  uint16_t udp_size = 1232;
  uint8_t version = 0;
  bool dnssec_ok = false;
  std::string options_hex{};  // OPT's content
  std::string subnet{};       // "198.51.100.0/24": adds ECS

  Octets Encode() const {
    Octets out;
    const bool has_opt = edns || !options_hex.empty() || !subnet.empty() || version != 0;
    for (unsigned word : {unsigned{id}, unsigned{flags}, 1u, 0u, 0u, has_opt ? 1u : 0u})
      Put16(word, &out);
    const Name wire = N(name);
    out.insert(out.end(), wire.wire().begin(), wire.wire().end());
    Put16(static_cast<uint16_t>(type), &out);
    Put16(rr_class, &out);
    if (!has_opt) return out;
    Octets options = FromHex(options_hex);
    AppendSubnet(&options);
    out.push_back(0);
    for (unsigned word : {41u, unsigned{udp_size}, unsigned{version}, dnssec_ok ? 0x8000u : 0u})
      Put16(word, &out);
    Put16(static_cast<unsigned>(options.size()), &out);
    out.insert(out.end(), options.begin(), options.end());
    return out;
  }

  void AppendSubnet(Octets* options) const {
    if (subnet.empty()) return;
    const std::vector<std::string> parts = absl::StrSplit(subnet, '/');
    const auto address = *IpAddress::Parse(parts[0]);
    const int bits = std::atoi(parts[1].c_str());
    const size_t size = static_cast<size_t>(bits + 7) / 8;
    Put16(8, options);
    Put16(static_cast<unsigned>(4 + size), options);
    Put16(address.is_v4() ? 1 : 2, options);
    options->push_back(static_cast<uint8_t>(bits));
    options->push_back(0);
    options->insert(options->end(), address.data(), address.data() + size);
  }
};

// How many messages a test of random ones makes: `def`, or what SPILLWAY_ORACLE_MESSAGES says.
inline int OracleMessages(int def) {
  const char* wanted = std::getenv("SPILLWAY_ORACLE_MESSAGES");
  return wanted != nullptr ? std::atoi(wanted) : def;
}

inline size_t Below(size_t n, std::mt19937* random) {
  return std::uniform_int_distribution<size_t>(0, n - 1)(*random);
}

// One of: an octet changed, a bit flipped, cut, grown, a piece repeated, a count of the header set.
// At most 2,000 octets are left. An empty message stays so.
inline void Mutate(std::mt19937* random, Octets* bytes) {
  auto below = [random](size_t n) { return Below(n, random); };
  if (bytes->empty()) return;
  const size_t at = below(bytes->size());
  switch (below(6)) {
    case 0:
      (*bytes)[at] = static_cast<uint8_t>(below(256));
      break;
    case 1:
      (*bytes)[at] ^= static_cast<uint8_t>(1u << below(8));
      break;
    case 2:
      bytes->resize(at);
      break;
    case 3:
      for (size_t i = below(40); i > 0; --i) bytes->push_back(static_cast<uint8_t>(below(256)));
      break;
    case 4: {
      const Octets piece(bytes->begin() + static_cast<ptrdiff_t>(at), bytes->end());
      // At the end as often as anywhere else: records behind records.
      const size_t to = below(2) == 0 ? bytes->size() : below(bytes->size());
      bytes->insert(bytes->begin() + static_cast<ptrdiff_t>(to), piece.begin(), piece.end());
      break;
    }
    default:
      (*bytes)[std::min(bytes->size() - 1, 5 + 2 * below(4))] = static_cast<uint8_t>(below(4));
  }
  if (bytes->size() > 2000) bytes->resize(2000);
}

// A reply as ldns reads it. `ok` is false when ldns cannot.
struct Reply {
  bool ok = false;
  int id = 0;
  int rcode = 0;  // with the OPT's upper bits
  bool aa = false, tc = false, rd = false, ra = false, ad = false, cd = false, qr = false;
  bool has_opt = false;
  int opt_udp_size = 0, opt_version = 0;
  std::string opt_hex;  // OPT's options
  std::string question;
  std::vector<std::string> answer, authority, additional;  // "owner ttl TYPE data"; without OPT
  size_t size = 0;

  // The ECS option's SCOPE, or -1.
  int ecs_scope() const {
    Octets options = FromHex(opt_hex);
    for (size_t i = 0; i + 4 <= options.size();) {
      if (options[i] == 0 && options[i + 1] == 8) return options[i + 7];
      i += 4u + options[i + 3];
    }
    return -1;
  }
};

inline std::vector<std::string> RecordTexts(const ldns_rr_list* list, bool question = false) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
    char* text = ldns_rr2str(ldns_rr_list_rr(list, i));
    std::vector<std::string> words =
        absl::StrSplit(text, absl::ByAnyChar("\t\n "), absl::SkipEmpty());
    std::free(text);
    if (!question && words.size() > 2) words.erase(words.begin() + 2);  // the class
    texts.push_back(absl::StrJoin(words, " "));
  }
  return texts;
}

inline Reply ReadReply(absl::Span<const uint8_t> bytes) {
  Reply reply;
  reply.size = bytes.size();
  ldns_pkt* raw = nullptr;
  if (ldns_wire2pkt(&raw, bytes.data(), bytes.size()) != LDNS_STATUS_OK) return reply;
  std::unique_ptr<ldns_pkt, void (*)(ldns_pkt*)> pkt(raw, ldns_pkt_free);
  reply.ok = true;
  reply.id = ldns_pkt_id(raw);
  reply.has_opt = ldns_pkt_edns(raw);
  reply.rcode =
      ldns_pkt_get_rcode(raw) | (reply.has_opt ? ldns_pkt_edns_extended_rcode(raw) << 4 : 0);
  reply.aa = ldns_pkt_aa(raw);
  reply.tc = ldns_pkt_tc(raw);
  reply.rd = ldns_pkt_rd(raw);
  reply.ra = ldns_pkt_ra(raw);
  reply.ad = ldns_pkt_ad(raw);
  reply.cd = ldns_pkt_cd(raw);
  reply.qr = ldns_pkt_qr(raw);
  reply.opt_udp_size = ldns_pkt_edns_udp_size(raw);
  reply.opt_version = ldns_pkt_edns_version(raw);
  if (const ldns_rdf* data = ldns_pkt_edns_data(raw); data != nullptr) {
    reply.opt_hex = absl::BytesToHexString(
        {reinterpret_cast<const char*>(ldns_rdf_data(data)), ldns_rdf_size(data)});
  }
  reply.question = absl::StrJoin(RecordTexts(ldns_pkt_question(raw), true), "; ");
  reply.answer = RecordTexts(ldns_pkt_answer(raw));
  reply.authority = RecordTexts(ldns_pkt_authority(raw));
  reply.additional = RecordTexts(ldns_pkt_additional(raw));
  return reply;
}

}  // namespace spillway::dns

#endif  // SPILLWAY_TESTS_UNIT_DNS_DNS_TESTING_H_
