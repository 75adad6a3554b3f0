#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manta/task.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "runtime/backend.h"

namespace manta::runtime {

// Percentages, one a line, as `nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits` writes them, by
// index; -1 where it wrote something else ("[N/A]").
std::vector<double> read_gpu_use(std::string_view text);

// How busy the GPUs of this machine are, in percent: manta_node_gpu_utilization{node, gpu_index}. Asks nvidia-smi every
// ten seconds where there is one. A device that the node only counts (`--num-gpus` beyond what is there) is never busy,
// nor is a node without any: 0. One that cannot be asked has no figure. Loop-confined.
class GpuUse {
 public:
  // `environment` is given to `tool`, which does without one where there is none.
  GpuUse(Loop& loop, Metrics& metrics, std::vector<std::string> environment, std::string tool = "/usr/bin/nvidia-smi");
  ~GpuUse();
  void begin(const NodeInfo& node);
  Task<void> ask();  // once; a tool that fails changes nothing

 private:
  void set(const std::string& gpu_index, double percent);
  void ask_again();

  Loop& loop_;
  Metrics& metrics_;
  const std::vector<std::string> environment_;
  const std::string tool_;
  std::string node_id_;
  TimerId next_ = 0;
  TaskScope tasks_;
};

}  // namespace manta::runtime
