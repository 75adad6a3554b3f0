#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/body_stream.h"
#include "net/h1_exchange.h"
#include "net/h1_parser.h"
#include "net/incoming_body.h"
#include "net/input_buffer.h"
#include "net/lazy_timer.h"
#include "net/refusal.h"
#include "net/server_connection.h"
#include "net/socket.h"
#include "net/write_batch.h"

namespace manta::net {

// The server's end of one HTTP/1.x connection. Takes one request at a time; what a pipelining client sends meanwhile
// waits, up to a bound, unparsed. A body that is wanted as it comes is parsed while its request is being answered.
// Phases: Head -> Body -> Answering -> Head ..., then Closing (answers still to be
// written), Lingering (what the peer still sends is dropped, so that it reads the answer), Closed. Loop-confined.
class H1Connection final : public ServerConnection,
                           public Socket::Events,
                           public std::enable_shared_from_this<H1Connection> {
 public:
  H1Connection(std::shared_ptr<ServerContext> context, std::uint64_t id, Socket socket);
  ~H1Connection() override;
  void start(std::string_view received);
  void drain() override;
  void close() override;

  // From its exchange.
  void respond(const Request& request, Response response);
  void begin_answer(const Request& request, int status, const Headers& headers);
  void write_chunk(std::string_view bytes);
  void finish_answer();
  void cut_answer();
  std::size_t queued() const { return batch_.bytes(); }
  void kick();

 private:
  enum class Phase { Head, Body, Answering, Closing, Lingering, Closed };
  enum class Limit { None, Idle, Head, Body, Write, Probe, Linger };
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

  void on_read(std::size_t bytes) override;
  void on_writable() override;
  void on_lost(int error) override;

  void turn();
  void parse();
  bool parse_head();
  bool parse_body();
  bool accept_body();
  void dispatch();
  void dispatch_at_head();
  bool parse_stream();
  bool holds_stream() const;
  void watch_stream();
  void leave_stream();
  static Error body_cut_short();
  void refuse(const Refusal& refusal);
  void answer_complete();
  void probe();
  void flush();
  void read_more();
  Limit current_limit() const;
  Duration length_of(Limit limit) const;
  void set_time_limit();
  void check_time();
  bool tell_drained();
  void wind_up();
  void finish();
  void give_budget();
  bool take_budget(std::size_t body_bytes);
  void append_head(int status, const Headers& headers, std::string_view framing, std::optional<std::size_t> length);

  std::shared_ptr<ServerContext> context_;
  const std::uint64_t id_;
  Socket socket_;
  H1Parser parser_;
  InputBuffer input_;
  WriteBatch batch_;
  std::deque<std::string> bodies_;  // that the batch refers to
  LazyTimer timer_;

  Phase phase_ = Phase::Head;
  Request request_;  // being received
  H1Head head_;
  H1Exchange* exchange_ = nullptr;      // being answered
  std::shared_ptr<BodyStream> stream_;  // of it, while its body comes
  std::size_t stream_left_ = 0;         // of a body that said its length
  std::size_t budgeted_ = 0;
  BodyPace pace_;
  bool keep_alive_ = true;  // after the current answer
  bool chunked_answer_ = false;
  bool bodiless_answer_ = false;  // HEAD, 204, 304
  bool in_turn_ = false;
  bool kicked_ = false;
  bool reading_ = false;
  bool reading_body_ = false;  // straight into request_.body
  bool write_blocked_ = false;
  bool peer_ended_ = false;
  bool refused_ = false;  // what still comes is dropped
  bool probed_ = false;
  bool watched_ = false;       // told when the socket is lost though it is not read
  bool progress_ = false;      // bytes moved in this turn
  Limit limit_ = Limit::None;  // what timer_ stands for
};

}  // namespace manta::net
