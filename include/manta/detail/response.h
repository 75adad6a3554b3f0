#pragma once

#include <coroutine>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <manta/detail/caller.h>
#include <manta/detail/json.h>
#include <manta/detail/msgpack.h>

namespace manta {

// The answer of a call that has started. Await it once in a coroutine method, or get() it on a compute thread or in a
// client program. Dropping it cancels the call and everything done on its behalf, down the whole graph. Errors are
// thrown as Exception. Given to another call as an argument (std::move), its bytes go there without being decoded here.
template <class R>
class [[nodiscard("dropping a response cancels the call; use .detach() to let it run")]] Response {
 public:
  using value_type = R;
  using Timeout = detail::Timeout;

  Response() = default;
  Response(detail::PendingCall call, std::string_view method) : call_(std::move(call)), method_(method) {}

  struct Awaiter {
    Response& response;
    bool parked = false;
    bool await_ready() const { return response.call_.ready(); }
    void await_suspend(std::coroutine_handle<> waiter) {
      parked = true;
      response.call_.park(waiter);
    }
    R await_resume() {
      parked = false;
      return response.take();
    }
    ~Awaiter() {
      if (parked) response.call_.forget();
    }
  };
  Awaiter operator co_await() { return Awaiter{*this}; }

  // Blocks for the answer. Fails with DeadlineExceeded after `timeout`, when the call goes on and may be asked again.
  // Not on a strand: a coroutine method uses co_await.
  R get(Timeout timeout = {}) {
    if (!call_.wait(timeout))
      throw Exception({ErrorCode::DeadlineExceeded, "no answer from '" + method_ + "' in time"});
    return take();
  }
  // Blocks until done or the timeout; true when done.
  bool wait(Timeout timeout = {}) const { return call_.wait(timeout); }
  bool done() const { return call_.done(); }
  void cancel() { call_.cancel(); }
  // Lets the call run to its end with nobody waiting.
  void detach() && { call_.detach(); }

  detail::PendingCall& pending() { return call_; }
  const detail::PendingCall& pending() const { return call_; }

 private:
  R take() {
    Result<detail::CallResult> result = call_.take();
    if (!result) throw Exception(std::move(result.error()));
    if constexpr (!std::is_void_v<R>) {
      if (R* const held = detail::held<R>(result->held.get())) return std::move(*held);
      const std::string bytes = value_or_throw(detail::encoded(std::move(*result)));
      Result<R> value = detail::from_msgpack<R>(bytes);
      if (!value) throw Exception(detail::bad_reply(method_, std::move(value.error())));
      return std::move(*value);
    }
  }

  detail::PendingCall call_;
  std::string method_;
};

// The items of a stream: of a streaming method, for its caller, or those that a caller gives, for a method with a
// Reader as its last parameter (before the Writer, if it has one). Dropping it cancels the call, or tells the caller
// that nobody reads on.
template <class T>
class [[nodiscard("dropping a reader cancels the stream")]] Reader {
 public:
  using value_type = T;

  Reader() = default;
  Reader(detail::PendingStream stream, std::string_view method) : stream_(std::move(stream)), method_(method) {}
  // The items that a method takes, in the format of its caller.
  Reader(detail::PendingStream input, std::string_view method, detail::Format format)
      : stream_(std::move(input)), method_(method), format_(format), input_(true) {}

  struct Awaiter {
    Reader& reader;
    bool parked = false;
    bool await_ready() const { return reader.stream_.ready(); }
    void await_suspend(std::coroutine_handle<> waiter) {
      parked = true;
      reader.stream_.park(waiter);
    }
    std::optional<T> await_resume() {
      parked = false;
      return reader.take();
    }
    ~Awaiter() {
      if (parked) reader.stream_.forget();
    }
  };
  // co_await: the next item, nullopt at the end. An error ends the stream as an Exception.
  Awaiter next() { return Awaiter{*this}; }
  // next() will not wait: an item is here, or the end. Who writes what he reads may gather items until it is false.
  bool ready() const { return stream_.readable(); }
  // next() for compute threads and client programs.
  std::optional<T> next_blocking(detail::Timeout timeout = {}) {
    if (!stream_.wait(timeout))
      throw Exception({ErrorCode::DeadlineExceeded, "no item from '" + method_ + "' in time"});
    return take();
  }
  void cancel() { stream_.cancel(); }

 private:
  std::optional<T> take() {
    std::optional<std::string> item = value_or_throw(stream_.take());
    if (!item) return std::nullopt;
    Result<T> value = format_ == detail::Format::Json ? detail::from_json<T>(*item) : detail::from_msgpack<T>(*item);
    if (value) return std::move(*value);
    throw Exception(input_ ? detail::bad_item(method_, std::move(value.error()))
                           : detail::bad_reply(method_, std::move(value.error())));
  }

  detail::PendingStream stream_;
  std::string method_;
  detail::Format format_ = detail::Format::MsgPack;
  bool input_ = false;
};

}  // namespace manta
