#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::net {

// The secret of an instance, and optionally certificates.
struct PeerSecurityOptions {
  std::string token;  // 16 bytes or more, the same in every process of the instance
  // PEM files, all three or none: mutual TLS besides. A peer is who has a certificate of this authority. The
  // certificate is used at both ends of connections: its extended key usage, if it has one, must name server and
  // client.
  std::string certificate_file, key_file, authority_file;
  // Told of connections to this process that did not prove themselves: the latest in words, and how many there were
  // since it was last told. From any thread, at most every ten seconds. Empty: they are only counted.
  std::function<void(std::string_view latest, std::uint64_t count)> on_foreign = {};
};

// What the processes of one instance prove to each other where they meet over TCP: ServerOptions and ChannelOptions
// take it, and it is not asked for on Unix sockets. Each connection begins with a proof by both sides that they know
// the token, which itself is never sent; with certificates all of it runs over TLS 1.3. Made once for a process, never
// changed.
class PeerSecurity {
 public:
  // InvalidArgument names the file or value that is wrong.
  static Result<std::shared_ptr<const PeerSecurity>> make(PeerSecurityOptions options);
  ~PeerSecurity();
  std::uint64_t foreign_connections() const;  // that did not prove themselves so far; any thread

  struct Impl;  // of this module
  const Impl& impl() const { return *impl_; }

 private:
  explicit PeerSecurity(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

using PeerSecurityPtr = std::shared_ptr<const PeerSecurity>;

}  // namespace manta::net
