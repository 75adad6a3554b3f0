#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/error.h>

#include "spec/reservation.h"

namespace manta::runtime {

// What a process that a replica has started asks for: bundles of the replica's reservation.
struct ClaimRequest {
  std::string token;         // from MANTA_PLACEMENT_GROUP
  std::vector<int> bundles;  // numbers, from 0; empty: the first `count` that nobody has claimed
  int count = 1;
  int pid = 0;                              // the process that is to use them: its end gives them back
  std::map<std::string, double> resources;  // {"GPU": 2}: of one that asks without a token, for the refusal
};
BOOST_DESCRIBE_STRUCT(ClaimRequest, (), (token, bundles, count, pid, resources))

struct ClaimAnswer {
  std::string replica;                             // whose reservation it is
  std::vector<int> bundles;                        // numbers
  std::vector<spec::Bundle> held;                  // the same, in that order
  std::map<std::string, std::string> environment;  // for the process: CUDA_VISIBLE_DEVICES
};
BOOST_DESCRIBE_STRUCT(ClaimAnswer, (), (replica, bundles, held, environment))

// Who uses which bundle on this node. A replica holds its bundles while its process lives; processes that it starts
// claim bundles with its token, each bundle once, so that an engine with workers of its own never books anything twice.
// Nothing is reserved here: a process without a token is told who holds what. Pure: what lives is asked for.
class BundleLedger {
 public:
  // When the process began (any unit that differs between two processes of the same number); 0: it is gone.
  using BirthOf = std::function<std::uint64_t(int pid)>;

  explicit BundleLedger(std::string node_id) : node_id_(std::move(node_id)) {}

  void hold(const std::string& replica, std::string token, std::vector<spec::Bundle> bundles);
  void release(const std::string& replica);

  // All asked for or none. InvalidArgument: no such token or bundle, or another node's. Unavailable: claimed by a
  // process that lives.
  Result<ClaimAnswer> claim(const ClaimRequest& request, const BirthOf& birth_of);

 private:
  struct Claim {
    int pid = 0;  // 0: unclaimed
    std::uint64_t birth = 0;
  };
  struct Held {
    std::string token;
    std::vector<spec::Bundle> bundles;
    std::vector<Claim> claims;  // by bundle
  };
  Error refusal(const ClaimRequest& request) const;
  Result<std::vector<int>> choose(const std::string& replica, const Held& held, const ClaimRequest& request,
                                  const BirthOf& birth_of) const;

  std::string node_id_;
  std::map<std::string, Held> held_;  // by replica
};

}  // namespace manta::runtime
