#pragma once

#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::spec {

// What `import_path` names.
struct ImportPath {
  enum class Kind {
    Library,  // lib.so:function
    Program,  // exec:path
    Builtin,  // builtin:name
    Python,   // module:attribute
  };
  Kind kind = Kind::Library;
  std::string file;    // the library, program or module
  std::string symbol;  // the function, built-in or attribute; empty for programs
  bool operator==(const ImportPath&) const = default;
};

// InvalidArgument, naming the four forms, when it is none of them. Whether the file exists is not looked at.
Result<ImportPath> parse_import_path(std::string_view text);

// InvalidArgument for what is well formed but cannot run here: Python modules need the Python SDK.
Result<void> check_runnable(const ImportPath& path);

}  // namespace manta::spec
