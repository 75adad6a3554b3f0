#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>

#include <manta/detail/request_context.h>
#include <manta/task.h>

#include "net/exchange.h"

namespace manta::ingress {

// co_await Drained(exchange, low_water, outlives_client): resumes when the client has taken all but `low_water` of the
// bytes written. A client that goes away cancels the awaiting request; one that outlives its client is resumed then.
class Drained {
 public:
  Drained(net::Exchange& exchange, std::size_t low_water, bool outlives_client)
      : exchange_(exchange),
        low_water_(low_water),
        outlives_client_(outlives_client),
        parked_(std::make_shared<detail::Resumption>()) {}
  Drained(const Drained&) = delete;
  Drained& operator=(const Drained&) = delete;
  ~Drained() { parked_->forget(); }

  bool await_ready() const { return exchange_.closed() || exchange_.queued() <= low_water_; }
  void await_suspend(std::coroutine_handle<> waiting) {
    *parked_ = detail::Resumption(waiting);
    exchange_.when_drained(low_water_, [parked = parked_] { parked->resume(); });
    if (outlives_client_) exchange_.when_closed([parked = parked_] { parked->resume(); });
  }
  void await_resume() const {}

 private:
  net::Exchange& exchange_;
  std::size_t low_water_;
  bool outlives_client_;
  std::shared_ptr<detail::Resumption> parked_;
};

}  // namespace manta::ingress
