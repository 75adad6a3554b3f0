#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/exchange.h"
#include "replica/admission.h"
#include "replica/servable.h"

namespace manta::replica {

// The stream of one call from a handle. Its items come beside the call, in requests of their own (POST /-/input), each
// of which is answered when there is room for the next. Loop-confined; dropped, it tells the sender to stop.
class CallInput final : public ItemInput {
 public:
  explicit CallInput(std::size_t buffer) : buffer_(buffer) {}
  ~CallInput() override;

  Task<Result<std::optional<std::string>>> next() override;
  void feed(net::ExchangePtr exchange);

 private:
  struct Wait;
  void take(net::Request& request);
  void let_sender_go_on();

  const std::size_t buffer_;  // bytes that may lie here before a sender waits
  std::deque<std::string> items_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
  net::ExchangePtr sender_;  // waits for room
  detail::Resumption reader_;
};

// The streams of all calls of one replica, by what their callers call them. Loop-confined.
class CallInputs {
 public:
  using Key = std::pair<ConnectionId, std::string>;

  std::shared_ptr<CallInput> open(const Key& key, std::size_t buffer);
  void close(const Key& key) { inputs_.erase(key); }
  // Gives the items to their call: 200 once there is room for more, 410 when nobody reads any more, 404 when no such
  // call is known (it has not come yet, or was refused).
  void feed(net::ExchangePtr exchange);

 private:
  std::map<Key, std::weak_ptr<CallInput>> inputs_;
};

}  // namespace manta::replica
