#include "dns/transfer/tsig_session.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/hash.h"
#include "dns/wire/message_name.h"
#include "dns/wire/reader.h"
#include "dns/wire/types.h"

namespace spillway::dns {
namespace {

// RFC 8945 5.2.2.1: a truncated MAC has at least half its octets, and 10.
constexpr size_t kMacSizeMin = 10;

absl::string_view View(absl::Span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Put16(size_t value, std::string* out) {
  out->push_back(static_cast<char>(value >> 8));
  out->push_back(static_cast<char>(value));
}

void PutTime(uint64_t time_s, std::string* out) {
  for (int shift = 40; shift >= 0; shift -= 8) out->push_back(static_cast<char>(time_s >> shift));
}

void PutName(Name name, std::string* out) {
  name.FoldCase();
  out->append(name.wire().data(), name.size());
}

void PutMac(const TsigMac& mac, std::string* out) {
  Put16(mac.size, out);
  out->append(View(mac.span()).data(), mac.size);
}

void PutTimers(const Tsig& tsig, std::string* out) {
  PutTime(tsig.time_s, out);
  Put16(tsig.fudge_s, out);
}

// RFC 8945 4.3.3.
void PutVariables(const Tsig& tsig, std::string* out) {
  PutName(tsig.key, out);
  Put16(static_cast<size_t>(RrClass::kAny), out);
  out->append(4, '\0');  // TTL
  PutName(tsig.algorithm, out);
  PutTimers(tsig, out);
  Put16(static_cast<size_t>(tsig.error), out);
  Put16(tsig.other.size(), out);
  out->append(View(tsig.other).data(), tsig.other.size());
}

// A received message as it was when it was signed.
void PutSigned(absl::Span<const uint8_t> message, size_t tsig_offset, uint16_t original_id,
               std::string* out) {
  const size_t begin = out->size();
  out->append(View(message).data(), tsig_offset);
  (*out)[begin] = static_cast<char>(original_id >> 8);
  (*out)[begin + 1] = static_cast<char>(original_id);
  const size_t count = Load16(&message[kAdditionalCountOffset]);
  (*out)[begin + kAdditionalCountOffset] = static_cast<char>((count - 1) >> 8);
  (*out)[begin + kAdditionalCountOffset + 1] = static_cast<char>(count - 1);
}

bool InTime(const Tsig& tsig, uint64_t now_s) {
  const uint64_t apart = now_s > tsig.time_s ? now_s - tsig.time_s : tsig.time_s - now_s;
  return apart <= tsig.fudge_s;
}

}  // namespace

std::optional<size_t> FindTsig(absl::Span<const uint8_t> message) {
  Reader header(message);
  header.Skip(kQuestionCountOffset);
  const size_t questions = header.U16();
  size_t records = header.U16();
  records += header.U16();
  records += header.U16();
  if (!header.ok() || records == 0) return std::nullopt;
  size_t offset = header.offset();
  for (size_t i = 0; i < questions + records; ++i) {
    const size_t begin = offset;
    Name name;
    if (!ReadMessageName(message, &offset, &name)) return std::nullopt;
    Reader record(message.subspan(offset));
    const auto type = static_cast<RrType>(record.U16());
    record.Skip(2);  // class
    if (i >= questions) {
      record.Skip(4);  // TTL
      record.Skip(record.U16());
    }
    if (!record.ok()) return std::nullopt;
    offset += record.offset();
    if (i + 1 == questions + records && type == RrType::kTsig) return begin;
  }
  return std::nullopt;
}

TsigSession TsigSession::Check(const TsigKeys* keys, absl::Span<const uint8_t> message,
                               size_t tsig_offset, uint64_t now_s) {
  TsigSession session;
  Tsig tsig;
  if (ParseTsig(message, tsig_offset, &tsig) != WireError::kOk) {
    session.malformed_ = true;
    session.error_ = TsigError::kBadKey;
    return session;
  }
  session.key_name_ = tsig.key;
  session.algorithm_ = tsig.algorithm;
  session.request_time_s_ = tsig.time_s;
  session.fudge_s_ = tsig.fudge_s;
  session.original_id_ = tsig.original_id;
  Name name = tsig.key;
  name.FoldCase();
  Name algorithm = tsig.algorithm;
  algorithm.FoldCase();
  if (keys != nullptr) session.key_ = keys->Find(name);
  // RFC 8945 5.2.1: a key is a name and an algorithm.
  if (session.key_ == nullptr || session.key_->algorithm != algorithm) {
    session.key_ = nullptr;
    session.error_ = TsigError::kBadKey;
    return session;
  }
  const size_t whole = session.key_->mac_size();
  if (tsig.mac.size() > whole || tsig.mac.size() < std::max(kMacSizeMin, whole / 2)) {
    session.malformed_ = true;
    session.error_ = TsigError::kBadSig;
    return session;
  }
  std::string covered;
  PutSigned(message, tsig_offset, tsig.original_id, &covered);
  PutVariables(tsig, &covered);
  const TsigMac mac = session.key_->Mac(covered);
  session.before_.size = tsig.mac.size();
  std::copy(tsig.mac.begin(), tsig.mac.end(), session.before_.octets.begin());
  if (!EqualConstantTime(View(tsig.mac), View(mac.span().first(tsig.mac.size())))) {
    session.error_ = TsigError::kBadSig;
  } else if (!InTime(tsig, now_s)) {
    session.error_ = TsigError::kBadTime;
    for (size_t i = 0; i < session.other_.size(); ++i)
      session.other_[i] = static_cast<uint8_t>(now_s >> (40 - 8 * i));
  } else if (tsig.mac.size() < whole) {
    session.error_ = TsigError::kBadTrunc;  // allowed by the RFC, needed by nobody
  }
  return session;
}

TsigSession TsigSession::Ask(std::shared_ptr<const TsigKey> key) {
  TsigSession session;
  session.key_name_ = key->name;
  session.algorithm_ = key->algorithm;
  session.key_ = std::move(key);
  session.asks_ = true;
  return session;
}

const TsigKey* TsigSession::signer() const {
  return error_ == TsigError::kNone && !malformed_ ? key_.get() : nullptr;
}

Tsig TsigSession::Record(uint64_t now_s) const {
  Tsig tsig;
  tsig.key = key_name_;
  tsig.algorithm = algorithm_;
  // RFC 8945 5.2.3: BADTIME repeats the client's time; unsigned errors do too, having no other use.
  tsig.time_s =
      error_ == TsigError::kNone || error_ == TsigError::kBadTrunc ? now_s : request_time_s_;
  tsig.fudge_s = fudge_s_;
  tsig.original_id = original_id_;
  tsig.error = error_;
  if (error_ == TsigError::kBadTime) tsig.other = other_;
  return tsig;
}

size_t TsigSession::size() const { return TsigSize(Record(0)) + (Signs() ? key_->mac_size() : 0); }

void TsigSession::Sign(uint64_t now_s, Writer* writer) {
  const absl::string_view message = writer->bytes();
  const size_t additional = Load16(&message[kAdditionalCountOffset]);
  if (asks_) original_id_ = Load16(message.data());
  Tsig tsig = Record(now_s);
  if (Signs()) {
    std::string covered;
    if (!asks_) PutMac(before_, &covered);
    const size_t begin = covered.size();
    covered.append(message.data(), message.size());
    covered[begin] = static_cast<char>(original_id_ >> 8);
    covered[begin + 1] = static_cast<char>(original_id_);
    if (first_) {
      PutVariables(tsig, &covered);
    } else {
      PutTimers(tsig, &covered);
    }
    before_ = key_->Mac(covered);
    tsig.mac = before_.span();
    first_ = false;
  }
  WriteTsig(tsig, writer);
  writer->Patch16(kAdditionalCountOffset, static_cast<uint16_t>(additional + 1));
}

bool TsigSession::Accepts(absl::Span<const uint8_t> reply, size_t tsig_offset,
                          uint64_t now_s) const {
  Tsig tsig;
  if (ParseTsig(reply, tsig_offset, &tsig) != WireError::kOk) return false;
  Name name = tsig.key;
  name.FoldCase();
  Name algorithm = tsig.algorithm;
  algorithm.FoldCase();
  if (name != key_->name || algorithm != key_->algorithm) return false;
  std::string covered;
  PutMac(before_, &covered);
  PutSigned(reply, tsig_offset, tsig.original_id, &covered);
  PutVariables(tsig, &covered);
  const TsigMac mac = key_->Mac(covered);
  return EqualConstantTime(View(tsig.mac), View(mac.span())) && InTime(tsig, now_s);
}

}  // namespace spillway::dns
