#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <manta/error.h>
#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "runtime/local/fd_watch.h"
#include "runtime/local/output_capture.h"
#include "runtime/ray/bridge_messages.h"
#include "runtime/ray/line_buffer.h"
#include "runtime/ray/wakeup.h"

namespace manta::runtime {

// Error::detail of an operation that was open when the bridge ended: it may be asked of the next one.
inline constexpr const char* kBridgeLost = "bridge_lost";

inline constexpr std::size_t kMostBridgeLine = std::size_t{16} << 20;  // bytes, each way

struct BridgeOptions {
  std::vector<std::string> argv;         // {"/usr/bin/python3", "-m", "manta_ray"}; the first is a path
  std::vector<std::string> environment;  // "NAME=value", complete
  std::string hello;                     // its first line, JSON
  std::string log_path;                  // for what it writes to standard error; empty: nowhere
  Duration hello_limit = std::chrono::seconds(90);
};

// One life of the bridge to Ray: a child that dies with the calling thread, JSON lines each way on pipes of its own.
// Starting, then ready (on_welcome), then ended (on_end, once; then every open operation fails with kBridgeLost). A
// line that is none of the protocol's is logged and otherwise ignored, one beyond 16 MiB ends the bridge.
// Loop-confined.
class BridgeProcess {
 public:
  struct Callbacks {
    std::function<void(BridgeWelcome)> on_welcome;
    std::function<void(std::string name, std::string data)> on_event;
    // Why: what the bridge refused the hello with (detail: its reason), or how its process ended.
    std::function<void(Error)> on_end;
  };

  // Fails when the program cannot be executed.
  static Result<std::unique_ptr<BridgeProcess>> start(Loop& loop, Logger& logger, BridgeOptions options,
                                                      Callbacks callbacks);
  ~BridgeProcess();  // kills it
  BridgeProcess(const BridgeProcess&) = delete;
  BridgeProcess& operator=(const BridgeProcess&) = delete;

  // Sends an operation, when there is room in the pipe, and returns the JSON of its answer. The error of the bridge has
  // its reason as detail; kBridgeLost when it ends first; DeadlineExceeded after `limit` (zero: none). Destroying the
  // task gives up the answer, not the operation.
  Task<Result<std::string>> call(std::string op, std::string arguments, Duration limit);

  // Kills it, and tells of its end.
  void end(const std::string& why);
  pid_t pid() const { return pid_; }

 private:
  // An operation that waits for its answer; lives in the frame of call().
  struct Open {
    std::optional<Result<std::string>> result;
    Wakeup answered;
  };
  struct Calls {
    std::map<std::uint64_t, Open*> open;
  };

  BridgeProcess(Loop& loop, Logger& logger, BridgeOptions options, Callbacks callbacks);
  Result<void> launch();
  void read();
  void take_line(const std::string& text);
  void take_answer(std::uint64_t id, BridgeLine line);
  void write(std::string line);
  void flush();
  void await_exit();
  void end_with(Error error);
  std::string how_it_ended();

  Loop& loop_;
  Logger& logger_;
  const BridgeOptions options_;
  Callbacks callbacks_;
  LineBuffer lines_;
  std::unique_ptr<FdWatch> from_, to_, exit_;
  std::unique_ptr<OutputCapture> noise_;
  std::string unsent_;
  bool waits_to_write_ = false;
  Wakeup room_;
  TimerId hello_timer_ = 0;  // and, later, of its exit
  pid_t pid_ = 0;
  bool welcomed_ = false, ended_ = false;
  std::uint64_t next_id_ = 1;
  std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();  // outlives this for those that wait
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace manta::runtime
