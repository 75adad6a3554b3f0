#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/address.h"
#include "net/headers.h"

namespace manta::loadgen {

// What is sent: one of a list that is gone through again and again.
struct LoadRequest {
  std::string method = "POST";
  std::string path = "/";
  net::Headers headers;
  std::shared_ptr<const std::string> body;
};

// A load. Closed loop (no rate): `concurrency` requests are always open, so the load follows the server. Open loop: at
// `rate` a second, whatever the server does; a request that finds no free connection waits, and its latency counts from
// the moment it was due, so that a server that stalls cannot hide it (no coordinated omission).
struct LoadPlan {
  net::Address address;
  std::string authority;  // Host; needed
  std::vector<LoadRequest> requests;
  bool http2 = false;
  int connections = 0;   // HTTP/2 connections that the open requests share; 0 = 8 at most
  int concurrency = 64;  // requests open at once; with a rate: at most so many
  std::optional<double> rate;
  double burstiness = 1;  // of the gaps, see Arrivals
  std::uint64_t seed = 1;
  Duration warm_up{};                            // not counted
  Duration duration = std::chrono::seconds(10);  // then no more are sent
  std::optional<std::uint64_t> count;            // so many in all instead of a duration
  Duration timeout = std::chrono::seconds(60);   // of one request
  std::string model;                             // that the requests name; of chats
  bool reads_events = false;                     // answers are server-sent events, with times for tokens
};

}  // namespace manta::loadgen
