#include "net/tls_context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstring>

#include "net/tls_stream.h"

namespace manta::net {
namespace {

// By itself OpenSSL would clean up when the process exits: before objects that are older than its first use, such as a
// client in a static variable, which may still connect then. Only whoever is the first to use it can say so.
[[maybe_unused]] const int kKeepsOpenSsl = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);

constexpr std::size_t kTlsReadAhead = 64 << 10;  // taken from the kernel at once: several records

struct StoreContextDeleter {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};

std::unexpected<Error> unusable(const std::string& what, const std::string& file) {
  const unsigned long code = ERR_get_error();
  std::string why = "it cannot be read";
  if (ERR_SYSTEM_ERROR(code))
    why = std::strerror(ERR_GET_REASON(code));
  else if (const char* reason = ERR_reason_error_string(code); reason != nullptr)
    why = reason;
  ERR_clear_error();
  return fail(ErrorCode::InvalidArgument,
              "cannot use " + file + " as " + what + ": " + why + "; it must be a PEM file that this user may read");
}

// Mistakes are found when a process starts, not at its first connection. Time is left to the peers: they look at it
// again at each connection anyway.
Result<void> check_issuer(SSL_CTX* context, const std::string& certificate_file, const std::string& authority_file) {
  const std::unique_ptr<X509_STORE_CTX, StoreContextDeleter> check(X509_STORE_CTX_new());
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context), SSL_CTX_get0_certificate(context), chain);
  X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_NO_CHECK_TIME);
  const bool is_issued = X509_verify_cert(check.get()) == 1;
  const int error = X509_STORE_CTX_get_error(check.get());
  ERR_clear_error();
  if (is_issued) return {};
  return fail(ErrorCode::InvalidArgument, "the certificate " + certificate_file + " is not of the authority " +
                                              authority_file + ": " + X509_verify_cert_error_string(error));
}

}  // namespace

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_method())), descriptor_(make_descriptor_method()) {
  SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // Nothing is resumed: connections last, and each is to be verified.
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context_, 0);
  SSL_CTX_set_read_ahead(context_, 1);
  SSL_CTX_set_default_read_buffer_len(context_, kTlsReadAhead);
  SSL_CTX_set_default_passwd_cb(context_, [](char*, int, int, void*) { return 0; });  // nobody is there to be asked
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
  BIO_meth_free(descriptor_);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const std::string& certificate_file,
                                                           const std::string& key_file,
                                                           const std::string& authority_file) {
  std::shared_ptr<TlsContext> made(new TlsContext());
  SSL_CTX* const context = made->context_;
  ERR_clear_error();
  if (SSL_CTX_load_verify_file(context, authority_file.c_str()) != 1) return unusable("the authority", authority_file);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1)
    return unusable("the certificate", certificate_file);
  // Fails as well if the key is not the certificate's.
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable("the key of " + certificate_file, key_file);
  if (const auto issued = check_issuer(context, certificate_file, authority_file); !issued)
    return std::unexpected(issued.error());
  return made;
}

}  // namespace manta::net
