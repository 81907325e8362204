#include "dns/wire/cookie.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace spillway::dns {
namespace {

constexpr size_t kVersionOffset = 8;
constexpr size_t kTimeOffset = 12;
constexpr size_t kHashOffset = 16;
constexpr uint8_t kVersion = 1;
constexpr size_t kSecretDigits = 2 * std::tuple_size_v<SipKey>;

uint32_t Read32(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3];
}

// Fills the last 8 octets from the first 16 and the address (RFC 9018 4.4).
void Seal(const SipKey& secret, const IpAddress& peer, Cookie* cookie) {
  std::array<uint8_t, kHashOffset + 16> input;
  std::memcpy(input.data(), cookie->data(), kHashOffset);
  const size_t address_size = static_cast<size_t>(peer.size());
  std::memcpy(input.data() + kHashOffset, peer.data(), address_size);
  uint64_t hash = SipHash24(secret, input.data(), kHashOffset + address_size);
  for (size_t i = 0; i < 8; ++i, hash >>= 8)
    (*cookie)[kHashOffset + i] = static_cast<uint8_t>(hash);
}

bool SealedBy(const SipKey& secret, const IpAddress& peer, const Cookie& cookie) {
  Cookie ours = cookie;
  Seal(secret, peer, &ours);
  auto text = [](const Cookie& c) {
    return absl::string_view(reinterpret_cast<const char*>(c.data()), c.size());
  };
  return EqualConstantTime(text(ours), text(cookie));
}

}  // namespace

absl::StatusOr<CookieSecrets> ParseCookieSecrets(absl::string_view text, absl::string_view file) {
  std::vector<SipKey> keys;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    // The line is not repeated: it may be a secret with one digit wrong.
    if (line.size() != kSecretDigits || !std::all_of(line.begin(), line.end(), [](char c) {
          return absl::ascii_isxdigit(static_cast<unsigned char>(c));
        })) {
      return absl::InvalidArgumentError(absl::StrCat(file, ":", number, ": want ", kSecretDigits,
                                                     " hex digits, got ", line.size(),
                                                     " characters"));
    }
    const std::string octets = absl::HexStringToBytes(line);
    SipKey key;
    std::copy(octets.begin(), octets.end(), key.begin());
    keys.push_back(key);
  }
  if (keys.empty() || keys.size() > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":1: want one or two secrets, got ", keys.size()));
  }
  CookieSecrets secrets{.current = keys[0]};
  if (keys.size() == 2) secrets.other = keys[1];
  return secrets;
}

Cookie MakeCookie(const SipKey& secret, absl::Span<const uint8_t> client, const IpAddress& peer,
                  uint32_t unix_s) {
  Cookie cookie{};
  std::memcpy(cookie.data(), client.data(), kClientCookieSize);
  cookie[kVersionOffset] = kVersion;
  for (size_t i = 0; i < 4; ++i)
    cookie[kTimeOffset + i] = static_cast<uint8_t>(unix_s >> (24 - 8 * i));
  Seal(secret, peer, &cookie);
  return cookie;
}

CookieCheck CheckCookie(const CookieSecrets& secrets, absl::Span<const uint8_t> option,
                        const IpAddress& peer, uint32_t unix_s) {
  CookieCheck check;
  check.state = option.size() == kClientCookieSize ? CookieState::kClient : CookieState::kBad;
  bool keep = false;
  if (option.size() == kFullCookieSize && option[kVersionOffset] == kVersion) {
    std::memcpy(check.reply.data(), option.data(), kFullCookieSize);
    // RFC 1982: the difference is signed, so that 2106 is a day like any other.
    const auto age = static_cast<int32_t>(unix_s - Read32(option.data() + kTimeOffset));
    if (age <= kCookieAgeMax && age >= -kCookieAheadMax) {
      const bool current = SealedBy(secrets.current, peer, check.reply);
      if (current || (secrets.other && SealedBy(*secrets.other, peer, check.reply)))
        check.state = CookieState::kValid;
      keep = current && age <= kCookieRenewAge;
    }
  }
  if (!keep) check.reply = MakeCookie(secrets.current, option, peer, unix_s);
  return check;
}

}  // namespace spillway::dns
