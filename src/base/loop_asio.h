#pragma once
// Included by base/loop.cc and the few files of net/ that own sockets; costs seconds to compile.

#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/loop.h"

namespace manta {

struct Loop::Asio {
  boost::asio::io_context io{1};
  boost::asio::steady_timer timer{io};
  TimePoint armed = TimePoint::max();  // when the timer is set to fire
  std::thread::id thread;
};

}  // namespace manta
