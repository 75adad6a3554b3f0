#include <manta/detail/value_kind.h>

namespace manta::detail {

std::string_view describe(ValueKind kind) {
  switch (kind) {
    case ValueKind::Null:
      return "null";
    case ValueKind::Bool:
      return "a boolean";
    case ValueKind::Integer:
      return "a number";
    case ValueKind::Float:
      return "a number with a fraction";
    case ValueKind::String:
      return "a string";
    case ValueKind::Bytes:
      return "bytes";
    case ValueKind::Array:
      return "an array";
    case ValueKind::Object:
      return "an object";
    case ValueKind::Extension:
      return "an extension";
    case ValueKind::Invalid:
      return "nothing";
  }
  return "nothing";
}

}  // namespace manta::detail
