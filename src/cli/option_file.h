#pragma once

#include <string>

#include <manta/error.h>

namespace manta::cli {

// The text of the file that an option names; the message of an error begins with the option.
Result<std::string> file_of_option(const std::string& option, const std::string& path);

}  // namespace manta::cli
