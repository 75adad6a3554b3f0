#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <manta/detail/arguments.h>
#include <manta/detail/json_schema.h>
#include <manta/detail/method_info.h>
#include <manta/detail/method_table.h>
#include <manta/detail/names.h>
#include <manta/detail/response.h>

namespace manta::detail {

// Calls one method of a user's object with decoded arguments and encodes what it returns.
template <auto Member>
struct MethodRunner {
  using Info = MethodInfo<Member>;
  using Class = typename Info::Class;
  using Arguments = typename Info::Arguments;

  // A raw method that is called by a handle gets the request as its argument.
  static Result<Arguments> arguments(IncomingCall& call) {
    if constexpr (Info::raw)
      if (call.http) return Arguments{std::move(*call.http)};
    if (call.values) {
      if (Arguments* const held_arguments = held<Arguments>(call.values.get())) return std::move(*held_arguments);
      Result<std::string> bytes = call.values->encode();
      if (!bytes) return std::unexpected(std::move(bytes.error()));
      call.body = std::move(*bytes);
    }
    return decode_arguments<Arguments>(call);
  }

  static typename Info::SplitGiven::Last input(IncomingCall& call)
    requires Info::takes_stream
  {
    return {std::move(call.input), member_name<Member>(), call.request_format};
  }

  static typename Info::Last sink(const IncomingCall& call)
    requires(!std::is_void_v<typename Info::Last>)
  {
    if constexpr (Info::streams)
      return typename Info::Last(*call.items, call.reply_format);
    else
      return typename Info::Last(*call.items);
  }

  static decltype(auto) invoke(void* object, Arguments& arguments, IncomingCall& call) {
    return std::apply(
        [&](auto&... argument) -> decltype(auto) {
          Class& self = *static_cast<Class*>(object);
          if constexpr (Info::takes_stream && is_sink_v<typename Info::Last>)
            return (self.*Member)(std::move(argument)..., input(call), sink(call));
          else if constexpr (Info::takes_stream)
            return (self.*Member)(std::move(argument)..., input(call));
          else if constexpr (is_sink_v<typename Info::Last>)
            return (self.*Member)(std::move(argument)..., sink(call));
          else
            return (self.*Member)(std::move(argument)...);
        },
        arguments);
  }

  // How the result is wanted.
  struct ReplyForm {
    explicit ReplyForm(const IncomingCall& call)
        : format(call.reply_format), as_http(call.http != nullptr), held(call.holds_result) {}
    Format format;
    bool as_http, held;
  };

  template <class Value>
  static Result<Outcome> finish(ReplyForm form, Value value) {
    if constexpr (Info::raw)
      if (form.as_http) return Outcome{.http = std::make_shared<HttpResponse>(std::move(value))};
    if (form.held) return Outcome{.held = std::make_unique<Held<Value>>(std::move(value))};
    return encode_result(form.format, value);
  }
  static Result<Outcome> finish_void(Format format) {
    if constexpr (is_sink_v<typename Info::Last>)
      return Outcome{};
    else
      return Outcome{.body = encoded_nothing(format)};
  }

  static Result<Outcome> run(void* object, IncomingCall& call) {
    const ReplyForm form(call);
    Result<Arguments> decoded = arguments(call);
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    if constexpr (std::is_void_v<typename Info::Value>) {
      invoke(object, *decoded, call);
      return finish_void(form.format);
    } else {
      return finish(form, invoke(object, *decoded, call));
    }
  }

  // No coroutine itself: a method that is one takes its arguments by value, so that they need not be kept for it.
  static Task<Result<Outcome>> start(void* object, IncomingCall& call) {
    const ReplyForm form(call);
    Result<Arguments> decoded = arguments(call);
    if (!decoded) return refuse(std::move(decoded.error()));
    return await(invoke(object, *decoded, call), form);
  }
  static Task<Result<Outcome>> refuse(Error error) { co_return std::unexpected(std::move(error)); }
  static Task<Result<Outcome>> await(Task<typename Info::Value> method, ReplyForm form) {
    if constexpr (std::is_void_v<typename Info::Value>) {
      co_await method;
      co_return finish_void(form.format);
    } else {
      auto value = co_await method;
      co_return finish(form, std::move(value));
    }
  }
};

template <auto Member>
MethodEntry make_method() {
  using Info = MethodInfo<Member>;
  using Runner = MethodRunner<Member>;
  MethodEntry entry;
  entry.name = member_name<Member>();
  entry.streams = is_sink_v<typename Info::Last>;
  entry.takes_stream = Info::takes_stream;
  entry.takes_values = std::tuple_size_v<typename Info::Arguments> > 0;
  entry.raw_http = Info::raw;
  if constexpr (!Info::raw) {
    entry.request_schema = &arguments_schema<typename Info::Arguments>;
    if constexpr (!std::is_void_v<typename Info::Item>)
      entry.response_schema = &json_schema<typename Info::Item>;
    else if constexpr (!std::is_void_v<typename Info::Value>)
      entry.response_schema = &json_schema<typename Info::Value>;
  }
  if constexpr (Info::coroutine)
    entry.start = &Runner::start;
  else
    entry.run = &Runner::run;
  return entry;
}

}  // namespace manta::detail
