#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <manta/detail/method_check.h>
#include <manta/detail/msgpack.h>
#include <manta/detail/names.h>
#include <manta/detail/response.h>
#include <manta/source.h>

namespace manta::detail {

template <class T>
struct IsResponse : std::false_type {};
template <class R>
struct IsResponse<Response<R>> : std::true_type {};

// A is given where the method takes P: something convertible, or the response of another call whose result is a P.
template <class A, class P>
struct Fits : std::is_convertible<A, P> {};
template <class R, class P>
struct Fits<Response<R>, P> : std::is_same<R, P> {};

template <class A, class T>
struct Fits<A, Reader<T>> : std::is_convertible<A, Source<T>> {};
template <class R, class T>
struct Fits<Response<R>, Reader<T>> : std::false_type {};

template <class Given, class Taken>
struct AllFit : std::false_type {};
template <class... A, class... P>
  requires(sizeof...(A) == sizeof...(P))
struct AllFit<std::tuple<A...>, std::tuple<P...>>
    : std::bool_constant<(Fits<std::remove_cvref_t<A>, P>::value && ...)> {};

template <class... A>
inline constexpr bool responses_are_moved =
    (!(IsResponse<std::remove_cvref_t<A>>::value && std::is_lvalue_reference_v<A>) && ...);

template <class D, auto Member, bool Stream, class... A>
consteval bool check_call() {
  using Info = MethodInfo<Member>;
  if constexpr (!HasMethods<D>) {
    static_assert(HasMethods<D>,
                  "manta: a deployment class lists what it serves: using methods = manta::Methods<&D::method>;");
    return false;
  } else {
    constexpr bool listed = D::methods::template contains<Member>();
    static_assert(listed, "manta: this method is not in the deployment's Methods<>: add it there");
    constexpr bool streams = is_sink_v<typename Info::Last>;
    static_assert(
        Stream == streams,
        "manta: handle.stream<>() is for methods with a Writer<T> or HttpWriter, handle.call<>() for the others");
    static_assert(responses_are_moved<A...>,
                  "manta: a response given to another call is used up: pass it with std::move");
    constexpr bool fit = AllFit<std::tuple<std::remove_cvref_t<A>...>, typename Info::Given>::value;
    static_assert(fit, "manta: the arguments of this call do not fit the method's parameters");
    return listed && Stream == streams && responses_are_moved<A...> && fit;
  }
}

template <class P, class A>
Argument make_argument(A&& value) {
  if constexpr (IsResponse<std::remove_cvref_t<A>>::value) {
    return {.response = std::make_shared<PendingCall>(std::move(value.pending()))};
  } else {
    if constexpr (std::is_same_v<std::remove_cvref_t<A>, P>) {
      return {.encoded = value_or_throw(to_msgpack(value))};
    } else {
      const P converted = static_cast<A&&>(value);
      return {.encoded = value_or_throw(to_msgpack(converted))};
    }
  }
}

template <class P, class A>
void add_argument(OutgoingCall& call, A&& value) {
  if constexpr (is_input_v<P>)
    call.input = Source<typename InputOf<P>::type>(static_cast<A&&>(value)).producer();
  else
    call.arguments.push_back(make_argument<P>(static_cast<A&&>(value)));
}

// Arguments that a callee in this process can be given as they are: no streams, nothing that is still awaited.
template <class... P, class... A>
consteval bool may_be_held(std::type_identity<std::tuple<P...>>, std::type_identity<std::tuple<A...>>) {
  return (!is_input_v<P> && ...) && (!IsResponse<A>::value && ...);
}

// Encodes each argument as the parameter type P of its place, or converts it to P if the callee takes it as it is; a
// stream is only taken over.
template <class... P, class... A>
OutgoingCall make_call(std::type_identity<std::tuple<P...>> parameters, const Caller& caller, std::string_view method,
                       const CallOptions& options, A&&... values) {
  OutgoingCall call{.method = method, .options = options};
  if constexpr (may_be_held(parameters, std::type_identity<std::tuple<std::remove_cvref_t<A>...>>())) {
    if (caller.is_in_process()) {
      call.values = std::make_unique<Held<std::tuple<P...>>>(std::tuple<P...>(static_cast<A&&>(values)...));
      return call;
    }
  }
  call.arguments.reserve(sizeof...(A));
  (add_argument<P>(call, static_cast<A&&>(values)), ...);
  return call;
}

template <class A>
struct ParameterFor {
  using type = A;
};
template <class T>
struct ParameterFor<Source<T>> {
  using type = Reader<T>;
};

}  // namespace manta::detail
