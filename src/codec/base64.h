#pragma once

#include <string>
#include <string_view>

#include <manta/detail/growing_text.h>

namespace manta::codec {

// RFC 4648, standard alphabet, with padding.
void append_base64(detail::GrowingText& out, std::string_view bytes);
std::string base64(std::string_view bytes);

// False, with `bytes` unspecified, unless `text` is canonical: whole groups of four, padding only at the end, spare
// bits zero.
bool decode_base64(std::string_view text, std::string& bytes);

}  // namespace manta::codec
