#include "dns/transfer/tsig_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"

namespace spillway::dns {
namespace {

// RFC 8945 8: at least as long as the output of the hash is good; 16 octets are the least that
// cannot be guessed.
constexpr size_t kSecretSizeMin = 16;

struct AlgorithmRow {
  const char* name;
  TsigAlgorithm kind;
  size_t mac_size;
  const EVP_MD* (*digest)();
};
constexpr AlgorithmRow kAlgorithms[] = {
    {"hmac-sha1", TsigAlgorithm::kSha1, 20, EVP_sha1},
    {"hmac-sha256", TsigAlgorithm::kSha256, 32, EVP_sha256},
    {"hmac-sha384", TsigAlgorithm::kSha384, 48, EVP_sha384},
    {"hmac-sha512", TsigAlgorithm::kSha512, 64, EVP_sha512},
};

const AlgorithmRow& RowOf(TsigAlgorithm kind) { return kAlgorithms[static_cast<size_t>(kind)]; }

// One line as a key, or what is wrong with it.
std::optional<TsigKey> ParseLine(absl::string_view line, std::string* fault) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.size() != 3) {
    *fault = absl::StrCat("want NAME ALGORITHM SECRET, got ", words.size(), " words");
    return std::nullopt;
  }
  TsigKey key;
  std::optional<Name> name = Name::FromText(words[0]);
  if (!name || name->is_root()) {
    *fault = absl::StrCat("'", words[0], "' is not a domain name");
    return std::nullopt;
  }
  key.name = *name;
  key.name.FoldCase();
  std::string wanted = absl::AsciiStrToLower(words[1]);
  if (!wanted.empty() && wanted.back() == '.') wanted.pop_back();
  bool known = false;
  for (const AlgorithmRow& row : kAlgorithms) {
    if (wanted != row.name) continue;
    key.kind = row.kind;
    key.algorithm = *Name::FromText(row.name);
    known = true;
  }
  if (!known) {
    *fault = absl::StrCat(
        "unknown algorithm '", words[1], "'; want one of ",
        absl::StrJoin(kAlgorithms, ", ", [](std::string* out, const AlgorithmRow& row) {
          absl::StrAppend(out, row.name);
        }));
    return std::nullopt;
  }
  if (!absl::Base64Unescape(words[2], &key.secret)) {
    *fault = "the secret is not base64";
    return std::nullopt;
  }
  if (key.secret.size() < kSecretSizeMin) {
    *fault = absl::StrCat("want a secret of at least ", kSecretSizeMin, " octets, got ",
                          key.secret.size());
    return std::nullopt;
  }
  return key;
}

}  // namespace

size_t TsigKey::mac_size() const { return RowOf(kind).mac_size; }

TsigMac TsigKey::Mac(absl::string_view bytes) const {
  TsigMac mac;
  unsigned size = 0;
  const unsigned char* made = HMAC(
      RowOf(kind).digest(), secret.data(), static_cast<int>(secret.size()),
      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), mac.octets.data(), &size);
  CHECK(made != nullptr && size == mac_size());
  mac.size = size;
  return mac;
}

absl::StatusOr<TsigKeys> TsigKeys::Parse(absl::string_view text, absl::string_view file) {
  TsigKeys keys;
  std::vector<std::string> faults;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    std::string fault;
    std::optional<TsigKey> key = ParseLine(line, &fault);
    if (key && keys.Find(key->name) != nullptr) {
      fault = absl::StrCat("key '", key->name.ToText(), "' is there twice");
    }
    if (fault.empty()) {
      keys.keys_.push_back(std::make_shared<const TsigKey>(*std::move(key)));
    } else {
      faults.push_back(absl::StrCat(file, ":", number, ": ", fault));
    }
  }
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  return keys;
}

std::shared_ptr<const TsigKey> TsigKeys::Find(const Name& name) const {
  for (const auto& key : keys_) {
    if (key->name == name) return key;
  }
  return nullptr;
}

}  // namespace spillway::dns
