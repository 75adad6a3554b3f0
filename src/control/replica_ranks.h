#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/cluster_view.h"

namespace manta::control {

// Ranks for `count` new replicas of the version: the lowest that no living replica of it has. So ranks are
// 0 .. num_replicas - 1, each once, whenever as many run; one that replaces another takes its rank.
std::vector<int> free_ranks(const std::vector<const ReplicaView*>& replicas, const std::string& version, int count);

// The ranks of new replicas on nodes: that of the node among those that have replicas of the version, and that of the
// replica among those on its node; each the lowest that is free, as with free_ranks().
class NodeRanks {
 public:
  struct Place {
    int node_rank = 0, local_rank = 0;
    auto operator<=>(const Place&) const = default;
  };

  void add(const ReplicaView& living);
  // Of one more replica on that node.
  Place take(const std::string& node_id);

 private:
  // Numbers that are taken. They are only ever added to, so that the search for a free one goes on where it was.
  class Taken {
   public:
    void add(int rank) { ranks_.insert(rank); }
    int take() {
      while (!ranks_.insert(lowest_).second) ++lowest_;
      return lowest_;
    }

   private:
    std::set<int> ranks_;
    int lowest_ = 0;
  };
  struct Node {
    int rank = 0;
    Taken local_ranks;
  };

  Taken node_ranks_;
  std::map<std::string, Node> nodes_;
};

}  // namespace manta::control
