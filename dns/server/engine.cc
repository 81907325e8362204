#include "dns/server/engine.h"

#include <algorithm>

#include "base/check.h"
#include "dns/server/sections.h"
#include "dns/wire/writer.h"

namespace spillway::dns {
namespace {

// Where the counts of the three record sections stand (RFC 1035 4.1.1).
constexpr size_t kAnswerCountOffset = 6;
constexpr size_t kAuthorityCountOffset = 8;
constexpr size_t kAdditionalCountOffset = 10;

// What the message is refused with before anything is looked up.
Resolution Refusal(Rcode rcode, Outcome outcome) {
  Resolution refusal;
  refusal.rcode = rcode;
  refusal.outcome = outcome;
  return refusal;
}

// True, with `result` set, when the message never reaches the zones. First match wins: an opcode we
// do not speak is said so even when the rest is unreadable to us.
bool RefusedEarly(const Query& query, WireError error, Resolution* result) {
  if (query.opcode != Opcode::kQuery) {
    *result = Refusal(Rcode::kNotImp, Outcome::kNotImp);
  } else if (query.has_opt && query.edns_version != 0 && error == WireError::kOk) {
    *result = Refusal(Rcode::kBadVers, Outcome::kBadVers);  // RFC 6891 6.1.3
  } else if (error != WireError::kOk) {
    *result = Refusal(Rcode::kFormErr, Outcome::kFormErr);
  } else if (query.qclass != RrClass::kIn) {
    *result = Refusal(Rcode::kRefused, Outcome::kRefused);
  } else if (query.qtype == RrType::kAxfr || query.qtype == RrType::kIxfr) {
    *result =
        Refusal(Rcode::kRefused, Outcome::kRefused);  // RFC 5936 2.2.1: no transfers from here
  } else {
    return false;
  }
  return true;
}

uint16_t ReplyFlags(const Query& query, const Resolution& result) {
  // RD is copied (RFC 1035 4.1.1); RA, Z, AD and CD stay clear (RFC 4035 3.1.6).
  unsigned flags = kFlagQr | (query.flags & (kOpcodeMask | kFlagRd));
  if (result.authoritative) flags |= kFlagAa;
  if (result.truncated) flags |= kFlagTc;
  return static_cast<uint16_t>(flags | (static_cast<unsigned>(result.rcode) & 0xf));
}

}  // namespace

size_t Engine::SizeLimit(const Query& query, Transport transport) const {
  if (transport == Transport::kTcp) return kTcpSizeMax;
  if (!query.has_opt) return kUdpSizePlain;
  // RFC 6891 6.2.3: values below 512 mean 512.
  return std::min(std::max(query.udp_size, kUdpSizePlain), options_.udp_size_max);
}

OptReply Engine::MakeOpt(const Query& query, WireError error, Transport transport) const {
  OptReply opt;
  opt.udp_size = options_.udp_size_max;
  opt.dnssec_ok = query.dnssec_ok;
  if (error != WireError::kOk || query.edns_version != 0) return opt;
  if (query.wants_nsid) opt.nsid = options_.nsid;
  if (query.has_ecs) opt.ecs = &query.ecs;
  // RFC 7828 3.2.1: over UDP the option is ignored.
  if (query.wants_keepalive && transport == Transport::kTcp && options_.tcp_keepalive_ds != 0) {
    opt.keepalive_ds = options_.tcp_keepalive_ds;
  }
  return opt;
}

size_t Engine::Answer(const EngineView& view, absl::Span<const uint8_t> bytes,
                      const IpAddress& peer, Transport transport, absl::Span<uint8_t> out) {
  (transport == Transport::kUdp ? counters_.udp_messages : counters_.tcp_messages).Add();
  Query query;
  const WireError error = ParseQuery(bytes, &query);
  if (error == WireError::kShortHeader || error == WireError::kResponse) {
    counters_.outcome(Outcome::kDropped).Add();
    return 0;
  }
  return Reply(view, bytes, query, error, peer, transport, out);
}

size_t Engine::Reply(const EngineView& view, absl::Span<const uint8_t> bytes, const Query& query,
                     WireError error, const IpAddress& peer, Transport transport,
                     absl::Span<uint8_t> out) {
  CHECK(out.size() >= kUdpSizePlain);
  Writer writer(out);
  const size_t limit = std::min(SizeLimit(query, transport), out.size());
  OptReply opt = MakeOpt(query, error, transport);
  writer.set_limit(limit - (query.has_opt ? OptSize(opt) : 0));
  writer.U16(query.id);
  writer.U16(0);
  writer.U16(query.question_size > 0 ? 1 : 0);
  writer.U32(0);  // the other counts, patched below
  writer.U16(0);
  writer.Bytes(bytes.data() + kHeaderSize, query.question_size);

  Resolution result;
  Sections sections(&writer, query.question_size > 0 ? query.qname.wire() : absl::string_view());
  if (!RefusedEarly(query, error, &result))
    result = Resolve(view, query, peer, options_.books, &sections);

  unsigned additional = sections.count(Section::kAdditional);
  if (query.has_opt) {
    opt.rcode = result.rcode;
    opt.ecs_scope_bits = result.ecs_scope_bits;
    if (result.last_resort)
      opt.error = ExtendedError{EdeCode::kOther, "all targets down, answer by static weight"};
    if (writer.size() + OptSize(opt) > limit) opt.error.reset();
    writer.set_limit(limit);
    WriteOpt(opt, &writer);
    ++additional;
  }
  writer.Patch16(kFlagsOffset, ReplyFlags(query, result));
  writer.Patch16(kAnswerCountOffset, sections.count(Section::kAnswer));
  writer.Patch16(kAuthorityCountOffset, sections.count(Section::kAuthority));
  writer.Patch16(kAdditionalCountOffset, static_cast<uint16_t>(additional));

  counters_.outcome(result.outcome).Add();
  if (result.truncated) counters_.truncated.Add();
  if (result.steered) counters_.steered.Add();
  if (result.last_resort) counters_.last_resort.Add();
  return writer.size();
}

}  // namespace spillway::dns
