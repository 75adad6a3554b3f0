#pragma once

#include <functional>
#include <memory>

#include "base/loop.h"

namespace manta::net {

// Accepts connections from one listening descriptor, which it owns. Loop-confined. Accepted descriptors are
// non-blocking and close-on-exec. Out of descriptors it waits a moment and tries again.
class Listener {
 public:
  // `may_accept` is asked before each connection; after a no, resume() is needed.
  Listener(Loop& loop, int fd, std::function<bool()> may_accept, std::function<void(int)> on_connection);
  ~Listener();
  void resume();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace manta::net
