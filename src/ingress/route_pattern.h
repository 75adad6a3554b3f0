#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace manta::ingress {

// The path of a route relative to its application: "/items/{id}" (one segment each), "/v1/*" (everything below). Exact
// paths are patterns without either.
class RoutePattern {
 public:
  explicit RoutePattern(std::string_view text);

  bool is_exact() const { return exact_; }
  bool matches(std::string_view path) const;
  // Tried first: literal segments before {param}, {param} before the trailing "*", segment by segment.
  bool more_specific_than(const RoutePattern& other) const;

 private:
  enum class Kind { Literal, Parameter, Rest };
  struct Segment {
    Kind kind;
    std::string text;
  };
  std::vector<Segment> segments_;
  bool exact_ = true;
};

}  // namespace manta::ingress
