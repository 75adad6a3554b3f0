#pragma once

#include <boost/describe/class.hpp>

namespace manta::spec {

// One item of a caller's control stream (POST /-/slots, JSON items with the 5-byte prefix): places granted to this
// connection, or that the replica takes no new requests any more.
struct SlotNotice {
  int grant = 0;
  bool draining = false;
  bool operator==(const SlotNotice&) const = default;
};
BOOST_DESCRIBE_STRUCT(SlotNotice, (), (grant, draining))

}  // namespace manta::spec
