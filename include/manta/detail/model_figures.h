#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace manta::detail {

// The metrics of the models of one replica, of the one in whose code it is made; outside a replica it counts for
// nobody. Lives no longer than the deployment's object.
class ModelFigures {
 public:
  ModelFigures();
  ~ModelFigures();
  ModelFigures(const ModelFigures&) = delete;
  ModelFigures& operator=(const ModelFigures&) = delete;

  // On the strand. `number`: of models that are loaded now.
  void requested();
  void loaded(const std::string& model_id, std::size_t number);
  void left(const std::string& model_id, std::size_t number);
  // Any thread.
  void load_took(std::chrono::steady_clock::duration time);
  void unload_took(std::chrono::steady_clock::duration time);

 private:
  struct Series;
  std::unique_ptr<Series> series_;  // null outside a replica
};

}  // namespace manta::detail
