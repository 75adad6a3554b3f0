#include "net/http_date.h"

#include <ctime>

namespace manta::net {

std::string_view http_date() {
  struct Cache {
    std::time_t second = 0;
    char text[32] = {};
    std::size_t size = 0;
  };
  thread_local Cache cache;
  const std::time_t now = std::time(nullptr);
  if (now != cache.second) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    cache.size = std::strftime(cache.text, sizeof cache.text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    cache.second = now;
  }
  return {cache.text, cache.size};
}

}  // namespace manta::net
