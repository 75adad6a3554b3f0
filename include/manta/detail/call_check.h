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
    static_assert(!Info::raw, "manta: a method that takes an HttpRequest is reached over HTTP, not by a handle");
    static_assert(Info::raw || Stream == Info::streams,
                  "manta: handle.stream<>() is for methods with a Writer<T>, handle.call<>() for the others");
    static_assert(responses_are_moved<A...>,
                  "manta: a response given to another call is used up: pass it with std::move");
    constexpr bool fit = AllFit<std::tuple<std::remove_cvref_t<A>...>, typename Info::Arguments>::value;
    static_assert(Info::raw || fit, "manta: the arguments of this call do not fit the method's parameters");
    return listed && !Info::raw && Stream == Info::streams && responses_are_moved<A...> && fit;
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

// Encodes each argument as the parameter type P of its place.
template <class... P, class... A>
std::vector<Argument> make_arguments(std::type_identity<std::tuple<P...>>, A&&... values) {
  std::vector<Argument> arguments;
  arguments.reserve(sizeof...(A));
  (arguments.push_back(make_argument<P>(static_cast<A&&>(values))), ...);
  return arguments;
}

}  // namespace manta::detail
