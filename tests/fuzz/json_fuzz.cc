#include <cstddef>
#include <cstdint>
#include <string_view>

#include <manta/detail/json.h>
#include <manta/detail/transcode.h>

#include "fuzz/require.h"
#include "unit/codec/payloads.h"

// Any bytes as JSON: they are refused with a message, or what was read is written and reads back equal.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manta;
  using fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const UnknownKeys unknown : {UnknownKeys::Refuse, UnknownKeys::Ignore}) {
    const auto value = detail::from_json<test::Everything>(text, unknown);
    if (!value) {
      require(value.error().code == ErrorCode::InvalidArgument && value.error().message.starts_with("$"));
      continue;
    }
    const auto written = detail::to_json(*value);
    require(written.has_value());
    require(detail::from_json<test::Everything>(*written).value() == *value);
  }
  const auto compact = detail::compact_json(text);
  if (!compact) return 0;
  require(detail::compact_json(*compact).value() == *compact);
  const auto packed = detail::json_to_msgpack(text);
  require(packed && detail::msgpack_to_json(*packed).value() == *compact);
  return 0;
}
