// tests/unit/dns/wire/query_oracle_test.cc -- our reading of questions against ldns's, on random and
// damaged messages: the same verdict and the same content, or a disagreement that is named here.
//
// 50'000 messages in `ops/test`; SPILLWAY_ORACLE_MESSAGES=1000000 for more.
#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <array>
#include <cstdio>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dns/wire/query.h"
#include "tests/unit/dns/dns_testing.h"

namespace spillway::dns {
namespace {

constexpr int kMessages = 50'000;
constexpr uint32_t kSeed = 20261128;

using Packet = std::unique_ptr<ldns_pkt, void (*)(ldns_pkt*)>;

// What we refuse and ldns takes: it reads any message, we read questions.
struct Refusal {
  WireError error;
  const char* why;
};
constexpr Refusal kOursAlone[] = {
    {WireError::kResponse, "QR=1: answering answers makes loops; ldns reads responses too"},
    {WireError::kBadQuestionCount, "RFC 9619 3: QDCOUNT must be 1; ldns takes any"},
    {WireError::kBadName, "a pointer in the question, which has nothing before it to point to"},
    {WireError::kTruncatedMessage,
     "an RDLENGTH past the end; ldns is content when the octets its type needs are there"},
    {WireError::kOptTwice, "RFC 6891 6.1.1: one OPT; ldns keeps the last"},
    {WireError::kOptMisplaced,
     "RFC 6891 6.1.1: OPT is additional; ldns takes it as a record elsewhere"},
    {WireError::kOptNotRoot, "RFC 6891 6.1.2: OPT's name is the root; ldns does not look"},
    {WireError::kOptOverrun, "an option past the end of OPT; ldns does not look into OPT"},
    {WireError::kEcsShort, "RFC 7871 6; ldns does not look into options"},
    {WireError::kEcsFamily, "RFC 7871 6; ldns does not look into options"},
    {WireError::kEcsSource, "RFC 7871 6; ldns does not look into options"},
    {WireError::kEcsScope, "RFC 7871 6; ldns does not look into options"},
    {WireError::kEcsAddressSize, "RFC 7871 6; ldns does not look into options"},
    {WireError::kEcsTrailingBits, "RFC 7871 6; ldns does not look into options"},
    {WireError::kCookieSize, "RFC 7873 5.2.2; ldns does not look into options"},
    {WireError::kTsigMisplaced, "RFC 8945 5.1: TSIG is last; ldns takes it anywhere"},
    {WireError::kTsigBroken, "RFC 8945 4.2: class ANY, TTL 0, sizes that add up; ldns is lenient"},
};
// What ldns refuses and we take.
constexpr char kTheirsAlone[] =
    "records other than OPT and TSIG have no meaning in a question, so we step over them by their "
    "RDLENGTH: data that is not what its type holds, and pointers to nowhere, are not ours to "
    "judge";

// Where both take a message but see another OPT in it, or one sees none.
constexpr char kApart[] =
    "ldns steps over a record before OPT by what its type needs, not by its RDLENGTH, and goes on "
    "in "
    "the middle of it";

class Messages {
 public:
  Messages() : random_(kSeed), seeds_(Seeds()) {}

  Octets Next() {
    if (Below(8) == 0) return Random();
    Octets bytes = seeds_[Below(seeds_.size())];
    for (size_t i = Below(4); i > 0; --i) Mutate(&random_, &bytes);
    return bytes;
  }

 private:
  static Octets WithRecords(std::vector<std::string> sections) {
    Octets bytes = Question{.name = "www.example"}.Encode();
    for (size_t i = 0; i < sections.size(); ++i) {
      if (sections[i].empty()) continue;
      const Octets record = FromHex(sections[i]);
      bytes.insert(bytes.end(), record.begin(), record.end());
      bytes[7 + 2 * i] = 1;
    }
    return bytes;
  }

  static std::vector<Octets> Seeds() {
    const std::string kA = "c00c 0001 0001 0000003c 0004 c0000201";
    const std::string kOpt = "00 0029 04d0 00000000 0000";
    const std::string kMx = "036d6d78c00c 000f 0001 0000003c 0009 000a 046d61696c c010";
    const std::string kTsig =
        "036b657900 00fa 00ff 00000000 003a 0b686d61632d73686132353600 00005f5e1000 012c 0020"
        "0000000000000000000000000000000000000000000000000000000000000000 1234 0000 0000";
    std::vector<Octets> seeds;
    for (const char* name : {".", "example", "www.example", "a.b.c.d.e.f.example"}) {
      seeds.push_back(Question{.name = name}.Encode());
      seeds.push_back(Question{.name = name, .edns = true, .dnssec_ok = true}.Encode());
      seeds.push_back(Question{.name = name, .subnet = "198.51.100.0/24"}.Encode());
      seeds.push_back(Question{.name = name, .subnet = "2001:db8::/56"}.Encode());
      seeds.push_back(Question{.name = name, .version = 1}.Encode());
      seeds.push_back(
          Question{.name = name, .options_hex = "0003 0000 000a 0008 0102030405060708 000b 0000"}
              .Encode());
    }
    seeds.push_back(WithRecords({kA, kA, kOpt}));
    seeds.push_back(WithRecords({kMx, "", kA}));
    seeds.push_back(WithRecords({"", "", kTsig}));
    seeds.push_back(WithRecords({"", kOpt, ""}));
    return seeds;
  }

  Octets Random() {
    Octets bytes(Below(80));
    for (uint8_t& octet : bytes) octet = static_cast<uint8_t>(Below(256));
    if (bytes.size() < kHeaderSize) return bytes;
    bytes[2] &= 0x7f;
    for (size_t at = 4; at < kHeaderSize; ++at) bytes[at] = 0;
    bytes[5] = 1;
    bytes[11] = static_cast<uint8_t>(Below(2));
    return bytes;
  }

  size_t Below(size_t n) { return dns::Below(n, &random_); }

  std::mt19937 random_;
  const std::vector<Octets> seeds_;
};

// Empty, or where the two readings of a message that both took part.
std::string QuestionDifference(const Query& ours, const ldns_pkt* theirs) {
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(theirs), 0);
  if (ours.id != ldns_pkt_id(theirs)) return "ID";
  if (static_cast<int>(ours.opcode) != static_cast<int>(ldns_pkt_get_opcode(theirs)))
    return "opcode";
  if (((ours.flags & kFlagRd) != 0) != ldns_pkt_rd(theirs)) return "RD";
  if (static_cast<int>(ours.qtype) != static_cast<int>(ldns_rr_get_type(question))) return "QTYPE";
  if (static_cast<int>(ours.qclass) != static_cast<int>(ldns_rr_get_class(question)))
    return "QCLASS";
  const ldns_rdf* owner = ldns_rr_owner(question);
  if (!EqualNamesNoCase(ours.qname.wire(), {reinterpret_cast<const char*>(ldns_rdf_data(owner)),
                                            ldns_rdf_size(owner)}))
    return "QNAME";
  return "";
}
std::string OptDifference(const Query& ours, const ldns_pkt* theirs) {
  if (ours.has_opt != ldns_pkt_edns(theirs)) return "OPT";
  if (!ours.has_opt) return "";
  if (ours.udp_size != ldns_pkt_edns_udp_size(theirs)) return "UDP size";
  if (ours.edns_version != ldns_pkt_edns_version(theirs)) return "EDNS version";
  if (ours.dnssec_ok != ldns_pkt_edns_do(theirs)) return "DO";
  return "";
}

bool HasOtherRecords(const Octets& bytes, const Query& query) {
  unsigned records = 0;
  for (const size_t at : {6u, 8u, 10u})
    records += static_cast<unsigned>(bytes[at]) << 8 | bytes[at + 1];
  return records > (query.has_opt ? 1u : 0u);
}

TEST(QueryOracle, ReadsQuestionsAsLdnsDoesOrForAReasonNamedHere) {
  const int count = OracleMessages(kMessages);
  Messages messages;
  int both = 0, neither = 0, theirs_alone = 0, apart = 0;
  std::array<int, 256> ours_alone{};
  for (int i = 0; i < count; ++i) {
    const Octets bytes = messages.Next();
    Query query;
    const WireError error = ParseQuery(bytes, &query);
    ldns_pkt* raw = nullptr;
    const bool theirs = ldns_wire2pkt(&raw, bytes.data(), bytes.size()) == LDNS_STATUS_OK;
    const Packet packet(theirs ? raw : nullptr, ldns_pkt_free);
    const std::string hex =
        absl::BytesToHexString({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (error == WireError::kOk && theirs) {
      ++both;
      ASSERT_EQ(QuestionDifference(query, packet.get()), "") << hex;
      if (OptDifference(query, packet.get()).empty()) continue;
      ++apart;
      ASSERT_TRUE(HasOtherRecords(bytes, query)) << hex << " not in the table: " << kApart;
    } else if (error == WireError::kOk) {
      ++theirs_alone;
      ASSERT_TRUE(HasOtherRecords(bytes, query)) << hex << " not in the table: " << kTheirsAlone;
    } else if (theirs) {
      ++ours_alone[static_cast<size_t>(error)];
    } else {
      ++neither;
    }
  }
  for (size_t error = 0; error < ours_alone.size(); ++error) {
    if (ours_alone[error] == 0) continue;
    const char* why = nullptr;
    for (const Refusal& refusal : kOursAlone) {
      if (static_cast<size_t>(refusal.error) == error) why = refusal.why;
    }
    EXPECT_NE(why, nullptr) << ours_alone[error] << " refused by us alone, error " << error;
    if (why != nullptr) std::printf("%8d refused by us alone: %s\n", ours_alone[error], why);
  }
  std::printf("%8d refused by ldns alone: %s\n", theirs_alone, kTheirsAlone);
  std::printf("%8d with another OPT: %s\n", apart, kApart);
  std::printf("%8d messages: %d taken by both with the same content, %d refused by both\n", count,
              both, neither);
  EXPECT_GT(both, count / 10);
  EXPECT_GT(neither, count / 20);
}

}  // namespace
}  // namespace spillway::dns
