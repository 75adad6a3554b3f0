#pragma once

#include <string>

#include <manta/error.h>

namespace manta {

// All bytes of a file, also of one below /proc, which may end while it is read. NotFound where there is none,
// InvalidArgument for a folder, Unavailable if it cannot be opened or read; the message begins with the path.
Result<std::string> read_file(const std::string& path);

}  // namespace manta
