#include "dns/server/udp_socket.h"

#include <utility>

#include "base/proxy_header.h"

namespace spillway::dns {
namespace {

// The kernel tells where the question arrived; told the same when sending, it would also pin the
// interface, which is wrong when the way back is another one. Link-local addresses need it.
void ForgetInterface(msghdr* header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(header); c != nullptr; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      reinterpret_cast<in_pktinfo*>(CMSG_DATA(c))->ipi_ifindex = 0;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      auto* info = reinterpret_cast<in6_pktinfo*>(CMSG_DATA(c));
      if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
    }
  }
}

// Where the question arrived at a wildcard address.
IpAddress DestinationOf(msghdr* header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(header); c != nullptr; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      const auto* info = reinterpret_cast<const in_pktinfo*>(CMSG_DATA(c));
      return IpAddress::V4(ntohl(info->ipi_addr.s_addr));
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      const auto* info = reinterpret_cast<const in6_pktinfo*>(CMSG_DATA(c));
      return IpAddress::V6Bytes(info->ipi6_addr.s6_addr).Unmapped();
    }
  }
  return IpAddress();
}

}  // namespace

UdpSocket::UdpSocket(UniqueFd fd, const UdpOptions& options)
    : fd_(std::move(fd)),
      options_(options),
      questions_(kBatch * kQuestionStride),
      replies_(kBatch * (options.reply_size_max + kLine)) {
  for (size_t i = 0; i < kBatch; ++i) {
    in_parts_[i] = {question(i).data(), kQuestionSizeMax};
    in_[i] = {};
    in_[i].msg_hdr.msg_name = &peers_[i];
    in_[i].msg_hdr.msg_iov = &in_parts_[i];
    in_[i].msg_hdr.msg_iovlen = 1;
    if (options_.keep_destination) in_[i].msg_hdr.msg_control = controls_[i].bytes.data();
  }
}

size_t UdpSocket::Receive() {
  // The kernel shortened these last time.
  for (mmsghdr& message : in_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    message.msg_hdr.msg_controllen = options_.keep_destination ? sizeof(Control) : 0;
  }
  const int count = recvmmsg(fd_.get(), in_.data(), kBatch, MSG_DONTWAIT, nullptr);
  received_ = count > 0 ? static_cast<size_t>(count) : 0;
  return received_;
}

void UdpSocket::PrepareReply(size_t i, size_t size, mmsghdr* out) {
  out_parts_[i] = {reply(i).data(), size};
  out->msg_hdr = in_[i].msg_hdr;
  out->msg_hdr.msg_iov = &out_parts_[i];
  out->msg_hdr.msg_flags = 0;
  if (options_.keep_destination) ForgetInterface(&out->msg_hdr);
}

void UdpSocket::Tap(size_t i, size_t reply_size) {
  const Incoming& message = messages_[i];
  TapFacts facts;
  facts.client = Endpoint::FromSockaddr(peers_[i]);
  if (message.peer != facts.client.address) facts.client = {message.peer, 0};  // behind a proxy
  facts.server = options_.local;
  if (options_.keep_destination) facts.server.address = DestinationOf(&in_[i].msg_hdr);
  options_.tap->Add(facts, message.bytes, reply(i).first(reply_size));
}

bool UdpSocket::Unwrap(absl::Span<const uint8_t>* message, IpAddress* peer) const {
  ProxyHeader header;
  if (!AnyContains(*options_.proxies, *peer) ||
      ParseProxyHeader(*message, &header) != ProxyParse::kOk)
    return false;
  message->remove_prefix(header.size);
  if (header.client) *peer = *header.client;
  return true;
}

void UdpSocket::Reply(const EngineView& view, Engine* engine, DnsCounters* counters) {
  for (size_t i = 0; i < received_; ++i) {
    IpAddress peer = IpAddress::FromSockaddr(peers_[i]);
    absl::Span<const uint8_t> message = question(i).first(in_[i].msg_len);
    heard_[i] = options_.proxies == nullptr || Unwrap(&message, &peer);
    if (heard_[i]) {
      Engine::Read(view, message, peer, &messages_[i]);
    } else {
      counters->proxy_refused.Add();
    }
  }
  size_t count = 0;
  for (size_t i = 0; i < received_; ++i) {
    if (!heard_[i]) continue;
    const size_t size = engine->Answer(view, messages_[i], Transport::kUdp, reply(i));
    if (options_.tap != nullptr && options_.tap->Due()) Tap(i, size);
    if (size > 0) PrepareReply(i, size, &out_[count++]);
  }
  received_ = 0;
  Send(count, counters);
}

void UdpSocket::Send(size_t count, DnsCounters* counters) {
  for (size_t done = 0; done < count;) {
    const int sent =
        sendmmsg(fd_.get(), &out_[done], static_cast<unsigned>(count - done), MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<size_t>(sent);
      continue;
    }
    // The first one cannot be sent (peer's port 0, no route, buffer full): give it up, go on.
    counters->udp_send_failed.Add();
    ++done;
  }
}

}  // namespace spillway::dns
