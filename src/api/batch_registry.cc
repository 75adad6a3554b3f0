#include "api/batch_registry.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "codec/nearest.h"

namespace manta::api {
namespace {

std::optional<BatchingConfig> config_of(const BatchingConfigs& configs, const std::string& name) {
  const auto found = configs.find(name);
  return found == configs.end() ? std::nullopt : std::optional(found->second);
}

Error unknown_batcher(const std::string& name, const std::set<std::string_view>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  std::string message = "batching: there is no batcher '" + name + "'";
  if (names.empty()) return {ErrorCode::InvalidArgument, message + "; the deployment has none", "batching." + name};
  if (const std::string_view near = codec::nearest(name, names); !near.empty())
    message.append("; did you mean '").append(near).append("'?");
  message.append("; it has:");
  for (std::size_t i = 0; i < names.size(); ++i) message.append(i == 0 ? " " : ", ").append(names[i]);
  return {ErrorCode::InvalidArgument, std::move(message), "batching." + name};
}

}  // namespace

BatchLimits configured(BatchLimits code, const BatchingConfig& config) {
  if (config.max_batch_size) code.max_batch_size = static_cast<std::size_t>(*config.max_batch_size);
  if (config.batch_wait_timeout_s) code.batch_wait_timeout_s = *config.batch_wait_timeout_s;
  if (config.max_concurrent_batches)
    code.max_concurrent_batches = static_cast<std::size_t>(*config.max_concurrent_batches);
  if (config.max_cost) code.max_cost = *config.max_cost;
  if (config.wait) code.wait = *config.wait == "adaptive" ? BatchWait::Adaptive : BatchWait::Fixed;
  if (config.buckets) code.buckets = *config.buckets;
  return code;
}

BatchLimits BatchSettings::limits() const {
  const std::lock_guard lock(mutex_);
  return config_ ? configured(code_, *config_) : code_;
}

void BatchSettings::change(const std::function<void(BatchLimits&)>& change) {
  {
    const std::lock_guard lock(mutex_);
    change(code_);
  }
  changed();
}

void BatchSettings::configure(std::optional<BatchingConfig> config) {
  {
    const std::lock_guard lock(mutex_);
    config_ = std::move(config);
  }
  changed();
}

void BatchSettings::on_change(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_change_ = std::move(callback);
}

void BatchSettings::changed() const {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    callback = on_change_;
  }
  if (callback) callback();
}

void BatchRegistry::add(const std::shared_ptr<BatchSettings>& batcher) {
  std::optional<BatchingConfig> config;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(batchers_, [](const auto& other) { return other.expired(); });
    batchers_.push_back(batcher);
    config = config_of(configs_, batcher->name);
  }
  if (config) batcher->configure(std::move(config));
  refresh();
}

std::vector<std::shared_ptr<BatchSettings>> BatchRegistry::living() const {
  std::vector<std::shared_ptr<BatchSettings>> all;
  const std::lock_guard lock(mutex_);
  for (const auto& batcher : batchers_)
    if (auto one = batcher.lock()) all.push_back(std::move(one));
  return all;
}

Result<void> BatchRegistry::check(const BatchingConfigs& configs) const {
  const auto batchers = living();
  std::set<std::string_view> known;
  for (const auto& batcher : batchers) known.insert(batcher->name);
  for (const auto& [name, config] : configs) {
    if (!known.contains(name)) return std::unexpected(unknown_batcher(name, known));
    for (const auto& batcher : batchers)
      if (batcher->name == name && config.buckets && !config.buckets->empty() && !batcher->measured)
        return fail(ErrorCode::InvalidArgument,
                    "batching: batcher '" + name +
                        "' has no function that gives the size of an item (nor its cost): buckets need one",
                    "batching." + name + ".buckets");
  }
  return {};
}

void BatchRegistry::configure(const BatchingConfigs& configs) {
  {
    const std::lock_guard lock(mutex_);
    configs_ = configs;
  }
  for (const auto& batcher : living()) batcher->configure(config_of(configs, batcher->name));
  refresh();
}

void BatchRegistry::refresh() {
  constexpr std::size_t kMost = 1 << 20;  // a batch beyond is one without a bound
  std::size_t most = 0;
  for (const auto& batcher : living()) {
    const BatchLimits limits = batcher->limits();
    if (limits.max_batch_size > kMost || limits.max_concurrent_batches > kMost) continue;
    const std::size_t needed = limits.max_batch_size * limits.max_concurrent_batches;
    if (needed <= kMost) most = std::max(most, needed);
  }
  concurrency_.store(static_cast<int>(most), std::memory_order_relaxed);
}

void BatchRegistry::begin_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const auto& batcher : living()) batcher->changed();
}

bool BatchRegistry::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void BatchRegistry::count_closed(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const auto known = closed_batches_.find(reason);
  if (known == closed_batches_.end())
    closed_batches_.emplace(reason, 1);
  else
    ++known->second;
}

std::map<std::string, std::uint64_t> BatchRegistry::closed_batches() const {
  const std::lock_guard lock(mutex_);
  return {closed_batches_.begin(), closed_batches_.end()};
}

void BatchRegistry::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool BatchRegistry::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace manta::api
