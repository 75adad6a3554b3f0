#pragma once

#include <tuple>
#include <type_traits>

#include <manta/detail/decode.h>
#include <manta/detail/method_info.h>
#include <manta/detail/methods.h>

namespace manta::detail {

// One readable line for each way to write a method wrongly. True when all is well, so that nothing else is instantiated
// otherwise.
template <auto Member>
consteval bool check_signature() {
  using Info = MethodInfo<Member>;
  using Function = typename Info::Function;
  constexpr bool sink = is_sink_v<typename Info::Last>;
  constexpr bool sink_last = Info::Split::sinks == (sink ? 1 : 0);
  static_assert(
      sink_last,
      "manta: Writer<T> and HttpWriter must be the last parameter of a method, and the only one of their kind");
  constexpr bool input_last = Info::SplitGiven::inputs == (Info::takes_stream ? 1 : 0) && Info::Split::inputs < 2;
  static_assert(input_last, "manta: a method takes one stream, and last: a Reader<T>, with only a Writer<T> after it");
  constexpr bool silent = !sink || std::is_void_v<typename Info::Value>;
  static_assert(silent, "manta: a method with a Writer returns void or Task<void>: what it writes is its answer");
  constexpr bool raw_alone =
      !Info::raw || (std::tuple_size_v<typename Info::Arguments> == 1 && !Info::streams && !Info::takes_stream);
  static_assert(raw_alone, "manta: a method that takes an HttpRequest takes nothing else but perhaps an HttpWriter");
  constexpr bool raw_answers = Info::raw == (Info::raw_stream || std::is_same_v<typename Info::Value, HttpResponse>);
  static_assert(raw_answers,
                "manta: HttpRequest goes with HttpResponse as the result or HttpWriter as the last parameter");
  static_assert(Function::readable,
                "manta: a method cannot take a non-const reference: arguments come from another process");
  constexpr bool by_value = !Info::coroutine || Function::by_value;
  static_assert(by_value,
                "manta: a coroutine method takes its parameters by value: a reference may dangle when it resumes");
  return sink_last && input_last && silent && raw_alone && raw_answers && Function::readable && by_value;
}

template <auto Member>
consteval bool check_payloads() {
  using Info = MethodInfo<Member>;
  if constexpr (Info::raw) {
    return true;
  } else {
    constexpr bool arguments = Encodable<typename Info::Arguments>;
    static_assert(
        arguments,
        "manta: a parameter of this method cannot be encoded; describe its struct with BOOST_DESCRIBE_STRUCT");
    constexpr bool result = std::is_void_v<typename Info::Value> || Encodable<typename Info::Value>;
    static_assert(result,
                  "manta: the result of this method cannot be encoded; describe its struct with BOOST_DESCRIBE_STRUCT");
    constexpr bool item = std::is_void_v<typename Info::Item> || Encodable<typename Info::Item>;
    static_assert(
        item, "manta: the items of this method cannot be encoded; describe their struct with BOOST_DESCRIBE_STRUCT");
    constexpr bool input = std::is_void_v<typename Info::Input> || Encodable<typename Info::Input>;
    static_assert(input,
                  "manta: the items that this method takes cannot be encoded; describe their struct with "
                  "BOOST_DESCRIBE_STRUCT");
    return arguments && result && item && input;
  }
}

// What inline_, pool, dedicated and concurrent say of a method.
template <auto Value>
consteval bool check_place() {
  using Marked = Entry<Value>;
  using Info = MethodInfo<Marked::member>;
  constexpr bool once = Marked::marks_of_where <= 1;
  static_assert(once, "manta: a method runs in one place: inline_, pool or dedicated");
  constexpr bool plain = Marked::where == Where::Default || !Info::coroutine;
  static_assert(plain,
                "manta: a coroutine method runs on the strand: inline_, pool and dedicated are for plain methods");
  constexpr bool never_waits =
      Marked::where != Where::Strand || (!is_sink_v<typename Info::Last> && !Info::takes_stream);
  static_assert(never_waits, "manta: an inline_ method must not wait, so it takes no Reader, Writer or HttpWriter");
  constexpr bool limit = Marked::limit_is_positive;
  static_assert(limit, "manta: concurrent<N, &D::m> lets at least one call run: N is 1 or more");
  return once && plain && never_waits && limit;
}

template <auto Value>
consteval bool check_method() {
  constexpr bool member = std::is_member_function_pointer_v<std::remove_const_t<decltype(Entry<Value>::member)>>;
  static_assert(
      member, "manta: Methods<> lists member functions: &D::m, idempotent<&D::m> or route<\"GET\", \"/path\", &D::m>");
  constexpr bool path = Entry<Value>::path_begins_with_slash;
  static_assert(path, "manta: the path of a route begins with '/'");
  if constexpr (!member || !path)
    return false;
  else if constexpr (!check_signature<Entry<Value>::member>())
    return false;
  else
    return check_payloads<Entry<Value>::member>() && check_place<Value>();
}

template <class D>
concept HasMethods = requires { D::methods::size; };

template <auto Value>
inline constexpr bool is_coroutine_entry = MethodInfo<Entry<Value>::member>::coroutine;
template <auto Value>
inline constexpr bool is_plain_anywhere = !is_coroutine_entry<Value> && Entry<Value>::where == Where::Default;

template <class Methods>
struct CheckAll;
template <auto... Values>
struct CheckAll<Methods<Values...>> {
  static consteval bool run() {
    if constexpr (!(check_method<Values>() && ...)) {
      return false;
    } else {
      constexpr std::size_t coroutines = (std::size_t{is_coroutine_entry<Values>} + ... + 0);
      constexpr bool one_kind = coroutines == 0 || !(is_plain_anywhere<Values> || ...);
      static_assert(
          one_kind,
          "manta: plain methods and coroutine methods (Task<R>) in one class: they would run on different threads "
          "over the same members; make all of them the same kind, or say where the plain ones run: inline_<&D::m>");
      return one_kind;
    }
  }
};

template <class D>
consteval bool check_class() {
  static_assert(HasMethods<D>,
                "manta: a deployment class lists what it serves: using methods = manta::Methods<&D::method>;");
  if constexpr (HasMethods<D>)
    return CheckAll<typename D::methods>::run();
  else
    return false;
}

}  // namespace manta::detail
