#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "base/task_scope.h"
#include "net/address.h"
#include "spec/instance_config.h"

namespace manta::cli {

// `run --reload`: deploys anew when the configuration file or a file that it names has changed and is no longer being
// written. What is wrong with the new files is printed, and what runs goes on. Loop-confined; owned by the instance.
class Reload {
 public:
  using Read = std::function<Result<spec::InstanceConfig>()>;

  // `target`: the configuration file, or an import path. `read` reads it again.
  Reload(Loop& loop, std::string target, Read read, net::Address controller);
  ~Reload();
  Reload(const Reload&) = delete;
  Reload& operator=(const Reload&) = delete;

  void begin(const spec::InstanceConfig& config);

 private:
  using Times = std::map<std::string, std::int64_t>;  // of the last change, by file

  Times times() const;
  void look();
  Task<void> deploy();

  Loop& loop_;
  std::string target_;
  Read read_;
  net::Address controller_;
  std::vector<std::string> files_;
  Times deployed_, seen_;
  bool deploying_ = false;
  TimerId timer_ = 0;
  TaskScope tasks_;
};

}  // namespace manta::cli
