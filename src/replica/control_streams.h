#pragma once

#include <map>
#include <string>

#include "net/exchange.h"
#include "replica/admission.h"

namespace manta::replica {

// The answers of one replica that stay open to tell something: JSON items with the 5-byte prefix. One per connection.
// Loop-confined.
class ControlStreams {
 public:
  // Answers `exchange` with a stream. An earlier one of the same connection is finished.
  void open(const net::ExchangePtr& exchange);
  // Nothing if that connection has none, or its reader does not keep up.
  void send(ConnectionId connection, const std::string& item);
  void send_all(const std::string& item);
  void forget(ConnectionId connection) { streams_.erase(connection); }
  void finish_all();
  std::size_t size() const { return streams_.size(); }

 private:
  static void write(net::Exchange& stream, const std::string& item);
  std::map<ConnectionId, net::ExchangePtr> streams_;
};

}  // namespace manta::replica
