#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>

namespace manta::detail {

// Structs under BOOST_DESCRIBE_STRUCT (or _CLASS), enums under BOOST_DESCRIBE_ENUM.
template <class T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <Described T>
using Members = boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;

template <class List>
struct DescribedNames;
template <template <class...> class List, class... D>
struct DescribedNames<List<D...>> {
  static constexpr std::array<std::string_view, sizeof...(D)> value{std::string_view(D::name)...};
};

// Member names in the order of the description.
template <Described T>
inline constexpr auto kFieldNames = DescribedNames<Members<T>>::value;

template <DescribedEnum E>
inline constexpr auto kEnumeratorNames = DescribedNames<boost::describe::describe_enumerators<E>>::value;

template <class List>
struct EnumeratorValues;
template <template <class...> class List, class... D>
struct EnumeratorValues<List<D...>> {
  static constexpr std::array value{D::value...};
};

template <DescribedEnum E>
inline constexpr auto kEnumerators = EnumeratorValues<boost::describe::describe_enumerators<E>>::value;

// The name of T without namespaces and template arguments: "Question".
template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of("<];"));
  const std::size_t scope = text.rfind("::");
  return scope == std::string_view::npos ? text : text.substr(scope + 2);
}

}  // namespace manta::detail
