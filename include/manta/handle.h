#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manta/deployment.h>
#include <manta/detail/call_check.h>
#include <manta/detail/caller.h>
#include <manta/detail/response.h>
#include <manta/http_reader.h>
#include <manta/source.h>

namespace manta {

// Calls another deployment; constructors get one for each bound deployment. Cheap to copy, usable from any thread.
// Arguments that cannot be encoded (a NaN in text) throw at the call; everything else arrives with the response.
template <class D>
class Handle {
 public:
  explicit Handle(std::shared_ptr<detail::Caller> caller, CallOptions options = {})
      : caller_(std::move(caller)), options_(std::move(options)) {}

  // Starts the call now: calls made before an await run in parallel. A method that takes an HttpRequest is given one,
  // and its HttpResponse is the result. For a Reader<T> parameter a Source<T>, or what one is made from, is given.
  template <auto Member, class... A>
  auto call(A&&... arguments) const {
    using Info = detail::MethodInfo<Member>;
    constexpr std::string_view name = detail::member_name<Member>();
    if constexpr (detail::check_call<D, Member, false, A...>())
      return Response<typename Info::Value>(caller_->call(outgoing<Info>(name, std::forward<A>(arguments)...)), name);
    else
      return Response<typename Info::Value>();
  }

  // Starts a streaming method; its items are read from the result: a Reader, or an HttpReader for a method with an
  // HttpWriter.
  template <auto Member, class... A>
  auto stream(A&&... arguments) const {
    using Info = detail::MethodInfo<Member>;
    constexpr std::string_view name = detail::member_name<Member>();
    if constexpr (detail::check_call<D, Member, true, A...>())
      return reader<Info>(caller_->stream(outgoing<Info>(name, std::forward<A>(arguments)...)), name);
    else
      return Reader<typename Info::Item>();
  }

  // Which replica answers, and how it is; every deployment has this method.
  Response<WhereAmI> where_am_i() const {
    return {caller_->call({.method = "where_am_i", .options = options_}), "where_am_i"};
  }

  // A handle whose calls are made with these options.
  Handle with(CallOptions options) const { return Handle(caller_, std::move(options)); }

 private:
  template <class Info, class... A>
  detail::OutgoingCall outgoing(std::string_view name, A&&... arguments) const {
    using Parameters = std::type_identity<typename Info::Given>;
    bool retry = options_.retry;
    if constexpr (Info::raw) retry |= (detail::is_safe_verb(arguments) && ...);  // before they are moved
    detail::OutgoingCall call =
        detail::make_call(Parameters{}, *caller_, name, options_, std::forward<A>(arguments)...);
    call.retry = retry;
    return call;
  }
  template <class Info>
  static auto reader(detail::PendingStream stream, std::string_view name) {
    if constexpr (Info::raw)
      return HttpReader(Reader<HttpResponse>(std::move(stream), name));
    else
      return Reader<typename Info::Item>(std::move(stream), name);
  }

  std::shared_ptr<detail::Caller> caller_;
  CallOptions options_;
};

// A handle to a deployment whose class is not known here: methods by name, nothing checked before the call.
class DynamicHandle {
 public:
  explicit DynamicHandle(std::shared_ptr<detail::Caller> caller, CallOptions options = {})
      : caller_(std::move(caller)), options_(std::move(options)) {}

  template <class R, class... A>
  Response<R> call(std::string_view method, A&&... arguments) const {
    return {caller_->call(outgoing(method, std::forward<A>(arguments)...)), method};
  }
  template <class T, class... A>
  Reader<T> stream(std::string_view method, A&&... arguments) const {
    return {caller_->stream(outgoing(method, std::forward<A>(arguments)...)), method};
  }
  DynamicHandle with(CallOptions options) const { return DynamicHandle(caller_, std::move(options)); }
  // The same deployment as a typed handle.
  template <class D>
  Handle<D> as() const {
    return Handle<D>(caller_, options_);
  }

 private:
  template <class... A>
  detail::OutgoingCall outgoing(std::string_view method, A&&... arguments) const {
    using Parameters = std::type_identity<std::tuple<typename detail::ParameterFor<std::decay_t<A>>::type...>>;
    return detail::make_call(Parameters{}, *caller_, method, options_, std::forward<A>(arguments)...);
  }

  std::shared_ptr<detail::Caller> caller_;
  CallOptions options_;
};

// A deployment by name, of the application named. Without one: in a replica that of its own application first; else the
// only one of that name. NotFound tells names that come near; several applications with that name are InvalidArgument
// that lists them. A replica looks it up at each call, so these fail the call. Elsewhere, in a client program, the
// instance with the default admin port of this machine is asked now, and they are thrown (<manta/client.h> takes
// others).
DynamicHandle get_deployment_handle(std::string_view deployment, std::string_view application = {});

}  // namespace manta
