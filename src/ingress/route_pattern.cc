#include "ingress/route_pattern.h"

#include <algorithm>

namespace manta::ingress {
namespace {

// Takes the segment behind the leading "/" off `path`.
std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);
  const auto end = std::min(path.find('/'), path.size());
  const auto segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

}  // namespace

RoutePattern::RoutePattern(std::string_view text) {
  while (text.starts_with('/')) {
    const auto segment = next_segment(text);
    if (segment == "*" && text.empty())
      segments_.push_back({Kind::Rest, {}});
    else if (segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}'))
      segments_.push_back({Kind::Parameter, {}});
    else
      segments_.push_back({Kind::Literal, std::string(segment)});
    exact_ = exact_ && segments_.back().kind == Kind::Literal;
  }
}

bool RoutePattern::matches(std::string_view path) const {
  for (const Segment& expected : segments_) {
    if (!path.starts_with('/')) return false;
    if (expected.kind == Kind::Rest) return true;
    const auto segment = next_segment(path);
    if (expected.kind == Kind::Parameter ? segment.empty() : segment != expected.text) return false;
  }
  return path.empty();
}

bool RoutePattern::more_specific_than(const RoutePattern& other) const {
  const auto common = std::min(segments_.size(), other.segments_.size());
  for (std::size_t i = 0; i < common; ++i)
    if (segments_[i].kind != other.segments_[i].kind) return segments_[i].kind < other.segments_[i].kind;
  return segments_.size() > other.segments_.size();
}

}  // namespace manta::ingress
