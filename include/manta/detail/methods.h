#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <manta/detail/method_table.h>

namespace manta::detail {

template <std::size_t N>
struct FixedText {
  char text[N]{};
  constexpr FixedText(const char (&literal)[N]) {
    std::copy_n(literal, N, text);
  }  // implicit, so that literals are arguments
};

// An entry of Methods<>: a member pointer, or one inside marks (idempotent<...>, route<...>, exclusive<...>). A mark is
// the entry inside it but for what it says itself.
template <auto Value>
struct Entry {
  static constexpr auto member = Value;
  static constexpr bool path_begins_with_slash = true;
  static constexpr Where where = Where::Default;
  static constexpr int marks_of_where = 0;
  static constexpr bool limit_is_positive = true;
  static void apply(MethodEntry&) {}
};
template <auto Value>
  requires requires { decltype(Value)::is_mark; }
struct Entry<Value> : decltype(Value) {};

template <auto Inner>
struct Mark : Entry<Inner> {
  static constexpr bool is_mark = true;
};

template <auto Inner>
struct IdempotentMark : Mark<Inner> {
  static void apply(MethodEntry& method) {
    method.idempotent = true;
    Entry<Inner>::apply(method);
  }
};

template <FixedText Verb, FixedText Path, auto Inner>
struct RouteMark : Mark<Inner> {
  static constexpr bool path_begins_with_slash = Path.text[0] == '/' && Entry<Inner>::path_begins_with_slash;
  static void apply(MethodEntry& method) {
    method.routes.push_back({Verb.text, Path.text});
    Entry<Inner>::apply(method);
  }
};

template <Where Place, auto Inner>
struct WhereMark : Mark<Inner> {
  static constexpr Where where = Place;
  static constexpr int marks_of_where = Entry<Inner>::marks_of_where + 1;
  static void apply(MethodEntry& method) {
    method.where = Place;
    Entry<Inner>::apply(method);
  }
};

template <int Limit, auto Inner>
struct ConcurrentMark : Mark<Inner> {
  static constexpr bool limit_is_positive = Limit > 0 && Entry<Inner>::limit_is_positive;
  static void apply(MethodEntry& method) {
    method.max_concurrent = Limit;
    Entry<Inner>::apply(method);
  }
};

}  // namespace manta::detail

namespace manta {

// What a deployment class serves:
//   using methods = manta::Methods<&Rag::query, manta::idempotent<&Rag::embed>, manta::route<"GET", "/v1/models",
//   &Rag::models>>;
// Names come from the member pointers. All methods are plain or all are coroutines (Task<R>), but for plain ones that
// say where they run (inline_, pool, dedicated). A method takes values that can be encoded, then perhaps a Reader<T>,
// then perhaps a Writer<T>; or an HttpRequest, then perhaps an HttpWriter.
template <auto... Entries>
struct Methods {
  static constexpr std::size_t size = sizeof...(Entries);

  template <class Visitor>
  static void for_each(Visitor visit) {
    (visit.template operator()<Entries>(), ...);
  }
  template <auto Member>
  static constexpr bool contains() {
    return (same<Member>(detail::Entry<Entries>::member) || ...);
  }

 private:
  template <auto Member, class Other>
  static constexpr bool same(Other other) {
    if constexpr (std::is_same_v<decltype(Member), Other>)
      return Member == other;
    else
      return false;
  }
};

// The method may be run twice: it is sent again when the replica that may have run it has died.
template <auto Method>
inline constexpr detail::IdempotentMark<Method> idempotent{};

// Besides POST /<method>, the method answers `Verb Path` below the application's prefix; "*" is any verb. A path is
// exact, has {name} for one segment, or ends in "/*" for everything below it. A method may be listed with several
// routes.
template <detail::FixedText Verb, detail::FixedText Path, auto Method>
inline constexpr detail::RouteMark<Verb, Path, Method> route{};

// The plain method runs on the strand itself, between the coroutines of the replica: for work of microseconds that
// never blocks.
template <auto Method>
inline constexpr detail::WhereMark<detail::Where::Strand, Method> inline_{};

// The plain method runs on the replica's compute threads (`compute_threads`), as plain methods do anyway. Said
// explicitly it may stand among coroutine methods: the class then guards what both use.
template <auto Method>
inline constexpr detail::WhereMark<detail::Where::Pool, Method> pool{};

// The plain method has a thread of its own in each replica (with concurrent<N, ...>: N threads): it waits for no other
// method and runs beside them, so the class guards what both use.
template <auto Method>
inline constexpr detail::WhereMark<detail::Where::Dedicated, Method> dedicated{};

// At most N calls of the method run at once in a replica. Further ones that the replica admits wait there in order,
// each until its deadline; they count among its ongoing requests.
template <int N, auto Method>
inline constexpr detail::ConcurrentMark<N, Method> concurrent{};

// One call of the method at a time in a replica.
template <auto Method>
inline constexpr detail::ConcurrentMark<1, Method> exclusive{};

}  // namespace manta
