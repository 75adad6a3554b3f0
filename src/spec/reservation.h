#pragma once

#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>

namespace manta::spec {

// What a replica process finds in its environment about what it holds, as JSON (PlacementGroupNote): processes that it
// starts claim bundles of it and reserve nothing of their own.
inline constexpr const char* kPlacementGroupVariable = "MANTA_PLACEMENT_GROUP";

// A share of one node.
struct Bundle {
  std::string node_id;
  Resources resources;
  std::vector<int> gpus;  // indices of devices on that node, ascending
  bool operator==(const Bundle&) const = default;
};
BOOST_DESCRIBE_STRUCT(Bundle, (), (node_id, resources, gpus))

// All that one replica holds; it runs in the first bundle. Held until its process is gone.
struct Reservation {
  std::string token;  // who knows it may use the bundles
  std::vector<Bundle> bundles;
  bool operator==(const Reservation&) const = default;
};
BOOST_DESCRIBE_STRUCT(Reservation, (), (token, bundles))

struct PlacementGroupNote {
  std::string replica;       // who holds it
  std::string agent_socket;  // path; POST /claim
  std::string token;
  std::vector<Bundle> bundles;
};
BOOST_DESCRIBE_STRUCT(PlacementGroupNote, (), (replica, agent_socket, token, bundles))

}  // namespace manta::spec
