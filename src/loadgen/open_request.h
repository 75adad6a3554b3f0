#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "loadgen/event_reader.h"
#include "loadgen/load_plan.h"
#include "loadgen/load_result.h"
#include "net/h1_client.h"

namespace manta::loadgen {

// One place for a request: a connection of its own (HTTP/1.1) or a share of one (HTTP/2). Takes one request after the
// other and measures it. Loop-confined.
class OpenRequest {
 public:
  using OnEnd = std::function<void(OpenRequest&)>;
  using Channels = std::function<net::Channel*()>;  // the one for the next request; null: HTTP/1.1
  OpenRequest(Loop& loop, const LoadPlan& plan, Channels channels, OnEnd on_end);
  ~OpenRequest();
  OpenRequest(const OpenRequest&) = delete;
  OpenRequest& operator=(const OpenRequest&) = delete;

  // `into`: where it counts; null during the warm-up. on_end is called once, later.
  void send(const LoadRequest& request, TimePoint due, LoadResult* into);

 private:
  void start();
  void update();
  void read_events(std::string_view bytes);
  void token(TimePoint now);
  void end(std::string failure, Duration pause = {});
  void count_success();

  Loop& loop_;
  const LoadPlan& plan_;
  Channels channels_;
  net::H1Client client_;
  OnEnd on_end_;
  std::unique_ptr<net::ClientCall> call_;
  TimerId timer_ = 0;

  const LoadRequest* request_ = nullptr;
  LoadResult* into_ = nullptr;
  TimePoint due_{};
  std::optional<TimePoint> first_byte_, first_token_, last_token_;
  EventReader events_;
  std::string event_error_;
  std::optional<int> reported_tokens_;
  std::uint64_t tokens_ = 0;
  bool is_http2_ = false, tried_again_ = false;
};

}  // namespace manta::loadgen
