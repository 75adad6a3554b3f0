#pragma once

#include <condition_variable>
#include <coroutine>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/loop.h"
#include "net/exchange.h"
#include "replica/request_decode.h"
#include "replica/servable.h"

namespace manta::replica {

// A streamed answer on its way out: server-sent events, JSON lines, length-prefixed MessagePack or a raw HTTP body. The
// head leaves with the first item, so that an early failure still has its own status. Loop-confined but for
// write_blocking().
class StreamAnswer final : public ItemSink, public std::enable_shared_from_this<StreamAnswer> {
 public:
  struct Options {
    StreamKind kind = StreamKind::Lines;
    std::size_t buffer = 32 << 10;  // bytes ahead of the reader before a writer waits
    Duration keep_alive = std::chrono::seconds(15);
  };

  StreamAnswer(Loop& loop, net::ExchangePtr exchange, Options options);
  ~StreamAnswer() override;

  void open(std::string_view queue);  // arms the keep-alive; `queue` goes into the head
  Task<Result<void>> write(std::string item) override;
  Result<bool> try_write(std::string_view item) override;
  Result<void> write_blocking(std::string item) override;
  void start(int status, net::Headers headers) override;

  bool started() const { return started_; }
  void finish();                                                    // a good end
  void fail_with(const Error& error, std::string_view request_id);  // after the head has left
  // Nobody listens any more: writers fail with Cancelled from now on.
  void close();

 private:
  struct Drained;
  void put(std::string_view item);
  void start_default();
  void start_now(int status, net::Headers headers);
  void flush_blocking();
  void let_blocked_go_on();
  void arm_keep_alive();

  Loop& loop_;
  const net::ExchangePtr exchange_;
  const Options options_;
  std::string queue_;
  std::string frame_;  // of the item that is written: its buffer is used again
  bool started_ = false;
  bool over_ = false;
  bool wrote_since_tick_ = false;
  TimerId keep_alive_ = 0;
  detail::Resumption drained_;

  std::mutex mutex_;  // guards all below: between the loop and a compute thread that writes
  std::condition_variable room_;
  std::vector<std::string> from_thread_;
  std::size_t ahead_ = 0;  // bytes written by the thread and not yet taken by the transport
  bool flush_posted_ = false;
  bool closed_ = false;
};

}  // namespace manta::replica
