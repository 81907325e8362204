#include "tests/support/dnssec_validator.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"

namespace spillway {
namespace {

constexpr int kHopsMax = 20;
constexpr uint8_t kOptOut = 1;  // RFC 5155 3.1.2.1

// A name that owns its ldns form.
class Dname {
 public:
  explicit Dname(ldns_rdf* rdf) : rdf_(rdf, ldns_rdf_deep_free) {}
  static Dname Copy(const ldns_rdf* rdf) { return Dname(ldns_rdf_clone(rdf)); }
  Dname(const Dname& other) : Dname(ldns_rdf_clone(other.get())) {}
  Dname& operator=(Dname&&) = default;
  const ldns_rdf* get() const { return rdf_.get(); }
  int labels() const { return ldns_dname_label_count(rdf_.get()); }
  Dname Parent() const { return Dname(ldns_dname_left_chop(rdf_.get())); }
  // The last `labels` labels.
  Dname Suffix(int labels) const {
    Dname out = Copy(get());
    while (out.labels() > labels) out = out.Parent();
    return out;
  }
  Dname Wildcard() const {
    ldns_rdf* star = ldns_dname_new_frm_str("*");
    ldns_rdf* name = ldns_dname_cat_clone(star, get());
    ldns_rdf_deep_free(star);
    return Dname(name);
  }
  bool Is(const ldns_rdf* other) const { return ldns_dname_compare(get(), other) == 0; }
  bool IsBelow(const ldns_rdf* other) const { return ldns_dname_is_subdomain(get(), other); }
  std::string Text() const {
    char* text = ldns_rdf2str(get());
    std::string out = text;
    std::free(text);
    return out;
  }

 private:
  std::unique_ptr<ldns_rdf, void (*)(ldns_rdf*)> rdf_;
};

int CommonLabels(const ldns_rdf* a, const ldns_rdf* b) {
  Dname x = Dname::Copy(a), y = Dname::Copy(b);
  while (!x.Is(y.get())) {
    if (x.labels() >= y.labels()) {
      x = x.Parent();
    } else {
      y = y.Parent();
    }
  }
  return x.labels();
}

// One RRset of a section with its signatures.
struct Set {
  std::vector<ldns_rr*> records, signatures;
  ldns_rr_type type() const { return ldns_rr_get_type(records[0]); }
  const ldns_rdf* owner() const { return ldns_rr_owner(records[0]); }
  const ldns_rdf* field(size_t i) const { return ldns_rr_rdf(records[0], i); }
  // RFC 4034 3.1.3: fewer labels signed than in the owner: made from a wildcard.
  int signed_labels() const { return ldns_rdf2native_int8(ldns_rr_rdf(signatures[0], 2)); }
};

std::vector<Set> SetsOf(const ldns_rr_list* list) {
  std::vector<Set> sets;
  auto find = [&](const ldns_rr* rr, ldns_rr_type type) -> Set* {
    for (Set& set : sets) {
      if (set.type() == type && ldns_dname_compare(set.owner(), ldns_rr_owner(rr)) == 0)
        return &set;
    }
    return nullptr;
  };
  for (size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
    ldns_rr* rr = ldns_rr_list_rr(list, i);
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG) {
      if (Set* set = find(rr, ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr))))
        set->signatures.push_back(rr);
    } else if (Set* set = find(rr, ldns_rr_get_type(rr))) {
      set->records.push_back(rr);
    } else {
      sets.push_back({{rr}, {}});
    }
  }
  return sets;
}

const Set* Find(const std::vector<Set>& sets, const Dname& owner, ldns_rr_type type) {
  for (const Set& set : sets) {
    if (set.type() == type && owner.Is(set.owner())) return &set;
  }
  return nullptr;
}

const Set* FindType(const std::vector<Set>& sets, ldns_rr_type type) {
  for (const Set& set : sets) {
    if (set.type() == type) return &set;
  }
  return nullptr;
}

// The NSEC or NSEC3 records of one reply.
class Proofs {
 public:
  explicit Proofs(const std::vector<Set>& authority) {
    for (const Set& set : authority) {
      if (set.type() == LDNS_RR_TYPE_NSEC3) hashed_ = true;
      if (set.type() == LDNS_RR_TYPE_NSEC3 || set.type() == LDNS_RR_TYPE_NSEC)
        records_.push_back(set.records[0]);
    }
  }

  bool NoName(const Dname& name) const {
    int encloser = 0;
    return CoversName(name, &encloser) && Covering(name.Suffix(encloser).Wildcard()) != nullptr;
  }
  bool NoData(const Dname& name, ldns_rr_type type) const {
    if (const ldns_rr* rr = Matching(name)) return Lacks(rr, type);
    int encloser = 0;
    bool opted_out = false;
    if (!CoversName(name, &encloser, &opted_out)) return false;
    const Dname wildcard = name.Suffix(encloser).Wildcard();
    if (const ldns_rr* rr = Matching(wildcard)) return Lacks(rr, type);
    return hashed_ ? opted_out : IsEmptyNonTerminal(name) || IsEmptyNonTerminal(wildcard);
  }
  // RFC 4035 5.4: the delegation is there, its DS is not.
  bool NoDs(const Dname& cut) const {
    if (const ldns_rr* rr = Matching(cut))
      return Has(rr, LDNS_RR_TYPE_NS) && !Has(rr, LDNS_RR_TYPE_DS) && !Has(rr, LDNS_RR_TYPE_SOA);
    int encloser = 0;
    bool opted_out = false;
    return hashed_ && CoversName(cut, &encloser, &opted_out) && opted_out;
  }
  bool NothingCloser(const Dname& name, int encloser_labels) const {
    return Covering(hashed_ ? name.Suffix(encloser_labels + 1) : name) != nullptr;
  }

 private:
  static bool Has(const ldns_rr* rr, ldns_rr_type type) {
    const size_t field = ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC3 ? 5 : 1;
    return ldns_nsec_bitmap_covers_type(ldns_rr_rdf(rr, field), type);
  }
  static bool Lacks(const ldns_rr* rr, ldns_rr_type type) {
    // RFC 6840 4.1: a parent's record says nothing of what is below the cut, but for DS.
    const bool parents = Has(rr, LDNS_RR_TYPE_NS) && !Has(rr, LDNS_RR_TYPE_SOA);
    return !Has(rr, type) && !Has(rr, LDNS_RR_TYPE_CNAME) && (!parents || type == LDNS_RR_TYPE_DS);
  }
  // `name` as the records' owners have it.
  Dname Owner(const ldns_rr* rr, const Dname& name) const {
    if (!hashed_) return Dname::Copy(name.get());
    ldns_rdf* hash = ldns_nsec3_hash_name_frm_nsec3(rr, name.get());
    ldns_rdf* zone = ldns_dname_left_chop(ldns_rr_owner(rr));
    CHECK(ldns_dname_cat(hash, zone) == LDNS_STATUS_OK);
    ldns_rdf_deep_free(zone);
    return Dname(hash);
  }
  const ldns_rr* Matching(const Dname& name) const {
    for (const ldns_rr* rr : records_) {
      if (Owner(rr, name).Is(ldns_rr_owner(rr))) return rr;
    }
    return nullptr;
  }
  const ldns_rr* Covering(const Dname& name) const {
    for (const ldns_rr* rr : records_) {
      const Dname owner = Owner(rr, name);
      if (!owner.Is(ldns_rr_owner(rr)) && ldns_nsec_covers_name(rr, owner.get())) return rr;
    }
    return nullptr;
  }
  // That `name` is not there; and how many labels its closest encloser has.
  bool CoversName(const Dname& name, int* encloser, bool* opted_out = nullptr) const {
    if (!hashed_) {
      const ldns_rr* rr = Covering(name);
      if (rr == nullptr) return false;
      *encloser = std::max(CommonLabels(name.get(), ldns_rr_owner(rr)),
                           CommonLabels(name.get(), ldns_rr_rdf(rr, 0)));
      return true;
    }
    for (int labels = name.labels() - 1; labels >= 0; --labels) {
      if (Matching(name.Suffix(labels)) == nullptr) continue;
      *encloser = labels;
      const ldns_rr* rr = Covering(name.Suffix(labels + 1));
      if (rr != nullptr && opted_out != nullptr)
        *opted_out = (ldns_rdf2native_int8(ldns_rr_rdf(rr, 1)) & kOptOut) != 0;
      return rr != nullptr;
    }
    return false;
  }
  bool IsEmptyNonTerminal(const Dname& name) const {
    const ldns_rr* rr = Covering(name);
    return rr != nullptr && Dname::Copy(ldns_rr_rdf(rr, 0)).IsBelow(name.get());
  }

  bool hashed_ = false;
  std::vector<const ldns_rr*> records_;
};

std::string Describe(const Set& set) {
  char* type = ldns_rr_type2str(set.type());
  std::string out = absl::StrCat(Dname::Copy(set.owner()).Text(), " ", type);
  std::free(type);
  return out;
}

// The CNAME of a DNAME before it, which nobody can sign.
bool IsSynthesised(const std::vector<Set>& answer, const Set& alias) {
  if (alias.type() != LDNS_RR_TYPE_CNAME || !alias.signatures.empty()) return false;
  for (const Set& set : answer) {
    if (set.type() != LDNS_RR_TYPE_DNAME) continue;
    const Dname owner = Dname::Copy(alias.owner()), above = Dname::Copy(set.owner());
    if (!owner.IsBelow(set.owner())) continue;
    const int left = owner.labels() - above.labels();
    const Dname target = Dname::Copy(alias.field(0));
    if (target.Suffix(target.labels() - left).Is(set.field(0))) return true;
  }
  return false;
}

std::string SignatureFault(const Set& set, const ldns_rr_list* keys) {
  std::unique_ptr<ldns_rr_list, void (*)(ldns_rr_list*)> records(ldns_rr_list_new(),
                                                                 ldns_rr_list_free);
  for (ldns_rr* rr : set.records) ldns_rr_list_push_rr(records.get(), rr);
  if (set.signatures.empty()) return absl::StrCat("no RRSIG of ", Describe(set));
  for (ldns_rr* signature : set.signatures) {
    if (ldns_rr_ttl(signature) != ldns_rr_ttl(set.records[0]))
      return absl::StrCat("RRSIG of another TTL at ", Describe(set));
    std::unique_ptr<ldns_rr_list, void (*)(ldns_rr_list*)> good(ldns_rr_list_new(),
                                                                ldns_rr_list_free);
    const ldns_status status =
        ldns_verify_rrsig_keylist(records.get(), signature, keys, good.get());
    if (status != LDNS_STATUS_OK)
      return absl::StrCat(Describe(set), ": ", ldns_get_errorstr_by_id(status));
  }
  return "";
}

}  // namespace

struct DnssecValidator::Keys {
  std::unique_ptr<ldns_rr_list, void (*)(ldns_rr_list*)> list{ldns_rr_list_new(),
                                                              ldns_rr_list_deep_free};
};

DnssecValidator::DnssecValidator(absl::string_view dnskeys) : keys_(new Keys) {
  for (absl::string_view line : absl::StrSplit(dnskeys, '\n', absl::SkipEmpty())) {
    ldns_rr* rr = nullptr;
    CHECK(ldns_rr_new_frm_str(&rr, std::string(line).c_str(), 0, nullptr, nullptr) ==
          LDNS_STATUS_OK);
    ldns_rr_list_push_rr(keys_->list.get(), rr);
  }
}
DnssecValidator::~DnssecValidator() = default;

std::string DnssecValidator::FaultOf(absl::Span<const uint8_t> reply) const {
  ldns_pkt* raw = nullptr;
  if (ldns_wire2pkt(&raw, reply.data(), reply.size()) != LDNS_STATUS_OK) return "unreadable";
  std::unique_ptr<ldns_pkt, void (*)(ldns_pkt*)> pkt(raw, ldns_pkt_free);
  const std::vector<Set> answer = SetsOf(ldns_pkt_answer(raw));
  const std::vector<Set> authority = SetsOf(ldns_pkt_authority(raw));
  const Set* soa = FindType(authority, LDNS_RR_TYPE_SOA);
  for (const Set& set : answer) {
    if (IsSynthesised(answer, set)) continue;
    if (std::string fault = SignatureFault(set, keys_->list.get()); !fault.empty()) return fault;
  }
  for (const Set& set : authority) {
    if (set.type() == LDNS_RR_TYPE_NS && soa == nullptr) continue;
    if (std::string fault = SignatureFault(set, keys_->list.get()); !fault.empty()) return fault;
  }
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(raw), 0);
  const ldns_rr_type type = ldns_rr_get_type(question);
  const Proofs proofs(authority);
  Dname name = Dname::Copy(ldns_rr_owner(question));
  for (int hop = 0; hop < kHopsMax; ++hop) {
    const Set* found = Find(answer, name, type);
    for (const Set& set : answer) {
      if (type == LDNS_RR_TYPE_ANY && name.Is(set.owner())) found = &set;
    }
    const Set* alias = found == nullptr ? Find(answer, name, LDNS_RR_TYPE_CNAME) : nullptr;
    const Set* step = found != nullptr ? found : alias;
    if (step == nullptr) break;
    // RFC 4034 3.1.3: a wildcard's own asterisk does not count.
    const int labels = name.labels() - (absl::StartsWith(name.Text(), "*.") ? 1 : 0);
    if (!step->signatures.empty() && step->signed_labels() < labels &&
        !proofs.NothingCloser(name, step->signed_labels())) {
      return absl::StrCat(name.Text(), " may exist beside the wildcard");
    }
    if (found != nullptr) return "";
    name = Dname::Copy(alias->field(0));
  }
  const int rcode = ldns_pkt_get_rcode(raw);
  if (soa != nullptr && !name.IsBelow(soa->owner()) && !name.Is(soa->owner()))
    return "SOA of another zone";
  if (rcode == LDNS_RCODE_NXDOMAIN)
    return proofs.NoName(name) ? "" : absl::StrCat(name.Text(), " is not proven absent");
  if (soa != nullptr)
    return proofs.NoData(name, type) ? ""
                                     : absl::StrCat("NODATA of ", name.Text(), " is not proven");
  const Set* ns = FindType(authority, LDNS_RR_TYPE_NS);
  if (ns == nullptr) return answer.empty() ? "neither answer nor denial" : "";
  const Dname cut = Dname::Copy(ns->owner());
  if (Find(authority, cut, LDNS_RR_TYPE_DS) != nullptr) return "";
  return proofs.NoDs(cut) ? "" : absl::StrCat("no DS at ", cut.Text(), " is not proven");
}

}  // namespace spillway
