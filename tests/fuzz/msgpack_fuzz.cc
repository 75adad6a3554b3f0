#include <cstddef>
#include <cstdint>
#include <string_view>

#include <manta/detail/msgpack.h>
#include <manta/detail/transcode.h>

#include "fuzz/require.h"
#include "net/items.h"
#include "unit/codec/payloads.h"

namespace {

// The same bytes as a stream of items, in two pieces.
void split_items(std::string_view bytes) {
  manta::net::ItemSplitter splitter;
  const std::size_t half = bytes.size() / 2;
  std::string again;
  for (const std::string_view piece : {bytes.substr(0, half), bytes.substr(half)}) {
    splitter.feed(piece);
    for (;;) {
      const auto item = splitter.next(1000);
      if (!item) return;
      if (!*item) break;
      manta::net::append_item(again, **item);
    }
  }
  manta::fuzz::require(bytes.starts_with(again) && splitter.at_boundary() == (again.size() == bytes.size()));
}

}  // namespace

// Any bytes as MessagePack: they are refused with a message, or what was read is written and reads back the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manta;
  using fuzz::require;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  split_items(bytes);
  if (const auto value = detail::from_msgpack<test::Everything>(bytes)) {
    const std::string written = detail::to_msgpack(*value).value();
    require(detail::to_msgpack(detail::from_msgpack<test::Everything>(written).value()).value() == written);
  } else {
    require(value.error().message.starts_with("$"));
  }
  if (const auto json = detail::msgpack_to_json(bytes)) require(detail::compact_json(*json).value() == *json);
  return 0;
}
