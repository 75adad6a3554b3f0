#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <manta/compute.h>
#include <manta/deployment.h>
#include <manta/detail/model_figures.h>
#include <manta/detail/model_load.h>
#include <manta/detail/model_report.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta {

// Many models in one replica, loaded when they are asked for; beyond `max_num_models_per_replica` the one that was used
// least recently leaves first. A member of a coroutine class, used on its strand:
//   manta::Multiplexed<Model> models_{3, [](std::string id) { return std::make_shared<Model>("models/" + id); }};
//   Task<Answer> predict(Question q) { auto model = co_await models_.get(); ... }
// One model is loaded at a time, on a compute thread; requests for it wait for that one load. A model that leaves is
// destroyed when the last request that uses it has ended. Callers learn which models a replica has loaded and prefer it
// for them while it is less than half full, so that a busy model spreads.
template <class Model>
class Multiplexed {
 public:
  using Load =
      std::function<std::shared_ptr<Model>(std::string model_id)>;  // on a compute thread; throws when it cannot

  // `max_num_models_per_replica`: -1 = no limit.
  Multiplexed(int max_num_models_per_replica, Load load) : max_(max_num_models_per_replica), load_(std::move(load)) {
    if (max_ == 0 || max_ < -1)
      throw Exception({ErrorCode::InvalidArgument, "Multiplexed: expected 1 model or more, or -1 for no limit"});
  }

  // The model of the request (header serve_multiplexed_model_id, or the handle's option), or the one named. Throws what
  // loading throws: the next request tries again. InvalidArgument when no model is named.
  Task<std::shared_ptr<Model>> get(std::string model_id = {}) {
    if (model_id.empty()) model_id = request_context().multiplexed_model_id;
    if (model_id.empty())
      throw Exception({ErrorCode::InvalidArgument,
                       "the request names no model: give one in the header serve_multiplexed_model_id"});
    figures_->requested();
    std::shared_ptr<Loading> own;
    for (;;) {
      absorb();
      if (own && own->error) std::rethrow_exception(own->error);
      const auto found = models_.find(model_id);
      if (found != models_.end()) {
        found->second.used = ++uses_;
        co_return found->second.model;
      }
      if (loading_) {
        if (loading_->model_id == model_id) own = loading_;
        auto waiting = loading_->progress.wait();
        co_await waiting;
      } else {
        own = begin_load(model_id);
        auto running = detail::run_on_compute(job(own));
        value_or_throw(co_await running);
      }
    }
  }

  // Ids of the models that are loaded, the last used first.
  std::vector<std::string> loaded() const {
    std::vector<std::pair<std::uint64_t, std::string>> by_use;
    for (const auto& [id, entry] : models_) by_use.emplace_back(entry.used, id);
    std::sort(by_use.rbegin(), by_use.rend());
    std::vector<std::string> ids;
    for (auto& [used, id] : by_use) ids.push_back(std::move(id));
    return ids;
  }

 private:
  struct Entry {
    std::shared_ptr<Model> model;
    std::uint64_t used = 0;
  };
  // One load: written by the job on its compute thread, read on the strand once `progress` says that it has ended.
  struct Loading {
    std::string model_id;
    std::shared_ptr<Model> evicted;
    std::shared_ptr<Model> model;
    std::exception_ptr error;
    detail::ModelLoad progress;
  };

  std::shared_ptr<Loading> begin_load(const std::string& model_id) {
    loading_ = std::make_shared<Loading>();
    loading_->model_id = model_id;
    if (max_ > 0 && models_.size() >= static_cast<std::size_t>(max_)) {
      const auto oldest = std::min_element(models_.begin(), models_.end(),
                                           [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
      loading_->evicted = std::move(oldest->second.model);
      figures_->left(oldest->first, models_.size() - 1);
      models_.erase(oldest);
      report_.tell(loaded());
    }
    return loading_;
  }

  // Unloads, then loads. `end`: a job that is dropped before it ran, as nobody waits for it any more, ends its load
  // too.
  std::move_only_function<void()> job(std::shared_ptr<Loading> loading) {
    const std::shared_ptr<void> end(nullptr, [loading](void*) { loading->progress.end(); });
    return [load = load_, loading, end, figures = figures_]() mutable {
      const auto begun = std::chrono::steady_clock::now();
      if (std::exchange(loading->evicted, nullptr)) figures->unload_took(std::chrono::steady_clock::now() - begun);
      const auto emptied = std::chrono::steady_clock::now();
      try {
        loading->model = load(loading->model_id);
        if (!loading->model)
          throw Exception({ErrorCode::AppError, "loading model '" + loading->model_id + "' gave nothing"});
        figures->load_took(std::chrono::steady_clock::now() - emptied);
      } catch (...) {
        loading->error = std::current_exception();
      }
      loading->progress.end();
    };
  }

  void absorb() {
    if (!loading_ || !loading_->progress.ended()) return;
    if (loading_->model) {
      models_[loading_->model_id] = {std::move(loading_->model), ++uses_};
      figures_->loaded(loading_->model_id, models_.size());
      report_.tell(loaded());
    }
    loading_.reset();
  }

  const int max_;
  Load load_;
  std::map<std::string, Entry> models_;
  std::shared_ptr<Loading> loading_;
  std::uint64_t uses_ = 0;
  detail::ModelReport report_;
  // Shared with the load that is under way: its job may outlive this.
  const std::shared_ptr<detail::ModelFigures> figures_ = std::make_shared<detail::ModelFigures>();
};

}  // namespace manta
