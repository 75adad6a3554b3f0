#pragma once

#include <functional>
#include <memory>

#include "net/address.h"
#include "net/channel.h"

namespace manta::net {

class H1ClientConnection;

// One HTTP/1.1 connection to a server, for one call at a time; kept open between calls. Made by the first call, and
// anew by the call after a loss. For load generators and tools: processes of an instance speak HTTP/2. Loop-confined.
class H1Client {
 public:
  H1Client(Loop& loop, Address address, Duration connect_timeout = std::chrono::seconds(5));
  H1Client(Loop& loop, int connected_fd);  // takes a connected descriptor
  ~H1Client();                             // an open call fails with MaybeStarted, later on the loop
  H1Client(const H1Client&) = delete;
  H1Client& operator=(const H1Client&) = delete;

  // The contract of Channel::start. Destroying the call before its end closes the connection. While a call is open
  // another one fails with NeverStarted; so does one whose connection the server had closed before it was sent.
  std::unique_ptr<ClientCall> start(const Outgoing& outgoing, std::move_only_function<void()> on_update);
  bool is_busy() const;

 private:
  std::shared_ptr<H1ClientConnection> connection_;
};

}  // namespace manta::net
