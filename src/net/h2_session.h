#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "net/h2_room.h"
#include "net/h2_stream.h"
#include "net/socket.h"
#include "net/write_batch.h"

struct nghttp2_session;

namespace manta::net {

struct H2Options {
  bool server = true;
  bool limit_resets = true;  // nghttp2's rapid-reset limit
  bool has_date = false;
  std::uint32_t stream_window = 256 << 10;  // what a peer may send on one stream before we consume
  std::uint32_t connection_window = 16 << 20;
  std::uint32_t max_frame = 16 << 10;  // accepted frame size
  std::uint32_t max_streams = 256;     // that the peer may open at once
  std::size_t max_header_bytes = 64 << 10;
  std::size_t most_read = 16 << 10;  // at once, up to H2Room::kInput
};

// One HTTP/2 connection, either role: nghttp2 between a socket and streams. Each turn of it is: read, parse, tell the
// owner what changed, write everything that is ready with one system call. nghttp2 is never entered from inside its own
// callbacks. Loop-confined. Ends once: by the peer, by end() or by close(); every open stream then fails once, on the
// loop.
class H2Session final : public Socket::Events, public std::enable_shared_from_this<H2Session> {
 public:
  // What the two roles do differently. Called from a turn, where methods of the session may be called, except those
  // marked "parsing": there only streams may be changed.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_head(H2Stream& stream) = 0;                     // parsing: all headers are known
    virtual bool on_data(H2Stream& stream, std::size_t bytes) = 0;  // parsing: false drops the rest of the stream
    virtual void on_change(H2Stream& stream) = 0;                   // something a user may want to know
    virtual void on_turn() = 0;                                     // a turn has ended
    virtual void on_end(std::string_view reason) = 0;               // last call
  };

  H2Session(Loop& loop, Socket socket, const H2Options& options, std::shared_ptr<Owner> owner);
  ~H2Session();

  // Starts on a connected socket, with bytes already read from it.
  void start(std::string_view received = {});
  // Starts on this socket, in place of the closed one it was made with.
  void start_on(Socket socket);
  // Starts on a socket that is still connecting.
  void start_when_connected();
  void end(std::string_view reason);    // tells the owner, in a turn
  void close(std::string_view reason);  // does not tell the owner

  // Client. Gives an id to the stream; its request is in stream.in (method, target, authority), out_headers and
  // shared_out.
  void submit_request(H2Stream& stream);
  // Server. Headers and body are in out_headers and out.
  void submit_response(H2Stream& stream, int status, bool has_body);
  void resume(H2Stream& stream);  // bytes, end or abort have been added
  void reset(H2Stream& stream, std::uint32_t code);
  void consumed(H2Stream& stream, std::size_t bytes);  // credits the peer
  void set_window(H2Stream& stream, std::size_t bytes);
  void changed(H2Stream& stream);  // on_change soon, never inline
  // Takes what has been received of the body, also while the socket reads into it.
  std::string take_body(H2Stream& stream);
  void add_queued(std::size_t bytes) { queued_ += bytes; }

  void submit_ping();
  // GOAWAY in two steps (RFC 9113, 6.8): a notice, then, once the peer has answered a PING, the last stream we take.
  void shut_down();
  void finish_shut_down();  // without waiting for the PING
  // Something has been submitted: it is written at the end of this turn, or in a turn of its own.
  void kick();

  bool ended() const { return ended_; }
  bool connected() const { return connected_; }
  bool goaway_received() const { return goaway_received_; }
  bool shutting_down() const { return shutting_down_; }
  bool settings_received() const { return settings_received_; }
  bool in_header_block() const { return in_header_block_; }
  TimePoint header_block_since() const { return header_block_since_; }
  bool write_blocked() const { return write_blocked_; }
  TimePoint write_progress() const { return write_progress_; }  // of the write that is blocked
  TimePoint last_read() const { return last_read_; }
  std::size_t queued() const { return queued_; }
  std::span<H2Stream* const> open_streams() const { return open_; }
  std::size_t requests_made() const { return requests_made_; }
  std::uint32_t remote_max_streams() const;
  Loop& loop() { return loop_; }

 private:
  friend struct H2Callbacks;
  static constexpr std::size_t kBatch = 1 << 20;  // bytes of one gathered write

  void on_read(std::size_t bytes) override;
  void on_writable() override;
  void on_lost(int error) override;

  void receive(const char* data, std::size_t size);
  void read_more();
  void turn();
  void notify();
  void flush();
  void write();
  bool fill();
  void wait_writable(bool progress);
  void open_stream(H2Stream& stream, std::int32_t id);
  void close_stream(H2Stream& stream, std::uint32_t code);
  void fail_streams(std::string_view reason);
  void deliver(H2Stream& stream, const char* data, std::size_t size);
  std::span<char> read_target();
  bool finished() const;

  Loop& loop_;
  Socket socket_;
  const H2Options options_;
  const std::shared_ptr<H2StreamPool> pool_;
  const std::shared_ptr<H2Room> room_;
  std::shared_ptr<Owner> owner_;
  nghttp2_session* nghttp2_ = nullptr;

  std::vector<H2Stream*> open_;
  std::vector<H2StreamRef> changed_;
  std::vector<H2StreamRef> telling_;

  H2Stream* heading_ = nullptr;  // the open stream whose header block is under way
  H2StreamRef reading_;          // the stream whose frame is under way
  std::size_t frame_left_ = 0;   // of the DATA frame under way
  H2StreamRef direct_;           // the socket reads straight into this stream's body
  std::string* direct_into_ = nullptr;
  std::size_t direct_size_ = 0;

  WriteBatch unwritten_;             // what the socket has not taken yet
  WriteBatch* batch_ = &unwritten_;  // that is being filled or written
  std::vector<H2StreamRef> pinned_;  // own bodies the batch refers to
  std::size_t queued_ = 0;           // bytes of streams not yet in a batch
  std::size_t requests_made_ = 0;
  std::size_t answers_made_ = 0;
  TimePoint write_progress_{};
  TimePoint last_read_{};
  TimePoint header_block_since_{};

  bool connected_ = false;
  bool ended_ = false;
  bool in_turn_ = false;
  bool kicked_ = false;
  bool read_pending_ = false;
  bool write_blocked_ = false;
  bool settings_received_ = false;
  bool in_header_block_ = false;
  bool goaway_received_ = false;
  bool shutting_down_ = false;
  bool goaway_due_ = false;
  std::string end_reason_;
};

}  // namespace manta::net
