#include "ingress/verb.h"

#include <array>

namespace manta::ingress {
namespace {

constexpr std::array<std::string_view, kVerbCount> kNames{"GET",    "HEAD",  "POST",    "PUT",
                                                          "DELETE", "PATCH", "OPTIONS", "OTHER"};

}  // namespace

Verb parse_verb(std::string_view text) {
  for (std::size_t i = 0; i + 1 < kVerbCount; ++i)
    if (kNames[i] == text) return static_cast<Verb>(i);
  return Verb::Other;
}

std::string_view name(Verb verb) { return kNames[static_cast<std::size_t>(verb)]; }

std::string allow_header(VerbSet verbs) {
  std::string text;
  for (std::size_t i = 0; i + 1 < kVerbCount; ++i) {
    if (!(verbs & verb_bit(static_cast<Verb>(i)))) continue;
    if (!text.empty()) text += ", ";
    text += kNames[i];
  }
  return text;
}

}  // namespace manta::ingress
