#include "dns/zone/denial.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstring>

#include "dns/wire/writer.h"

namespace spillway::dns {
namespace {

constexpr uint8_t kHashSha1 = 1;  // RFC 5155 11
constexpr size_t kHashSize = LDNS_SHA1_DIGEST_LENGTH;
constexpr size_t kHashTextSize = 32;  // base32hex of 20 octets

constexpr absl::string_view kAsterisk("*");

// `name`'s labels from the root down, each followed by an octet that is less than any in it: octets
// 0 and 1 are written as 1 1 and 1 2. So octet order is the canonical order of RFC 4034 6.1.
size_t WriteCanonical(absl::string_view name, uint8_t* out) {
  std::array<absl::string_view, kLabelCountMax> labels;
  size_t count = 0;
  for (; name[0] != 0; name = ParentName(name)) {
    labels[count++] = name.substr(1, static_cast<uint8_t>(name[0]));
  }
  size_t size = 0;
  while (count > 0) {
    for (const char c : labels[--count]) {
      const auto octet = static_cast<uint8_t>(c);
      if (octet <= 1) out[size++] = 1;
      out[size++] = octet <= 1 ? static_cast<uint8_t>(octet + 1) : octet;
    }
    out[size++] = 0;
  }
  return size;
}

// RFC 5155 5.
void Hash(const Nsec3Parameters& parameters, absl::string_view name, uint8_t* out) {
  auto round = [&parameters, out](const void* data, size_t size) {
    ldns_sha1_ctx context;
    ldns_sha1_init(&context);
    ldns_sha1_update(&context, static_cast<const unsigned char*>(data),
                     static_cast<unsigned>(size));
    ldns_sha1_update(&context, reinterpret_cast<const unsigned char*>(parameters.salt.data()),
                     static_cast<unsigned>(parameters.salt.size()));
    ldns_sha1_final(out, &context);
  };
  round(name.data(), name.size());
  for (unsigned i = 0; i < parameters.iterations; ++i) round(out, kHashSize);
}

// The suffix of `name` that is one label longer than `encloser`.
absl::string_view NextCloser(absl::string_view name, absl::string_view encloser) {
  while (ParentName(name).size() > encloser.size()) name = ParentName(name);
  return name;
}

Name WildcardBelow(absl::string_view encloser) {
  Name wildcard;
  wildcard.Assign(encloser);
  // Too long to exist: then the encloser itself, whose record is in the proof anyway.
  static_cast<void>(wildcard.Prepend(kAsterisk));
  return wildcard;
}

}  // namespace

bool Nsec3Parameters::Read(absl::string_view rdata) {
  constexpr size_t kFixedSize = 5;  // ALGORITHM, FLAGS, ITERATIONS, length of SALT
  if (rdata.size() < kFixedSize || static_cast<uint8_t>(rdata[0]) != kHashSha1) return false;
  iterations = Load16(rdata.data() + 2);
  const auto salt_size = static_cast<uint8_t>(rdata[4]);
  if (rdata.size() < kFixedSize + salt_size) return false;
  salt = std::string(rdata.substr(kFixedSize, salt_size));
  return true;
}

bool Denial::AddLink(absl::string_view owner, uint32_t node) {
  Link link;
  link.node = node;
  if (hashed_) {
    const std::string text(owner.substr(1, static_cast<uint8_t>(owner[0])));
    uint8_t hash[2 * kHashSize];
    if (text.size() != kHashTextSize ||
        ldns_b32_pton_extended_hex(text.c_str(), text.size(), hash, sizeof(hash)) !=
            static_cast<int>(kHashSize)) {
      return false;
    }
    link.key.assign(reinterpret_cast<const char*>(hash), kHashSize);
  } else {
    Keys keys;
    link.key = std::string(KeyOf(owner, &keys));
  }
  links_.push_back(std::move(link));
  return true;
}

void Denial::Sort() {
  std::sort(links_.begin(), links_.end(),
            [](const Link& a, const Link& b) { return a.key < b.key; });
}

absl::string_view Denial::KeyOf(absl::string_view name, Keys* keys) const {
  size_t size = kHashSize;
  if (hashed_) {
    Hash(parameters_, name, keys->data());
  } else {
    size = WriteCanonical(name, keys->data());
  }
  return {reinterpret_cast<const char*>(keys->data()), size};
}

const Denial::Link& Denial::Before(absl::string_view name, bool* matches) const {
  Keys keys;
  const absl::string_view key = KeyOf(name, &keys);
  auto after = std::upper_bound(links_.begin(), links_.end(), key,
                                [](absl::string_view k, const Link& link) { return k < link.key; });
  const Link& before = after == links_.begin() ? links_.back() : *(after - 1);
  *matches = before.key == key;
  return before;
}

bool Denial::Matches(absl::string_view name) const {
  bool matches = false;
  if (!links_.empty()) Before(name, &matches);
  return matches;
}

void Denial::Cover(absl::string_view name, Proof* proof) const {
  bool matches = false;
  proof->Add(Before(name, &matches).node);
}

// NSEC3: the closest of `encloser` and above that has a record (an empty non-terminal above nothing
// but opted-out delegations has none), and that the name one label longer has none.
absl::string_view Denial::CoverName(absl::string_view name, absl::string_view encloser,
                                    Proof* proof) const {
  if (!hashed_) {
    Cover(name, proof);
    return encloser;
  }
  bool matches = false;
  const Link* link = &Before(encloser, &matches);
  while (!matches && encloser.size() > 1) {
    encloser = ParentName(encloser);
    link = &Before(encloser, &matches);
  }
  proof->Add(link->node);
  Cover(NextCloser(name, encloser), proof);
  return encloser;
}

Proof Denial::NoName(absl::string_view name, absl::string_view encloser) const {
  Proof proof;
  encloser = CoverName(name, encloser, &proof);
  Cover(WildcardBelow(encloser).wire(), &proof);
  return proof;
}

Proof Denial::NoData(absl::string_view name) const {
  Proof proof;
  bool matches = false;
  const Link& link = Before(name, &matches);
  // NSEC: an empty non-terminal has no record; the one before it says that names follow below it.
  if (matches || !hashed_ || name.size() == 1) {
    proof.Add(link.node);
  } else {
    CoverName(name, ParentName(name), &proof);
  }
  return proof;
}

Proof Denial::NoDataAtWildcard(absl::string_view name, absl::string_view encloser) const {
  return NoName(name, encloser);  // what would cover the wildcard matches it
}

Proof Denial::NothingCloser(absl::string_view name, absl::string_view encloser) const {
  Proof proof;
  Cover(hashed_ ? NextCloser(name, encloser) : name, &proof);
  return proof;
}

}  // namespace spillway::dns
