#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <manta/args.h>
#include <manta/detail/decode.h>
#include <manta/detail/msgpack.h>
#include <manta/detail/node.h>
#include <manta/handle.h>

namespace manta {
template <class D>
class Bound;
}

namespace manta::detail {

template <class T>
inline constexpr bool is_bound_v = false;
template <class D>
inline constexpr bool is_bound_v<Bound<D>> = true;
template <class T>
inline constexpr bool is_bound_list_v = false;
template <class D>
inline constexpr bool is_bound_list_v<std::vector<Bound<D>>> = true;

// How an argument of bind() is kept: by value, text as std::string.
template <class A>
using Stored = std::conditional_t<std::is_convertible_v<A, const char*>, std::string, std::decay_t<A>>;

template <class A>
Stored<A> store(A&& argument) {
  return Stored<A>(std::forward<A>(argument));
}

// What the constructor gets for it.
template <class T>
struct Resolved {
  using type = const T&;
};
template <class D>
struct Resolved<Bound<D>> {
  using type = Handle<D>;
};
template <class D>
struct Resolved<std::vector<Bound<D>>> {
  using type = std::vector<Handle<D>>;
};

template <class T>
typename Resolved<T>::type resolve(const T& value, HandleSource& handles) {
  if constexpr (is_bound_v<T>) {
    return typename Resolved<T>::type(handles.caller(*value.node()));
  } else if constexpr (is_bound_list_v<T>) {
    typename Resolved<T>::type list;
    for (const auto& bound : value) list.push_back(resolve(bound, handles));
    return list;
  } else {
    return value;  // NOLINT(bugprone-return-const-ref-from-parameter): of the arguments that the node keeps
  }
}

template <class T>
inline constexpr bool can_bind_v = Encodable<T> || is_bound_v<T> || is_bound_list_v<T> || std::is_same_v<T, ArgValue>;

template <class D, class... T>
consteval bool check_bind() {
  constexpr bool values = (can_bind_v<T> && ...);
  static_assert(
      values,
      "manta: bind() takes values that can be encoded (described structs, numbers, text, containers of them) and "
      "bound deployments; this argument is neither");
  constexpr bool constructs = std::is_constructible_v<D, typename Resolved<T>::type...>;
  static_assert(!values || constructs,
                "manta: the deployment's constructor does not take these arguments of bind(); a bound deployment X "
                "arrives as manta::Handle<X>");
  return values && constructs;
}

// Collects the children and the encoded arguments of a node.
class ArgumentWriter {
 public:
  explicit ArgumentWriter(Node& node) : node_(node) {}

  template <class T>
  void add(const T& value) {
    if constexpr (is_bound_v<T>) {
      add_child(value.node());
    } else if constexpr (is_bound_list_v<T>) {
      for (const auto& bound : value) add_child(bound.node());
      add_text("list of " + std::to_string(value.size()));
    } else if constexpr (std::is_same_v<T, ArgValue>) {
      add_text(value.json());
    } else {
      add_text(value_or_throw(to_msgpack(value)));
    }
  }

 private:
  void add_child(std::shared_ptr<const Node> child);
  void add_text(const std::string& text);  // with its length, so that no two argument lists look the same

  Node& node_;
};

}  // namespace manta::detail
