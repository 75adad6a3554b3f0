#pragma once

#include <memory>
#include <string>

#include "net/headers.h"

namespace manta::net {

// A request with its whole body.
struct Request {
  std::string method;  // "POST"
  std::string target;  // origin form with the query: "/v1/models?x=1"
  std::string authority;
  Headers headers;
  std::string body;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

}  // namespace manta::net
