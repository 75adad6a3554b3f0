#include "spec/import_path.h"

#include <algorithm>
#include <cctype>

namespace manta::spec {
namespace {

bool is_identifier(std::string_view name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front())) &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

// "a", "a.b.c"
bool is_dotted(std::string_view name) {
  while (true) {
    const std::size_t dot = name.find('.');
    if (!is_identifier(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_builtin_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

bool is_library(std::string_view file) { return file.ends_with(".so") || file.find(".so.") != std::string_view::npos; }

}  // namespace

Result<ImportPath> parse_import_path(std::string_view text) {
  using Kind = ImportPath::Kind;
  const std::size_t first = text.find(':'), last = text.rfind(':');
  if (first != std::string_view::npos) {
    const std::string_view scheme = text.substr(0, first), rest = text.substr(first + 1);
    if (scheme == "exec" && !rest.empty()) return ImportPath{Kind::Program, std::string(rest), ""};
    if (scheme == "builtin" && is_builtin_name(rest)) return ImportPath{Kind::Builtin, "", std::string(rest)};
    const std::string_view file = text.substr(0, last), symbol = text.substr(last + 1);
    if (is_library(file) && is_identifier(symbol))
      return ImportPath{Kind::Library, std::string(file), std::string(symbol)};
    if (first == last && is_dotted(file) && is_dotted(symbol))
      return ImportPath{Kind::Python, std::string(file), std::string(symbol)};
  }
  return fail(ErrorCode::InvalidArgument,
              "expected 'lib.so:function', 'exec:path', 'builtin:name' or 'module:attribute', found '" +
                  std::string(text) + "'");
}

Result<void> check_runnable(const ImportPath& path) {
  if (path.kind != ImportPath::Kind::Python) return {};
  return fail(ErrorCode::InvalidArgument,
              "'" + path.file + ":" + path.symbol +
                  "' is a Python module and needs the Python SDK, which this build does not have; "
                  "native applications are 'lib.so:function', 'exec:path' or 'builtin:name'");
}

}  // namespace manta::spec
