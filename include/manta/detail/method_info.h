#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

#include <manta/http.h>
#include <manta/task.h>

namespace manta {

template <class T>
class Writer;
template <class T>
class Reader;

namespace detail {

template <class M>
struct MemberFunction {
  static constexpr bool valid = false;
};
template <class C, class R, class... A, bool N>
struct MemberFunction<R (C::*)(A...) noexcept(N)> {
  static constexpr bool valid = true;
  using Class = C;
  using Return = R;
  using Declared = std::tuple<A...>;
  using Values = std::tuple<std::decay_t<A>...>;
  static constexpr bool by_value = (!std::is_reference_v<A> && ...);
  static constexpr bool readable =
      (!(std::is_lvalue_reference_v<A> && !std::is_const_v<std::remove_reference_t<A>>) && ...);
};
template <class C, class R, class... A, bool N>
struct MemberFunction<R (C::*)(A...) const noexcept(N)> : MemberFunction<R (C::*)(A...)> {
  using Class = C;
};

template <class T>
struct IsWriter : std::false_type {};
template <class T>
struct IsWriter<Writer<T>> : std::true_type {};

template <class T>
struct ItemOf {
  using type = void;
};
template <class T>
struct ItemOf<Writer<T>> {
  using type = T;
};

template <class T>
struct InputOf {
  using type = void;
};
template <class T>
struct InputOf<Reader<T>> {
  using type = T;
};

template <class T>
struct Unwrap {
  using type = T;
};
template <class T>
struct Unwrap<Task<T>> {
  using type = T;
};

template <class T>
inline constexpr bool is_sink_v = IsWriter<T>::value || std::is_same_v<T, HttpWriter>;
template <class T>
inline constexpr bool is_input_v = !std::is_void_v<typename InputOf<T>::type>;

template <class Tuple>
struct SplitLast {  // no parameters at all
  using Last = void;
  using Front = std::tuple<>;
  static constexpr std::size_t sinks = 0, inputs = 0, requests = 0;
};
template <class... A>
  requires(sizeof...(A) > 0)
struct SplitLast<std::tuple<A...>> {
  using Last = std::tuple_element_t<sizeof...(A) - 1, std::tuple<A...>>;
  template <class Indices>
  struct Take;
  template <std::size_t... I>
  struct Take<std::index_sequence<I...>> {
    using type = std::tuple<std::tuple_element_t<I, std::tuple<A...>>...>;
  };
  using Front = typename Take<std::make_index_sequence<sizeof...(A) - 1>>::type;
  static constexpr std::size_t sinks = (std::size_t{is_sink_v<A>} + ...);
  static constexpr std::size_t inputs = (std::size_t{is_input_v<A>} + ...);
  static constexpr std::size_t requests = (std::size_t{std::is_same_v<A, HttpRequest>} + ...);
};

// What a method takes and gives, from its member pointer.
template <auto Member>
struct MethodInfo {
  using Function = MemberFunction<decltype(Member)>;
  using Class = typename Function::Class;
  using Return = typename Function::Return;
  using Value = typename Unwrap<Return>::type;  // void for streams
  using Split = SplitLast<typename Function::Values>;
  using Last = typename Split::Last;
  using Item = typename ItemOf<Last>::type;  // of a typed stream
  using Given = std::conditional_t<is_sink_v<Last>, typename Split::Front, typename Function::Values>;
  using SplitGiven = SplitLast<Given>;
  using Input = typename InputOf<typename SplitGiven::Last>::type;  // items of the stream it takes; void: none
  static constexpr bool takes_stream = !std::is_void_v<Input>;
  static constexpr bool coroutine = is_task_v<Return>;
  static constexpr bool streams = IsWriter<Last>::value;
  static constexpr bool raw_stream = std::is_same_v<Last, HttpWriter>;
  static constexpr bool raw = Split::requests > 0;
  using Arguments = std::conditional_t<takes_stream, typename SplitGiven::Front, Given>;
};

}  // namespace detail
}  // namespace manta
