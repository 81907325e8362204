#include "dns/server/engine.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "dns/server/sections.h"
#include "dns/server/steered.h"
#include "dns/wire/writer.h"

namespace spillway::dns {
namespace {

// What the message is refused with before anything is looked up.
Resolution Refusal(Rcode rcode, Outcome outcome) {
  Resolution refusal;
  refusal.rcode = rcode;
  refusal.outcome = outcome;
  return refusal;
}

// True, with `result` set, when the message never reaches the zones. First match wins: an opcode we
// do not speak is said so even when the rest is unreadable to us.
bool RefusedEarly(const Query& query, WireError error, CookieState cookie, const TsigSession* tsig,
                  Resolution* result) {
  const bool asks_cookie =
      query.no_question && cookie != CookieState::kAbsent && error == WireError::kBadQuestionCount;
  if (query.opcode != Opcode::kQuery) {
    *result = Refusal(Rcode::kNotImp, Outcome::kNotImp);
  } else if (query.has_opt && query.edns_version != 0 && error == WireError::kOk) {
    *result = Refusal(Rcode::kBadVers, Outcome::kBadVers);  // RFC 6891 6.1.3
  } else if (asks_cookie) {
    *result = Refusal(Rcode::kNoError, Outcome::kCookieOnly);  // RFC 7873 5.4
  } else if (error != WireError::kOk) {
    *result = Refusal(Rcode::kFormErr, Outcome::kFormErr);
  } else if (tsig != nullptr && tsig->malformed()) {
    *result = Refusal(Rcode::kFormErr, Outcome::kFormErr);  // RFC 8945 5.2.2.1
  } else if (tsig != nullptr && tsig->error() != TsigError::kNone) {
    *result = Refusal(Rcode::kNotAuth, Outcome::kNotAuth);  // RFC 8945 5.2
  } else {
    return false;
  }
  return true;
}

// What goes out in place of one reply in so many that are over the rate: the real client is told
// how to be answered. RFC 7873 5.2.3: one that speaks of cookies needs only to come back with ours.
Resolution Slip(CookieState cookie) {
  Resolution slip;
  slip.outcome = Outcome::kSlipped;
  if (cookie == CookieState::kAbsent) {
    slip.truncated = true;
  } else {
    slip.rcode = Rcode::kBadCookie;
  }
  return slip;
}

bool IsTransfer(RrType type) { return type == RrType::kAxfr || type == RrType::kIxfr; }

bool NeedsReason(const Resolution& result) {
  return result.outcome == Outcome::kRefused || result.outcome == Outcome::kNotImp ||
         result.last_resort;
}

// Why an answer is not what was hoped for, as far as the RCODE alone does not say (RFC 8914).
std::optional<ExtendedError> ErrorOf(const EngineView& view, const Query& query, WireError error,
                                     const Resolution& result) {
  if (result.last_resort)
    return ExtendedError{EdeCode::kOther, "all targets down, answer by static weight"};
  if (result.outcome == Outcome::kNotImp) return ExtendedError{EdeCode::kNotSupported, ""};
  if (result.outcome != Outcome::kRefused || error != WireError::kOk) return std::nullopt;
  if (query.qclass != RrClass::kIn) return ExtendedError{EdeCode::kNotSupported, ""};
  if (IsTransfer(query.qtype)) return ExtendedError{EdeCode::kProhibited, ""};
  if (view.zones == nullptr) return ExtendedError{EdeCode::kNotReady, ""};
  return ExtendedError{EdeCode::kNotAuthoritative, ""};
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

OptReply Engine::MakeOpt(const Message& message) const {
  const Query& query = message.query;
  OptReply opt;
  opt.udp_size = options_.udp_size_max;
  opt.dnssec_ok = query.dnssec_ok;
  if (query.edns_version != 0) return opt;
  if (message.cookie.state != CookieState::kAbsent) opt.cookie = &message.cookie.reply;
  if (message.error != WireError::kOk) return opt;
  if (query.wants_nsid) opt.nsid = options_.nsid;
  if (query.has_ecs) opt.ecs = &query.ecs;
  // RFC 7828 3.2.1: over UDP the option is ignored.
  if (query.wants_keepalive && message.transport == Transport::kTcp &&
      options_.tcp_keepalive_ds != 0) {
    opt.keepalive_ds = options_.tcp_keepalive_ds;
  }
  return opt;
}

std::string Engine::OptOfTransfer(const Message& message) const {
  if (!message.query.has_opt) return "";
  const OptReply opt = MakeOpt(message);
  std::string bytes(OptSize(opt), '\0');
  Writer writer(absl::MakeSpan(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()));
  WriteOpt(opt, &writer);
  return bytes;
}

// Classes other than IN: nothing, but for the name of this server where that is wanted (RFC 4892).
Resolution Engine::AnswerOtherClass(const Query& query, Sections* sections) const {
  constexpr absl::string_view kIdServer("\2id\6server", 11), kHostname("\10hostname\4bind", 15);
  const absl::string_view name = query.qname.wire();
  if (!options_.chaos_identity || query.qclass != RrClass::kChaos ||
      (name != kIdServer && name != kHostname))
    return Refusal(Rcode::kRefused, Outcome::kRefused);
  Resolution result;
  result.authoritative = true;
  if (query.qtype != RrType::kTxt && query.qtype != RrType::kAny) {
    result.outcome = Outcome::kNoData;
    return result;
  }
  const std::string text =
      absl::StrCat(std::string(1, static_cast<char>(options_.nsid.size())), options_.nsid);
  result.truncated =
      !sections->AddRecord(Section::kAnswer, name, RrType::kTxt, 0, text, RrClass::kChaos);
  return result;
}

// Over TCP leaves a transfer in transfer_, which then writes the reply.
Resolution Engine::BeginTransfer(const EngineView& view, const Message& message,
                                 Sections* sections) {
  const Query& query = message.query;
  const TsigKey* signer = message.tsig == nullptr ? nullptr : message.tsig->signer();
  // Who may not copy is not told what there is.
  if (view.transfers == nullptr || !view.transfers->Allows(message.peer, signer))
    return Refusal(Rcode::kRefused, Outcome::kRefused);
  std::shared_ptr<const ZoneCopy> copy = view.transfers->Find(query.qname.wire());
  if (copy == nullptr) return Refusal(Rcode::kNotAuth, Outcome::kNotAuth);  // RFC 5936 2.2.1
  std::optional<uint32_t> serial;
  if (query.qtype == RrType::kIxfr) {
    serial = IxfrSerial(message.bytes, query);
    if (!serial) return Refusal(Rcode::kFormErr, Outcome::kFormErr);  // RFC 1995 3
  }
  Resolution result;
  result.outcome = Outcome::kTransfer;
  result.authoritative = true;
  if (message.transport == Transport::kUdp) {
    // RFC 5936 4.2: no AXFR over UDP. RFC 1995 4: one SOA tells an IXFR to come over TCP.
    if (!serial) return Refusal(Rcode::kRefused, Outcome::kRefused);
    const Zone& zone = copy->zone();
    result.truncated =
        !sections->Add(Section::kAnswer, zone.apex(), zone, zone.soa(), zone.soa().ttl_s);
    return result;
  }
  const auto* question = reinterpret_cast<const char*>(message.bytes.data()) + kHeaderSize;
  ZoneTransfer::Request request{.id = query.id,
                                .recursion_desired = (query.flags & kFlagRd) != 0,
                                .question = std::string(question, query.question_size),
                                .opt = OptOfTransfer(message)};
  transfer_ = std::make_unique<ZoneTransfer>(
      std::move(copy), serial, std::move(request),
      message.tsig == nullptr ? std::nullopt : std::optional<TsigSession>(*message.tsig));
  if (!transfer_->incremental()) counters_.transfers_whole.Add();
  return result;
}

RateLimiter::Verdict Engine::Judge(const EngineView& view, const Message& message,
                                   Outcome outcome) {
  // Over TCP, and with our cookie, the client's address is no forgery.
  if (message.transport == Transport::kTcp || message.cookie.state == CookieState::kValid)
    return RateLimiter::Verdict::kSend;
  return limiter_.Judge(message.peer, outcome, view.unix_s);
}

void Engine::Read(const EngineView& view, absl::Span<const uint8_t> bytes, const IpAddress& peer,
                  Incoming* message) {
  message->bytes = bytes;
  message->peer = peer;
  message->error = ParseQuery(bytes, &message->query);
  if (view.plan != nullptr)
    PrefetchClient(*view.plan, ClientAddress(message->query, message->peer));
}

size_t Engine::Answer(const EngineView& view, const Incoming& incoming, Transport transport,
                      absl::Span<uint8_t> out) {
  (transport == Transport::kUdp ? counters_.udp_messages : counters_.tcp_messages).Add();
  const auto& [bytes, peer, query, error] = incoming;
  if (error == WireError::kShortHeader || error == WireError::kResponse) {
    counters_.outcome(Outcome::kDropped).Add();
    return 0;
  }
  CookieCheck cookie;
  if (query.cookie_offset != 0 && view.cookies != nullptr) {
    cookie = CheckCookie(*view.cookies, bytes.subspan(query.cookie_offset, query.cookie_size), peer,
                         view.unix_s);
  }
  const Message message{bytes, query, error, peer, transport, cookie, nullptr};
  if (query.tsig_offset != 0 && error == WireError::kOk) return ReplySigned(view, message, out);
  return Reply(view, message, out);
}

// Apart, so that the others do not carry a session.
size_t Engine::ReplySigned(const EngineView& view, const Message& message,
                           absl::Span<uint8_t> out) {
  TsigSession session =
      TsigSession::Check(view.transfers == nullptr ? nullptr : view.transfers->keys(),
                         message.bytes, message.query.tsig_offset, view.unix_s);
  Message with_session = message;
  with_session.tsig = &session;
  return Reply(view, with_session, out);
}

size_t Engine::Reply(const EngineView& view, const Message& message, absl::Span<uint8_t> out) {
  CHECK(out.size() >= kUdpSizePlain);
  const Query& query = message.query;
  Writer writer(out);
  const size_t limit = std::min(SizeLimit(query, message.transport), out.size());
  OptReply opt = MakeOpt(message);
  size_t behind = query.has_opt ? OptSize(opt) : 0;
  // Without room for a signature the RCODE says enough.
  const bool sign = message.tsig != nullptr && !message.tsig->malformed() &&
                    kHeaderSize + query.question_size + behind + message.tsig->size() <= limit;
  if (sign) behind += message.tsig->size();
  writer.set_limit(limit - behind);
  uint8_t* header = writer.Take(kHeaderSize);
  Store16(header, query.id);
  Store16(header + kQuestionCountOffset, query.question_size > 0 ? 1 : 0);
  writer.Bytes(message.bytes.data() + kHeaderSize, query.question_size);
  const Writer::Mark after_question = writer.mark();

  Resolution result;
  Sections sections(&writer, query.question_size > 0 ? query.qname.wire() : absl::string_view());
  if (!RefusedEarly(query, message.error, message.cookie.state, message.tsig, &result)) {
    if (query.qclass != RrClass::kIn) {
      result = AnswerOtherClass(query, &sections);
    } else if (IsTransfer(query.qtype)) {
      result = BeginTransfer(view, message, &sections);
      if (transfer_ != nullptr) {
        Count(view, message, result);
        return transfer_->Next(view.unix_s, out);
      }
    } else {
      result = Resolve(view, query, message.peer, &sections);
    }
  }
  const RateLimiter::Verdict verdict =
      limiter_.enabled() ? Judge(view, message, result.outcome) : RateLimiter::Verdict::kSend;
  if (verdict == RateLimiter::Verdict::kDrop) {
    counters_.outcome(Outcome::kLimited).Add();
    return 0;
  }
  if (verdict == RateLimiter::Verdict::kSlip) {
    writer.RollbackTo(after_question);
    sections.Clear();
    result = Slip(message.cookie.state);
  }

  unsigned additional = sections.count(Section::kAdditional);
  if (query.has_opt) {
    opt.rcode = result.rcode;
    opt.ecs_scope_bits = result.ecs_scope_bits;
    if (NeedsReason(result)) {
      opt.error = ErrorOf(view, query, message.error, result);
      if (writer.size() + OptSize(opt) > limit - (sign ? message.tsig->size() : 0))
        opt.error.reset();
    }
    writer.set_limit(limit);
    WriteOpt(opt, &writer);
    ++additional;
  }
  writer.Patch16(kFlagsOffset, ReplyFlags(query, result));
  writer.Patch16(kAnswerCountOffset, sections.count(Section::kAnswer));
  writer.Patch16(kAuthorityCountOffset, sections.count(Section::kAuthority));
  writer.Patch16(kAdditionalCountOffset, static_cast<uint16_t>(additional));
  if (sign) {
    writer.set_limit(limit);
    message.tsig->Sign(view.unix_s, &writer);
  }
  Count(view, message, result);
  return writer.size();
}

// The sample for people, of what is sent only.
void Engine::Sample(const EngineView& view, const Message& message, const Resolution& result) {
  DecisionNote note;
  note.peer = message.peer;
  note.client = ClientAddress(message.query, message.peer);
  note.client_bits = result.grant.note.by_ecs ? message.query.ecs.source_bits
                                              : static_cast<uint8_t>(message.peer.bits_max());
  note.scope_bits = result.ecs_scope_bits;
  options_.books.decisions->Add(*view.plan, result.grant.decision, note);
}

// Only what is sent is counted: whoever was cut or dropped by the rate limiter got no address.
void Engine::Count(const EngineView& view, const Message& message, const Resolution& result) {
  counters_.outcome(result.outcome).Add();
  if (result.truncated) counters_.truncated.Add();
  if (result.steered) {
    counters_.steered.Add();
    view.plan->frame->grants->Add(Front::kDns, options_.books.worker, result.grant.decision.slot);
    if (options_.books.log != nullptr) options_.books.log->Add(result.grant.note);
    DecisionRing* const decisions = options_.books.decisions;
    if (decisions != nullptr && decisions->Due()) Sample(view, message, result);
  }
  if (result.last_resort) counters_.last_resort.Add();
}

}  // namespace spillway::dns
