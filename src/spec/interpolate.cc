#include "spec/interpolate.h"

#include <algorithm>
#include <cctype>

namespace manta::spec {
namespace {

bool is_variable_name(std::string_view name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front())) &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

// `body` is what stands between the braces.
Result<std::string> resolve(std::string_view body, const EnvironmentLookup& lookup) {
  const std::size_t separator = body.find(":-");
  const bool has_default = separator != std::string_view::npos;
  const std::string name(body.substr(0, separator));
  if (!is_variable_name(name))
    return fail(ErrorCode::InvalidArgument,
                "'${" + std::string(body) + "}' names no environment variable; write $$ for a plain $");
  std::optional<std::string> value = lookup(name);
  if (has_default && value.value_or("").empty()) return std::string(body.substr(separator + 2));
  if (value) return *std::move(value);
  return fail(ErrorCode::InvalidArgument,
              "environment variable '" + name + "' is not set; set it or write ${" + name + ":-default}");
}

}  // namespace

Result<std::string> interpolate(std::string_view text, const EnvironmentLookup& lookup) {
  std::string out;
  while (true) {
    const std::size_t dollar = text.find('$');
    out.append(text.substr(0, dollar));
    if (dollar == std::string_view::npos) return out;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      text.remove_prefix(1);
    } else if (text.starts_with('{')) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos)
        return fail(ErrorCode::InvalidArgument, "'${' without '}'; write $$ for a plain $");
      Result<std::string> value = resolve(text.substr(1, end - 1), lookup);
      if (!value) return value;
      out.append(*value);
      text.remove_prefix(end + 1);
      continue;
    }
    out.push_back('$');
  }
}

}  // namespace manta::spec
