#include "net/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace manta::net {
namespace {

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr std::size_t kEncryptedAtOnce = 4 * kRecord;  // encrypted for one system call
constexpr std::string_view kBindingLabel = "EXPORTER-Channel-Binding";
constexpr std::size_t kBinding = 32;

// Takes bytes from a list of parts, in order.
class Parts {
 public:
  explicit Parts(std::span<const iovec> parts) : parts_(parts) {}
  // The next bytes that lie together; empty: none are left.
  std::string_view front() {
    while (!parts_.empty() && at_ == parts_.front().iov_len) {
      parts_ = parts_.subspan(1);
      at_ = 0;
    }
    if (parts_.empty()) return {};
    return {static_cast<const char*>(parts_.front().iov_base) + at_, parts_.front().iov_len - at_};
  }
  void skip(std::size_t bytes) {
    for (std::string_view next = front(); bytes != 0 && !next.empty(); next = front()) {
      const std::size_t step = std::min(bytes, next.size());
      at_ += step;
      bytes -= step;
    }
  }
  // The next record: the bytes where they are, or gathered in `space`, as small ones are not worth one each.
  std::string_view take(std::span<char, kRecord> space) {
    const std::string_view together = front();
    if (together.size() >= kRecord) {
      at_ += kRecord;
      return together.substr(0, kRecord);
    }
    std::size_t size = 0;
    for (std::string_view next = together; size < kRecord && !next.empty(); next = front()) {
      const std::size_t step = std::min(next.size(), kRecord - size);
      std::memcpy(space.data() + size, next.data(), step);
      at_ += step;
      size += step;
    }
    return {space.data(), size};
  }

 private:
  std::span<const iovec> parts_;
  std::size_t at_ = 0;
};

}  // namespace

TlsStream::TlsStream(std::shared_ptr<const TlsContext> context, bool is_server, int fd)
    : context_(std::move(context)), ssl_(SSL_new(context_->context())), fd_(fd) {
  BIO* const bio = BIO_new(context_->descriptor());
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_, bio, bio);
  is_server ? SSL_set_accept_state(ssl_) : SSL_set_connect_state(ssl_);
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

TlsStream::Progress TlsStream::handshake() {
  if (!failure_.empty()) return Progress::Failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  const Progress progress = result == 1 ? Progress::Done : failed(result);
  // Who does not even speak TLS is told nothing.
  if (progress == Progress::Failed && !has_sent_) return progress;
  if (!flush()) return Progress::Failed;
  return is_flushed() || progress == Progress::Failed ? progress : Progress::WantsWrite;
}

TlsStream::Outcome TlsStream::read(std::span<char> into) {
  if (!failure_.empty()) return {Progress::Failed};
  std::size_t total = 0;
  Progress progress = Progress::Done;
  while (total < into.size()) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_, into.data() + total, into.size() - total, &bytes);
    if (result != 1) {
      progress = failed(result);
      break;
    }
    total += bytes;
    if (SSL_has_pending(ssl_) == 0) break;
  }
  if (!is_flushed()) flush();  // what TLS itself had to say
  if (total != 0) return {Progress::Done, total};
  return {progress};
}

bool TlsStream::has_pending() const {
  return !failure_.empty() || SSL_has_pending(ssl_) == 1 || (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::ptrdiff_t TlsStream::write(std::span<const iovec> parts) {
  if (!flush()) return -1;
  if (!is_flushed()) return 0;
  std::size_t taken = std::exchange(promised_, 0);
  for (;;) {
    const std::ptrdiff_t encrypted = encrypt(parts, taken);
    if (encrypted < 0 || !flush()) return -1;
    if (!is_flushed()) {
      promised_ = static_cast<std::size_t>(encrypted);
      return static_cast<std::ptrdiff_t>(taken);
    }
    if (encrypted == 0) return static_cast<std::ptrdiff_t>(taken);
    taken += static_cast<std::size_t>(encrypted);
  }
}

std::ptrdiff_t TlsStream::encrypt(std::span<const iovec> parts, std::size_t skip) {
  Parts rest(parts);
  rest.skip(skip);
  std::array<char, kRecord> space;
  std::size_t total = 0;
  while (total < kEncryptedAtOnce) {
    const std::string_view record = rest.take(space);
    if (record.empty()) break;
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_, record.data(), record.size(), &written);
    if (result != 1) {
      failed(result);
      return -1;
    }
    total += written;
  }
  return static_cast<std::ptrdiff_t>(total);
}

bool TlsStream::flush() {
  while (!is_flushed()) {
    const ssize_t sent = ::send(fd_, out_.data() + out_sent_, out_.size() - out_sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    if (sent < 0) {
      if (failure_.empty()) failure_ = "it closed the connection";
      error_ = errno;
      return false;
    }
    has_sent_ = true;
    out_sent_ += static_cast<std::size_t>(sent);
  }
  out_.clear();
  out_sent_ = 0;
  return true;
}

void TlsStream::end() {
  if (!failure_.empty() || !is_flushed() || SSL_is_init_finished(ssl_) == 0) return;
  if ((SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  flush();
}

namespace {

// Says of the peer what OpenSSL says of its last operation.
std::string in_words(const SSL* ssl, unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return std::string("its certificate is refused: ") + X509_verify_cert_error_string(SSL_get_verify_result(ssl));
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return "it has no certificate";
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return "it closed the connection";
  if (reason > SSL_AD_REASON_OFFSET)
    return std::string("it refused this process: ") + SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
  const char* const text = ERR_reason_error_string(code);
  return std::string("it does not speak TLS as it should: ") + (text != nullptr ? text : "unknown error");
}

}  // namespace

TlsStream::Progress TlsStream::failed(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Progress::WantsRead;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::Ended;
    case SSL_ERROR_SSL: {
      const unsigned long code = ERR_peek_error();
      failure_ = in_words(ssl_, code);
      error_ = ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? ECONNRESET : EPROTO;
      break;
    }
    default:
      failure_ = "it closed the connection";
      if (error_ == 0) error_ = ECONNRESET;
  }
  ERR_clear_error();
  return Progress::Failed;
}

std::string TlsStream::binding() const {
  std::string bytes(kBinding, '\0');
  const int made = SSL_export_keying_material(ssl_, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                              kBindingLabel.data(), kBindingLabel.size(), nullptr, 0, 0);
  if (made != 1) std::abort();  // the handshake is not over: nothing may be taken for proved
  return bytes;
}

}  // namespace manta::net
