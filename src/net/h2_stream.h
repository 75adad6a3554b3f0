#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "base/clock.h"
#include "net/body_stream.h"
#include "net/channel.h"
#include "net/incoming_body.h"
#include "net/message.h"
#include "net/receive_budget.h"

namespace manta::net {

class H2Session;
class H2StreamPool;

// What a stream that is used again begins with as new.
struct H2StreamState {
  using Callback = std::move_only_function<void()>;

  int references = 0;
  std::shared_ptr<H2StreamPool> pool;
  H2Session* session = nullptr;  // null once closed
  std::int32_t id = 0;
  std::size_t open_index = 0;  // in the session's list
  bool changed = false;        // in the session's list of streams to tell the user about
  TimePoint progress{};        // when bytes last left

  // Received.
  int status = 0;
  std::size_t header_bytes = 0;
  std::optional<std::size_t> content_length;
  bool head_done = false;
  bool ended = false;                  // END_STREAM received
  bool discard = false;                // refused at the headers: what still comes is dropped
  bool taken = false;                  // the user takes the body piece by piece
  std::string landing;                 // where a big frame is read to when the user may take `in.body` meanwhile
  std::size_t landed = 0;              // bytes at the front of `landing` that the user took before the rest arrived
  std::size_t unconsumed = 0;          // received and not yet credited to the peer
  std::size_t window = 0;              // for the answer; 0: the session's
  std::shared_ptr<BodyStream> pieces;  // takes the body instead of `in`; null: the request is given when it is complete
  ReceiveBudget* budget = nullptr;
  std::size_t budgeted = 0;
  BodyPace pace;

  // To send.
  std::shared_ptr<const std::string> shared_out;  // instead of `out`
  std::size_t sent = 0;                           // of `out` or `*shared_out`
  bool last = false;                              // nothing will be added
  bool deferred = false;                          // nghttp2 waits for resume
  bool abort_after = false;                       // RST_STREAM once all has been sent
  bool answer_begun = false;
  bool head_sent = false;   // HEADERS have been given to the socket
  bool dispatched = false;  // given to the handler
  bool parked = false;      // waits for room in the connection's write queue
  std::array<char, 24> number{};
  std::array<char, 4> status_text{};

  // The user's side.
  bool watched = false;  // a ClientCall exists
  bool closed = false;
  std::optional<CallFailure> failure;
  std::string reason;
  Callback on_update;   // client
  Callback on_drained;  // server
  std::size_t low_water = 0;
  Callback on_closed;  // server
};

// One HTTP/2 stream, either role. Referenced by its session until it is closed, by the Exchange or ClientCall in front
// of it, and by writes and reads under way into its buffers. Loop-confined; recycled with its buffers.
struct H2Stream : H2StreamState {
  // Received. A client's stream keeps the request line in `in` and the answer's headers and body as well.
  Request in;
  Headers trailers;
  // To send.
  Headers out_headers;
  Headers out_trailers;
  std::string out;

  std::string_view unsent() const { return std::string_view(shared_out ? *shared_out : out).substr(sent); }
  // Calls those of the callbacks whose time has come. Any of them may drop the user's side or the session.
  void tell();
  bool take_budget(ReceiveBudget& from, std::size_t bytes) { return from.take(bytes) && hold_budget(from, bytes); }
  bool hold_budget(ReceiveBudget& from, std::size_t bytes);  // has been taken; true
  void give_budget();
};

// Streams for reuse: one pool for all connections of a loop. Lives as long as one of them is in use. A bounded number
// is kept, without big buffers.
class H2StreamPool : public std::enable_shared_from_this<H2StreamPool> {
 public:
  boost::intrusive_ptr<H2Stream> take();
  void put_back(H2Stream* stream);

 private:
  std::vector<std::unique_ptr<H2Stream>> free_;
};

void intrusive_ptr_add_ref(H2Stream* stream);
void intrusive_ptr_release(H2Stream* stream);

using H2StreamRef = boost::intrusive_ptr<H2Stream>;

}  // namespace manta::net
