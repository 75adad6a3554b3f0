#include "runtime/local/gpu_use.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <utility>

#include "runtime/local/captured_run.h"

namespace manta::runtime {
namespace {

constexpr Duration kAskEvery = std::chrono::seconds(10);

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

std::vector<double> read_gpu_use(std::string_view text) {
  std::vector<double> percents;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    double percent = 0;
    const bool read = std::from_chars(line.data(), line.data() + line.size(), percent).ec == std::errc();
    percents.push_back(read ? percent : -1);
  }
  return percents;
}

GpuUse::GpuUse(Loop& loop, Metrics& metrics, std::vector<std::string> environment, std::string tool)
    : loop_(loop), metrics_(metrics), environment_(std::move(environment)), tool_(std::move(tool)), tasks_(loop) {}

GpuUse::~GpuUse() { loop_.cancel(next_); }

void GpuUse::begin(const NodeInfo& node) {
  node_id_ = node.node_id;
  const int gpus = static_cast<int>(node.total.num_gpus);
  if (gpus == 0) set("none", 0);
  for (int gpu = 0; gpu < gpus; ++gpu)
    if (!is_there("/dev/nvidia" + std::to_string(gpu))) set(std::to_string(gpu), 0);
  if (is_there(tool_)) ask_again();
}

void GpuUse::set(const std::string& gpu_index, double percent) {
  metrics_
      .gauge("manta_node_gpu_utilization", "How busy the GPUs of the node are, percent.",
             {{"node", node_id_}, {"gpu_index", gpu_index}})
      .set(percent);
}

Task<void> GpuUse::ask() {
  CapturedRun run{.program = tool_,
                  .argv = {"nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"},
                  .environment = environment_};
  const auto output = co_await run_captured(loop_, std::move(run));
  const std::vector<double> percents = output ? read_gpu_use(*output) : std::vector<double>();
  for (std::size_t gpu = 0; gpu < percents.size(); ++gpu)
    if (percents[gpu] >= 0) set(std::to_string(gpu), percents[gpu]);
}

void GpuUse::ask_again() {
  tasks_.spawn(ask());
  next_ = loop_.after(kAskEvery, [this] { ask_again(); });
}

}  // namespace manta::runtime
