#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "net/write_batch.h"

namespace manta::net {

// Where the HTTP/2 connections of one loop read to and write from, as only one of them does at a time: what many
// connections touch in turn stays in the processor's caches, and they need no memory of their own for it. Nothing stays
// in it: what has been read is parsed at once, and what a socket does not take moves to its session. Loop-confined.
struct H2Room {
  static constexpr std::size_t kInput = 64 << 10;

  // In one place for ever: sockets that wait to read have been told of it.
  const std::unique_ptr<char[]> input = std::make_unique_for_overwrite<char[]>(kInput);
  WriteBatch output;
};

}  // namespace manta::net
