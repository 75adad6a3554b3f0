#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <manta/detail/request_context.h>

#include "replica/servable.h"
#include "sim/sleep.h"

namespace manta::replica {

// The user object of these tests; what its methods do is set by the test.
class TestServable final : public Servable {
 public:
  TestServable(Loop& loop, int& destroyed) : loop_(loop), destroyed_(destroyed) {}
  ~TestServable() override { ++destroyed_; }
  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view method) const override { return method != "plain"; }

  Task<Result<Reply>> call(Invocation& invocation) override {
    if (invocation.method->name == "echo")
      co_return Reply{.body = invocation.http ? invocation.http->target : invocation.body};
    if (invocation.method->name == "id") co_return Reply{.body = detail::current_request()->request_id};
    if (invocation.method->name == "bad")
      throw Exception({.code = ErrorCode::InvalidArgument, .message = "bad", .detail = "$.x"});
    if (invocation.method->name == "throws") throw std::runtime_error("oops");
    if (invocation.method->name == "raw")
      co_return Reply{.http =
                          std::make_shared<HttpResponse>(HttpResponse{.status = 201, .body = invocation.http->target})};
    if (invocation.method->name == "sleep") {
      co_await sim::Sleep(loop_, std::chrono::seconds(1));
      co_return Reply{.body = "slept"};
    }
    for (const char* item : {"1", "2"}) {  // stream, and one that fails half-way
      auto written = co_await invocation.items->write(item);
      if (!written) co_return std::unexpected(written.error());
      if (invocation.method->name == "breaks") co_return fail(ErrorCode::AppError, "half-way");
      if (invocation.method->name == "breaks_as_teapot")
        co_return std::unexpected(Error{.code = ErrorCode::AppError, .message = "half-way", .status = 418});
      co_await sim::Sleep(loop_, std::chrono::seconds(20));
    }
    co_return Reply{};
  }
  Result<Reply> call_blocking(Invocation& invocation) override { return Reply{.body = "plain " + invocation.body}; }
  Result<void> check_health() override { return healthy ? Result<void>() : fail(ErrorCode::Unavailable, "sick"); }
  Result<void> reconfigure(const std::string& config) override {
    if (config == "\"bad\"") throw std::runtime_error("not this one");
    reconfigured = config;
    return {};
  }

  bool healthy = true;
  std::string reconfigured;

 private:
  Loop& loop_;
  int& destroyed_;
  const std::vector<spec::MethodSpec> methods_{{.name = "echo"},
                                               {.name = "id"},
                                               {.name = "bad"},
                                               {.name = "throws"},
                                               {.name = "sleep"},
                                               {.name = "plain"},
                                               {.name = "raw", .raw_http = true},
                                               {.name = "stream", .streams = true},
                                               {.name = "breaks", .streams = true},
                                               {.name = "breaks_as_teapot", .streams = true}};
};

}  // namespace manta::replica
