#include "api/path_parameters.h"

#include <vector>

namespace manta::api {
namespace {

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    const auto end = std::min(path.find('/'), path.size());
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

std::optional<std::map<std::string, std::string>> match_at(const std::vector<std::string_view>& pattern,
                                                           const std::vector<std::string_view>& path,
                                                           std::size_t offset) {
  const bool open = !pattern.empty() && pattern.back() == "*";
  const std::size_t fixed = pattern.size() - (open ? 1 : 0);
  if (path.size() < offset + fixed || (!open && path.size() != offset + fixed)) return std::nullopt;
  std::map<std::string, std::string> found;
  for (std::size_t i = 0; i < fixed; ++i) {
    const std::string_view part = pattern[i];
    if (part.starts_with('{') && part.ends_with('}'))
      found.emplace(part.substr(1, part.size() - 2), path[offset + i]);
    else if (part != path[offset + i])
      return std::nullopt;
  }
  return found;
}

}  // namespace

std::optional<std::map<std::string, std::string>> path_parameters(std::string_view pattern, std::string_view path,
                                                                  bool anywhere) {
  const auto wanted = segments(pattern);
  const auto given = segments(path);
  for (std::size_t offset = 0; offset == 0 || (anywhere && offset < given.size()); ++offset)
    if (auto found = match_at(wanted, given, offset)) return found;
  return std::nullopt;
}

}  // namespace manta::api
