#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manta/batch.h>
#include <manta/batching_config.h>
#include <manta/error.h>

namespace manta::api {

// By the names of batchers.
using BatchingConfigs = std::map<std::string, BatchingConfig>;

// What the code says with what the configuration gives instead.
BatchLimits configured(BatchLimits code, const BatchingConfig& config);

// The parameters of one batcher. Any thread.
class BatchSettings {
 public:
  // `measured`: its items have sizes for buckets.
  BatchSettings(std::string name, BatchLimits code, bool measured)
      : name(std::move(name)), measured(measured), code_(std::move(code)) {}

  BatchLimits limits() const;  // in force
  void change(const std::function<void(BatchLimits&)>& change);
  void configure(std::optional<BatchingConfig> config);
  // Called after each change, on the thread that makes it.
  void on_change(std::function<void()> callback);
  void changed() const;

  const std::string name;
  const bool measured;

 private:
  mutable std::mutex mutex_;  // guards what follows
  BatchLimits code_;
  std::optional<BatchingConfig> config_;
  std::function<void()> on_change_;
};

// The batchers of one replica, and what the configuration says of them. Any thread.
class BatchRegistry {
 public:
  // A new batcher gets what the configuration says of its name; several may have the same.
  void add(const std::shared_ptr<BatchSettings>& batcher);

  // InvalidArgument when it names a batcher that there is not, with those that there are; or gives buckets to one that
  // cannot tell sizes.
  Result<void> check(const BatchingConfigs& configs) const;
  void configure(const BatchingConfigs& configs);

  // Requests that must run at once so that the largest batches can fill; 0: no batcher, or one without a bound.
  int concurrency() const { return concurrency_.load(std::memory_order_relaxed); }
  void refresh();  // after a batcher was changed by its own code

  void begin_stop();  // nothing more will come: no item waits for company
  bool stopping() const;
  void count_closed(std::string_view reason);                   // a batch was closed
  std::map<std::string, std::uint64_t> closed_batches() const;  // by reason
  void close();                                                 // no batch function waits for its readers from now on
  bool closed() const;

 private:
  std::vector<std::shared_ptr<BatchSettings>> living() const;

  mutable std::mutex mutex_;  // guards what follows
  std::vector<std::weak_ptr<BatchSettings>> batchers_;
  BatchingConfigs configs_;
  bool stopping_ = false;
  bool closed_ = false;
  std::map<std::string, std::uint64_t, std::less<>> closed_batches_;
  std::atomic<int> concurrency_ = 0;
};

}  // namespace manta::api
