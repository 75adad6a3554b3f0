// Bytes of an HTTP/1.1 client into the whole server. What does not begin like HTTP/1.1 may reach HTTP/2.

#include "fuzz/exchange_harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  manta::fuzz::FuzzedServer server(false);
  server.run({}, manta::fuzz::view(data, size));
  return 0;
}
