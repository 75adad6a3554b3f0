#pragma once

#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta {

// How unknown keys are taken. Requests and configuration are Strict; OpenAI endpoints ignore and count.
enum class UnknownKeys { Refuse, Ignore };

namespace detail {

// Goes along with the decoding of one document: how unknown keys are taken, and the error with its path, which grows
// from the inside out while the decoders return false.
class Decoding {
 public:
  explicit Decoding(UnknownKeys unknown) : unknown_(unknown) {}

  // All of these return false, so that a decoder can return them.
  bool fail(std::string message);
  bool fail(Error error);  // from validate(): its detail is a path below this place
  bool expected(std::string_view expected, std::string_view found);
  bool in_field(std::string_view name);
  bool in_element(std::size_t index);

  // True when the key is to be skipped.
  bool skip_unknown(std::string_view key, std::span<const std::string_view> known);
  bool unknown_enumerator(std::string_view found, std::span<const std::string_view> known);
  bool refuses_duplicates() const { return unknown_ == UnknownKeys::Refuse; }

  std::size_t ignored() const { return ignored_; }
  // message = "<path>: <what>", detail = path.
  Error take_error() &&;

 private:
  UnknownKeys unknown_;
  std::size_t ignored_ = 0;
  Error error_{.code = ErrorCode::InvalidArgument};
  std::string path_;
};

// The position of `key` in `names`; names.size() when it is not there.
std::size_t find_name(std::span<const std::string_view> names, std::string_view key);

// What a thrown exception says, as InvalidArgument unless it carries an Error.
Error error_of(const std::exception& exception);

}  // namespace detail
}  // namespace manta
