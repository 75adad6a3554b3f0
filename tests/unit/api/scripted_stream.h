#pragma once

#include <coroutine>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <manta/detail/msgpack.h>

#include "api/strand_caller.h"

namespace manta::api {

// What the callee of a stream has sent, when the test says so.
struct StreamScript {
  std::deque<std::string> arrived;
  std::optional<Result<void>> end = std::nullopt;  // behind them
  detail::Resumption waiter = {};                  // for more

  template <class T>
  void arrive(const T& item) {
    arrived.push_back(value_or_throw(detail::to_msgpack(item)));
  }
  // The socket has been read: whoever waits goes on.
  void tell() { std::exchange(waiter, {}).resume(); }
};

struct MoreOfScript {
  StreamScript& script;
  bool await_ready() const { return !script.arrived.empty() || script.end; }
  void await_suspend(std::coroutine_handle<> handle) { script.waiter = detail::Resumption(handle); }
  void await_resume() {}
  ~MoreOfScript() { script.waiter.forget(); }
};

class ScriptedItems final : public ItemSource {
 public:
  explicit ScriptedItems(StreamScript& script) : script_(script) {}
  std::optional<std::string> take_ready() override {
    if (script_.arrived.empty()) return std::nullopt;
    std::optional<std::string> item = std::move(script_.arrived.front());
    script_.arrived.pop_front();
    return item;
  }
  Task<Result<std::optional<std::string>>> next() override {
    co_await MoreOfScript{script_};
    if (auto item = take_ready()) co_return item;
    if (!*script_.end) co_return std::unexpected(script_.end->error());
    co_return std::optional<std::string>();
  }

 private:
  StreamScript& script_;
};

// Every stream is that of one script, which outlives it.
class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(StreamScript& script) : script_(script) {}
  Task<Result<detail::CallResult>> call(TransportCall) override { co_return fail(ErrorCode::Internal, "no calls"); }
  Task<Result<std::unique_ptr<ItemSource>>> open(TransportCall) override {
    std::unique_ptr<ItemSource> items = std::make_unique<ScriptedItems>(script_);
    co_return items;
  }

 private:
  StreamScript& script_;
};

}  // namespace manta::api
