#pragma once

#include <memory>
#include <string>

#include <manta/error.h>

struct ssl_ctx_st;
struct bio_method_st;

namespace manta::net {

// What the TLS connections of a process share: TLS 1.3 and nothing older, with a certificate at both ends, each
// verified against the instance's own authority. The name in a certificate is not looked at: the authority is for this
// instance alone, so that whoever has a certificate of it belongs here, at whatever address it runs. Never changed once
// made; any thread.
class TlsContext {
 public:
  // PEM files. InvalidArgument names the file that cannot be used and why.
  static Result<std::shared_ptr<const TlsContext>> make(const std::string& certificate_file,
                                                        const std::string& key_file, const std::string& authority_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* context() const { return context_; }
  const bio_method_st* descriptor() const { return descriptor_; }  // how a TlsStream reads and writes

 private:
  TlsContext();
  ssl_ctx_st* context_;
  bio_method_st* descriptor_;
};

}  // namespace manta::net
