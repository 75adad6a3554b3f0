#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <manta/detail/describe.h>
#include <manta/tensor.h>

// Which types have a form in JSON and MessagePack.
namespace manta::detail {

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

// Set for types that have a form in JSON and MessagePack.
template <class T>
inline constexpr bool kHasForm = Described<T> || DescribedEnum<T> || Integer<T> || std::floating_point<T> ||
                                 std::same_as<T, bool> || std::same_as<T, std::string> || std::same_as<T, Blob> ||
                                 std::same_as<T, Json> || std::same_as<T, Tensor> || std::same_as<T, std::monostate>;
template <class T>
inline constexpr bool kHasForm<std::optional<T>> = kHasForm<T>;
template <class T, class A>
inline constexpr bool kHasForm<std::vector<T, A>> = kHasForm<T>;
template <class T, std::size_t N>
inline constexpr bool kHasForm<std::array<T, N>> = kHasForm<T>;
template <class T, class... Rest>
inline constexpr bool kHasForm<std::map<std::string, T, Rest...>> = kHasForm<T>;
template <class T, class... Rest>
inline constexpr bool kHasForm<std::unordered_map<std::string, T, Rest...>> = kHasForm<T>;
template <class... T>
inline constexpr bool kHasForm<std::tuple<T...>> = (kHasForm<T> && ...);
template <class A, class B>
inline constexpr bool kHasForm<std::pair<A, B>> = kHasForm<A> && kHasForm<B>;
template <class... T>
inline constexpr bool kHasForm<std::variant<T...>> = (kHasForm<T> && ...);

template <class T>
concept Encodable = kHasForm<T>;

}  // namespace manta::detail
