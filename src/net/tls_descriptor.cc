// How OpenSSL reads and writes for a TlsStream.

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

#include "net/tls_stream.h"

namespace manta::net {

// OpenSSL's view of the descriptor. Reads go to it directly; writes are gathered, as the kernel may not take them all.
struct DescriptorCallbacks {
  static int read(BIO* bio, char* into, int size) {
    auto& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    ssize_t received = 0;
    do received = ::recv(stream.fd_, into, static_cast<std::size_t>(size), MSG_DONTWAIT);
    while (received < 0 && errno == EINTR);
    if (received > 0) return static_cast<int>(received);
    if (received == 0)
      stream.at_end_ = true;
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      BIO_set_retry_read(bio);
    else
      stream.error_ = errno;
    return received == 0 ? 0 : -1;
  }
  static int write(BIO* bio, const char* data, int size) {
    static_cast<TlsStream*>(BIO_get_data(bio))->out_.append(data, static_cast<std::size_t>(size));
    return size;
  }
  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return static_cast<TlsStream*>(BIO_get_data(bio))->at_end_ ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }
  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }
};

bio_method_st* make_descriptor_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "descriptor");
  BIO_meth_set_read(method, DescriptorCallbacks::read);
  BIO_meth_set_write(method, DescriptorCallbacks::write);
  BIO_meth_set_ctrl(method, DescriptorCallbacks::control);
  BIO_meth_set_create(method, DescriptorCallbacks::create);
  return method;
}

}  // namespace manta::net
