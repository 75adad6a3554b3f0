#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include <manta/detail/json.h>
#include <manta/error.h>
#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "runtime/ray/bridge_process.h"
#include "runtime/ray/wakeup.h"

namespace manta::runtime {

// A bridge to Ray for as long as this lives: started again, with growing pauses, whenever it ends, except when the
// cluster obeys a later controller. Every operation of the protocol may be asked twice, so that those that were open
// when a bridge ended are simply asked of the next. Loop-confined; those who wait end before it does.
class RayConnection {
 public:
  struct Callbacks {
    std::function<void(bool first)> on_ready;  // a bridge has connected; first: of this controller's life
    std::function<void(const std::string& name, const std::string& data)> on_event;
    std::function<void()> on_superseded;  // a later controller has taken over: nothing is obeyed any more
  };

  RayConnection(Loop& loop, Logger& logger, BridgeOptions options, Callbacks callbacks);
  ~RayConnection();
  RayConnection(const RayConnection&) = delete;
  RayConnection& operator=(const RayConnection&) = delete;

  // How the first attempt went: Ray absent or too old, the cluster unreachable, the token refused, ... with the remedy;
  // detail is the bridge's reason ("token_refused"). Later attempts go on all the same.
  Task<Result<void>> first_attempt();

  // Asks the bridge, or the next ones, until one has answered; after `limit` (zero: none) DeadlineExceeded, or why
  // there is no bridge.
  Task<Result<std::string>> call(std::string op, std::string arguments, Duration limit);

  template <class Answer, class Arguments>
  Task<Result<Answer>> ask(std::string op, Arguments arguments, Duration limit) {
    auto text = detail::to_json(arguments);
    if (!text) co_return std::unexpected(std::move(text.error()));
    auto answer = co_await call(op, *std::move(text), limit);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    if constexpr (std::is_void_v<Answer>) {
      co_return Result<void>();
    } else {
      auto value = detail::from_json<Answer>(*answer, UnknownKeys::Ignore);
      if (!value)
        co_return fail(ErrorCode::Internal,
                       "the bridge's answer to " + op + " cannot be read: " + value.error().message);
      co_return std::move(value);
    }
  }

  // Has another bridge in place of one that does not answer.
  void replace_bridge(const std::string& why) {
    if (bridge_) bridge_->end(why);
  }
  // A later controller has been heard of: on_superseded, once.
  void end_obedience();
  bool is_ready() const { return ready_; }
  const std::optional<BridgeWelcome>& welcome() const { return welcome_; }
  pid_t pid() const { return bridge_ ? bridge_->pid() : 0; }  // of the bridge; 0: there is none now

 private:
  void start_bridge();
  void on_welcome(BridgeWelcome welcome);
  void on_end(Error why);
  void retire_bridge();

  Loop& loop_;
  Logger& logger_;
  const BridgeOptions options_;
  Callbacks callbacks_;
  std::unique_ptr<BridgeProcess> bridge_;
  std::optional<BridgeWelcome> welcome_;
  std::optional<Error> last_error_;
  bool ready_ = false, attempted_ = false, superseded_ = false;
  int ends_in_a_row_ = 0;
  TimePoint ready_since_{};
  TimerId restart_ = 0;
  Wakeup changed_;
};

}  // namespace manta::runtime
