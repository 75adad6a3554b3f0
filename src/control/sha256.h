#pragma once

#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::control {

// 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
// Of a file's content. NotFound if it cannot be read, with the reason.
Result<std::string> sha256_of_file(const std::string& path);

}  // namespace manta::control
