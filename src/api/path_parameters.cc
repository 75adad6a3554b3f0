#include "api/path_parameters.h"

namespace manta::api {
namespace {

// The segments of a path, one after the other; empty ones are left out.
class Segments {
 public:
  explicit Segments(std::string_view path) : rest_(path) { skip_slashes(); }
  bool at_end() const { return rest_.empty(); }
  // Empty: there is none left.
  std::string_view next() {
    const std::string_view segment = rest_.substr(0, rest_.find('/'));
    rest_.remove_prefix(segment.size());
    skip_slashes();
    return segment;
  }

 private:
  void skip_slashes() {
    while (rest_.starts_with('/')) rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

std::optional<std::map<std::string, std::string>> match_here(Segments pattern, Segments path) {
  std::map<std::string, std::string> found;
  while (!pattern.at_end()) {
    const std::string_view wanted = pattern.next();
    if (wanted == "*" && pattern.at_end()) return found;
    const std::string_view given = path.next();
    if (given.empty()) return std::nullopt;
    if (wanted.starts_with('{') && wanted.ends_with('}'))
      found.emplace(wanted.substr(1, wanted.size() - 2), given);
    else if (wanted != given)
      return std::nullopt;
  }
  if (!path.at_end()) return std::nullopt;
  return found;
}

}  // namespace

std::optional<std::map<std::string, std::string>> path_parameters(std::string_view pattern, std::string_view path,
                                                                  bool anywhere) {
  const Segments wanted(pattern);
  Segments given(path);
  for (;;) {
    if (auto found = match_here(wanted, given)) return found;
    if (given.next().empty() || !anywhere || given.at_end()) return std::nullopt;
  }
}

}  // namespace manta::api
