#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/cluster_view.h"

namespace manta::control {

// Sums of fractions such as 0.1 must not miss by rounding.
inline constexpr double kPlacementEpsilon = 1e-9;

// The GPUs for `count` out of these free shares: whole free ones, or the fullest one with room for a fraction. Empty
// when there are none.
std::vector<int> choose_gpus(const std::vector<double>& free, double count);

// What one node still has to give. Amounts may be negative: replicas that were found are believed.
class FreeNode {
 public:
  explicit FreeNode(NodeView node);

  const NodeView& view() const { return view_; }
  double cpus() const { return cpus_; }
  double memory() const { return memory_; }
  const std::vector<double>& gpus() const { return gpus_; }  // free share of each
  double custom(const std::string& name) const;
  bool has_gpus() const { return !gpus_.empty(); }
  // Replicas on it that are not stopping: of all deployments, and of one (by the number its key was given).
  int replicas() const { return replicas_; }
  bool is_empty() const { return shares_ == 0; }  // nothing of it is taken
  int replicas_of(int deployment) const;

  // Whether such a share can be taken now.
  bool fits(const Resources& need) const { return is_eligible(need) && has_room(need); }
  // The part that no other replica changes: it lives, its labels and its kind of GPU.
  bool is_eligible(const Resources& need) const;
  bool has_room(const Resources& need) const;
  // Every choice of devices that makes a difference, the best first; one empty choice when no GPU is needed.
  std::vector<std::vector<int>> gpu_choices(double count) const;
  // The largest number of GPUs, or share of one for a fraction, that it could give to a need of `count`.
  double largest_gpus(double count) const;
  bool has_same_free(const FreeNode& other) const;
  // "GPU 0.3 free < 0.5", "label zone is b, needs a": all that stands in the way, empty when it fits.
  std::string why_not(const Resources& need) const;

  void take(const Resources& need, const std::vector<int>& gpus) { change(need, gpus, -1); }
  void give_back(const Resources& need, const std::vector<int>& gpus) { change(need, gpus, 1); }
  void count_replica(int deployment, int by);
  // Closed: nothing fits any more.
  void set_open(bool open) { view_.alive = open; }

 private:
  void change(const Resources& need, const std::vector<int>& gpus, double sign);

  NodeView view_;
  double cpus_ = 0, memory_ = 0;
  std::map<std::string, double> custom_;
  std::vector<double> gpus_;
  int replicas_ = 0, shares_ = 0;
  std::vector<std::pair<int, int>> replicas_of_;  // deployment and how many
};

// "2 GPUs"; "0.5 GPU" reads as one.
std::string counted(double value, std::string_view noun);
std::string amount_text(double value);
std::string bytes_text(double value);

}  // namespace manta::control
