#pragma once

#include <optional>
#include <string>

#include <manta/detail/method_table.h>
#include <manta/http.h>

namespace manta::api {

// The answer of an HttpWriter as the items that HttpReader reads: the head, then pieces of the body, each an
// HttpResponse. For calls by handles. `to` outlives it.
class HttpParts final : public detail::ItemSink {
 public:
  explicit HttpParts(detail::ItemSink& to) : to_(to) {}

  Task<Result<void>> write(std::string bytes) override;
  Result<void> write_blocking(std::string bytes) override;
  void start(int status, HttpHeaders headers) override;  // goes with the first write, or with finish()
  // The method has returned: the head at least is sent.
  Task<void> finish();
  void finish_blocking();

 private:
  std::optional<std::string> take_head();

  detail::ItemSink& to_;
  HttpResponse head_;
  bool head_sent_ = false;
};

}  // namespace manta::api
