#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/channel.h"
#include "net/items.h"

namespace manta::net {

// One call whose answer is a stream of items. Loop-confined. Destroying it cancels the call; callbacks may do that.
class ItemStream {
 public:
  using OnItem = std::function<void(std::string item)>;
  using OnEnd = std::function<void(std::string reason)>;  // once: refused, broken, or finished by the peer

  ItemStream(Channel& channel, std::string_view method, std::string_view path, OnItem on_item, OnEnd on_end)
      : state_(std::make_shared<State>()) {
    state_->on_item = std::move(on_item);
    state_->on_end = std::move(on_end);
    const Outgoing outgoing{.method = method, .path = path};
    state_->call = channel.start(outgoing, [weak = std::weak_ptr(state_)] {
      if (const auto state = weak.lock()) update(state);
    });
  }
  ~ItemStream() { state_->call.reset(); }
  ItemStream(const ItemStream&) = delete;
  ItemStream& operator=(const ItemStream&) = delete;

 private:
  struct State {
    std::unique_ptr<ClientCall> call;
    ItemSplitter splitter;
    OnItem on_item;
    OnEnd on_end;
    bool over = false;
  };

  // `call` becomes null when a callback destroys the stream.
  static void update(const std::shared_ptr<State>& state) {
    if (!state->call || state->over) return;
    if (state->call->has_head() && state->call->status() != 200)
      return end(state, "status " + std::to_string(state->call->status()) + " " + state->call->body());
    state->splitter.feed(state->call->take());
    while (state->call) {
      auto item = state->splitter.next();
      if (!item) return end(state, item.error().message);
      if (!*item) break;
      state->on_item(std::move(**item));
    }
    if (!state->call) return;
    if (state->call->failure()) return end(state, std::string(state->call->failure_reason()));
    if (state->call->ended()) end(state, "the stream ended");
  }

  static void end(const std::shared_ptr<State>& state, std::string reason) {
    if (std::exchange(state->over, true)) return;
    const OnEnd on_end = state->on_end;
    on_end(std::move(reason));
  }

  std::shared_ptr<State> state_;
};

}  // namespace manta::net
