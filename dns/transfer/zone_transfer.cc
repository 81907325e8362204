#include "dns/transfer/zone_transfer.h"

#include <algorithm>
#include <utility>

#include "dns/wire/message_name.h"
#include "dns/wire/reader.h"
#include "dns/wire/types.h"

namespace spillway::dns {

std::optional<uint32_t> IxfrSerial(absl::Span<const uint8_t> message, const Query& query) {
  const size_t authorities = Load16(&message[kAuthorityCountOffset]);
  size_t offset = kHeaderSize + query.question_size;
  for (size_t i = 0; i < authorities; ++i) {
    Name name;
    if (!ReadMessageName(message, &offset, &name)) return std::nullopt;
    Reader reader(message.subspan(offset));
    const auto type = static_cast<RrType>(reader.U16());
    reader.Skip(6);  // class, TTL
    const uint16_t size = reader.U16();
    size_t data = offset + reader.offset();
    reader.Skip(size);
    if (!reader.ok()) return std::nullopt;
    offset += reader.offset();
    if (type != RrType::kSoa) continue;
    if (!ReadMessageName(message, &data, &name) || !ReadMessageName(message, &data, &name))
      return std::nullopt;
    Reader numbers(message.subspan(data));
    const uint32_t serial = numbers.U32();
    if (!numbers.ok() || data > offset) return std::nullopt;
    return serial;
  }
  return std::nullopt;
}

ZoneTransfer::ZoneTransfer(std::shared_ptr<const ZoneCopy> copy, std::optional<uint32_t> serial,
                           Request request, std::optional<TsigSession> signature)
    : copy_(std::move(copy)),
      request_(std::move(request)),
      signature_(std::move(signature)),
      cursor_(*copy_) {
  if (!serial) return;
  // RFC 1995 4: with the same version, or one that we do not know to be older, one SOA.
  one_soa_ = !SerialIsNewer(copy_->serial(), *serial);
  if (!one_soa_) deltas_ = copy_->DeltasSince(*serial);
  incremental_ = one_soa_ || !deltas_.empty();
}

RecordView ZoneTransfer::Current() const {
  if (stage_ != Stage::kRecords) return copy_->soa();
  if (deltas_.empty()) return cursor_.record();
  const ZoneDelta& delta = *deltas_[delta_];
  switch (part_) {
    case Part::kOldSoa:
      return delta.old_soa.view();
    case Part::kRemoved:
      return delta.removed[index_].view();
    case Part::kNewSoa:
      return delta.new_soa.view();
    case Part::kAdded:
      break;
  }
  return delta.added[index_].view();
}

void ZoneTransfer::Advance() {
  switch (stage_) {
    case Stage::kFirstSoa:
      stage_ = one_soa_ ? Stage::kDone : Stage::kRecords;
      if (stage_ == Stage::kRecords && deltas_.empty() && cursor_.done()) stage_ = Stage::kLastSoa;
      return;
    case Stage::kRecords:
      break;
    case Stage::kLastSoa:
    case Stage::kDone:
      stage_ = Stage::kDone;
      return;
  }
  if (deltas_.empty()) {
    cursor_.Next();
    if (cursor_.done()) stage_ = Stage::kLastSoa;
    return;
  }
  ++index_;
  SkipEmptyParts();
}

// Moves on to the next part of the deltas that has a record left.
void ZoneTransfer::SkipEmptyParts() {
  while (delta_ < deltas_.size()) {
    const ZoneDelta& delta = *deltas_[delta_];
    const size_t size = part_ == Part::kRemoved ? delta.removed.size()
                        : part_ == Part::kAdded ? delta.added.size()
                                                : 1;
    if (index_ < size) return;
    index_ = 0;
    if (part_ == Part::kAdded) {
      part_ = Part::kOldSoa;
      ++delta_;
    } else {
      part_ = static_cast<Part>(static_cast<uint8_t>(part_) + 1);
    }
  }
  stage_ = Stage::kLastSoa;
}

bool ZoneTransfer::Put(const RecordView& record, Writer* writer) {
  const Writer::Mark mark = writer->mark();
  writer->NameCompressed(record.owner);
  writer->U16(static_cast<uint16_t>(record.type));
  writer->U16(static_cast<uint16_t>(RrClass::kIn));
  writer->U32(record.ttl_s);
  writer->U16(static_cast<uint16_t>(record.rdata.size()));
  writer->Bytes(record.rdata);
  if (writer->ok()) return true;
  writer->RollbackTo(mark);
  return false;
}

size_t ZoneTransfer::Next(uint64_t now_s, absl::Span<uint8_t> out) {
  Writer writer(out);
  const bool with_opt = first_message_ && !request_.opt.empty();
  const size_t behind =
      (with_opt ? request_.opt.size() : 0) + (signature_ ? signature_->size() : 0);
  const auto flags =
      static_cast<uint16_t>(kFlagQr | kFlagAa | (request_.recursion_desired ? kFlagRd : 0));
  writer.U16(request_.id);
  writer.U16(flags);
  writer.U16(first_message_ ? 1 : 0);
  writer.U16(0);  // the answers, patched below
  writer.U16(0);
  writer.U16(with_opt ? 1 : 0);
  if (first_message_) writer.Bytes(request_.question);
  const size_t whole = writer.limit() - behind;
  writer.set_limit(std::min(whole, kMessageSizeMax));
  uint16_t count = 0;
  while (stage_ != Stage::kDone && count < UINT16_MAX) {
    bool put = Put(Current(), &writer);
    if (!put && count == 0) {  // larger than a message of ours: one of its own
      writer.set_limit(whole);
      put = Put(Current(), &writer);
      if (!put) {
        writer.Patch16(kFlagsOffset,
                       static_cast<uint16_t>(flags | static_cast<uint16_t>(Rcode::kServFail)));
        stage_ = Stage::kDone;
        break;
      }
    }
    if (!put) break;
    ++count;
    Advance();
  }
  writer.Patch16(kAnswerCountOffset, count);
  writer.set_limit(out.size());
  if (with_opt) writer.Bytes(request_.opt);
  if (signature_) signature_->Sign(now_s, &writer);
  first_message_ = false;
  return writer.size();
}

}  // namespace spillway::dns
