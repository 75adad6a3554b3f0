#pragma once

#include <memory>

#include "api/local_items.h"
#include "api/strand.h"
#include "api/transport.h"
#include "base/task_scope.h"
#include "replica/servable.h"

namespace manta::api {

// Brings the items of a stream that a call takes from the caller's strand to the callee's, of the same process, while
// it lives.
class LocalFeed {
 public:
  // Null for a call that takes no stream. On the caller's strand.
  static std::unique_ptr<LocalFeed> of(const std::shared_ptr<Strand>& caller, const std::shared_ptr<Strand>& callee,
                                       TransportCall& call);
  ~LocalFeed();
  LocalFeed(const LocalFeed&) = delete;
  LocalFeed& operator=(const LocalFeed&) = delete;

  std::shared_ptr<replica::ItemInput> input() const;  // for the callee's strand

 private:
  LocalFeed(const std::shared_ptr<Strand>& caller, const std::shared_ptr<Strand>& callee, TransportCall& call);

  TaskScope tasks_;
  const std::shared_ptr<LocalItems> pipe_;
};

}  // namespace manta::api
