#include "engines/generation/utf8_gate.h"

#include "engines/utf8.h"

namespace manta::engines {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

std::string Utf8Gate::push(std::string_view bytes) {
  held_ += bytes;
  std::string text;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const std::size_t valid = utf8_valid_prefix(rest);
    text += rest.substr(0, valid);
    rest.remove_prefix(valid);
    if (rest.empty()) break;
    const Utf8Sequence next = utf8_sequence(rest);
    if (next.kind == Utf8::Incomplete) break;
    text += kReplacement;
    rest.remove_prefix(next.size);
  }
  held_ = std::string(rest);
  return text;
}

std::string Utf8Gate::finish() {
  const bool cut_off = !held_.empty();
  held_.clear();
  return cut_off ? std::string(kReplacement) : std::string();
}

}  // namespace manta::engines
