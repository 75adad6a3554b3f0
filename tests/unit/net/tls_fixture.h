#pragma once

#include <openssl/ssl.h>

#include <csignal>
#include <string>
#include <string_view>

#include "net/tls_context.h"
#include "peer_fixture.h"
#include "test_authority.h"

namespace manta::net {

// Processes with certificates of one authority.
class TlsTest : public PeerTest {
 protected:
  PeerSecurityPtr with(const TestCertificate& certificate, const TestAuthority& of, std::string_view token = kToken) {
    return make_security({.token = std::string(token),
                          .certificate_file = certificate.certificate_file,
                          .key_file = certificate.key_file,
                          .authority_file = of.file()});
  }
  PeerSecurityPtr with(const TestCertificate& certificate) { return with(certificate, authority); }

  TestFolder folder;
  TestAuthority authority{folder.path(), "authority"};
  const TestCertificate first = authority.issue("first");
  const TestCertificate second = authority.issue("second");
};

// An end of a TLS connection that is no Channel and no Server, and does as a test says.
class RawTls {
 public:
  // Takes the context.
  RawTls(SSL_CTX* context, bool is_server, int fd) : context_(context), peer_(fd), ssl_(SSL_new(context)) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without asking whether the peer is still there
    SSL_set_fd(ssl_, fd);
    is_server ? SSL_set_accept_state(ssl_) : SSL_set_connect_state(ssl_);
  }
  ~RawTls() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  RawTls(const RawTls&) = delete;
  RawTls& operator=(const RawTls&) = delete;

  // One step of the handshake, or nothing after it.
  void step() {
    if (!failed_ && SSL_is_init_finished(ssl_) == 0) failed_ = is_fatal(SSL_do_handshake(ssl_));
  }
  void send(std::string_view bytes) {
    EXPECT_EQ(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
  }
  std::string receive() {
    std::string all(1 << 16, '\0');
    const int size = SSL_read(ssl_, all.data(), static_cast<int>(all.size()));
    if (size <= 0) failed_ = is_fatal(size);
    all.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return all;
  }
  bool connected() const { return SSL_is_init_finished(ssl_) == 1; }
  bool failed() const { return failed_; }

 private:
  bool is_fatal(int result) const { return result <= 0 && SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ; }

  SSL_CTX* context_;
  RawPeer peer_;
  SSL* ssl_;
  bool failed_ = false;
};

}  // namespace manta::net
