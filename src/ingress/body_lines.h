#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <manta/error.h>
#include <manta/task.h>

#include "base/clock.h"
#include "base/loop.h"
#include "net/exchange.h"
#include "routing/input_sender.h"

namespace manta::ingress {

// The body of a request as the stream of the method it calls: each line is an item as JSON, on its way as soon as it is
// complete; empty lines count for nothing. Takes from the client what is asked for, and no more than a line and a
// window of the connection ahead of that. Loop-confined; holds the exchange, which has a body_stream().
class BodyLines final : public routing::InputSource {
 public:
  // A line longer than `longest` bytes ends the stream with status 413.
  BodyLines(Loop& loop, net::ExchangePtr exchange, std::size_t longest);
  ~BodyLines() override;

  // The first line; nullopt: there is none. DeadlineExceeded when it has not come by then. Before next().
  Task<Result<std::optional<std::string>>> first(TimePoint until);
  Task<Batch> next() override;
  void stop() override;  // what still comes is dropped, so that the client is not held up

 private:
  struct More;
  bool pull();
  std::optional<std::string_view> line();
  std::optional<Batch> available();
  std::optional<Error> failure() const;
  void give_back();
  void drop();

  Loop& loop_;
  const net::ExchangePtr exchange_;
  net::BodyStream& body_;
  const std::size_t longest_;
  std::string text_;          // taken
  std::size_t at_ = 0;        // of the first line that was not given on
  std::size_t searched_ = 0;  // no line ends before
  std::size_t given_ = 0;     // bytes given on and perhaps still in use
};

}  // namespace manta::ingress
