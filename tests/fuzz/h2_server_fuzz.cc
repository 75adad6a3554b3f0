// Bytes of an HTTP/2 client after a correct preface into the whole server; the first bit chooses the public or the
// internal door.

#include "fuzz/exchange_harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  manta::fuzz::FuzzedServer server((data[0] & 1) != 0);
  server.run("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", manta::fuzz::view(data + 1, size - 1));
  return 0;
}
