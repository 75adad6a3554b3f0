#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace manta::ingress {

// HTTP methods ("method" alone means a deployment's). Everything unusual is Other, so that labels stay few.
enum class Verb : std::uint8_t { Get, Head, Post, Put, Delete, Patch, Options, Other };
inline constexpr std::size_t kVerbCount = 8;

using VerbSet = std::uint8_t;
inline constexpr VerbSet kAnyVerb = 0xff;

constexpr VerbSet verb_bit(Verb verb) { return static_cast<VerbSet>(1U << static_cast<unsigned>(verb)); }

Verb parse_verb(std::string_view text);
std::string_view name(Verb verb);
// "GET, POST": the value of an Allow header.
std::string allow_header(VerbSet verbs);
// Who answers GET answers HEAD: the transport leaves the body out.
inline constexpr VerbSet kGetOrHead = verb_bit(Verb::Get) | verb_bit(Verb::Head);

}  // namespace manta::ingress
