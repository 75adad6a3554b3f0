#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace manta::codec {

// Levenshtein distance in bytes, neighbours swapped counting one.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known name a writer of `name` most likely meant: at most a third of its letters wrong, or one of them the start
// of the other; empty when none is near.
std::string_view nearest(std::string_view name, std::span<const std::string_view> known);

// "; did you mean 'num_replicas'?", else "; known: a, b, c" (at most 12), else nothing.
std::string suggestion(std::string_view name, std::span<const std::string_view> known);

}  // namespace manta::codec
