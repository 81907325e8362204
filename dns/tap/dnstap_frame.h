// dns/tap/dnstap_frame.h -- the octets of dnstap: its protobuf message, and frame streams.
//
//   stream   [0, size, START, content type] [size, message] [size, message] ... [0, 4, STOP]
//   message  Dnstap { identity 1, version 2, message 14, type 15 }
//            Message { type 1, family 2, protocol 3, addresses 4 5, ports 6 7, times 8 9 12 13,
//                      query 10, response 14 }
//
// why by hand: a dozen fields of two wire types; protobuf and fstrm would be two libraries more.
// references: dnstap.proto (dnstap.info), farsightsec/fstrm's control.h, protobuf's encoding.
#ifndef SPILLWAY_DNS_TAP_DNSTAP_FRAME_H_
#define SPILLWAY_DNS_TAP_DNSTAP_FRAME_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "dns/tap/tap_ring.h"

namespace spillway::dns {

inline constexpr absl::string_view kDnstapContentType = "protobuf:dnstap.Dnstap";

enum class FrameControl : uint32_t { kAccept = 1, kStart = 2, kStop = 3, kReady = 4, kFinish = 5 };

enum class TapKind : uint8_t { kAuthQuery = 1, kAuthResponse = 2 };

// A control frame; with the content type for all but kStop and kFinish.
std::string ControlFrame(FrameControl control);
// A data frame with one AUTH_QUERY or AUTH_RESPONSE. `message` is the query or the response.
std::string TapFrame(absl::string_view identity, absl::string_view version, TapKind kind,
                     const TapFacts& facts, absl::Span<const uint8_t> message);
// The kind of the control frame at the front of `bytes` and, in `size`, its octets; none while it
// is not whole. A data frame, or one that is too large, is kStop.
std::optional<FrameControl> ReadControlFrame(absl::string_view bytes, size_t* size);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TAP_DNSTAP_FRAME_H_
