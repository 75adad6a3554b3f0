#include "cli/call.h"

#include <memory>
#include <optional>
#include <utility>

#include <manta/detail/json.h>

#include "base/task_scope.h"
#include "net/channel.h"
#include "net/wire.h"
#include "spec/error_reply.h"

namespace manta::cli {

Task<Result<net::Response>> call_once(Loop& loop, net::Address address, std::string method, std::string path,
                                      std::string body, Duration timeout) {
  const auto budget = std::make_unique<net::ReceiveBudget>();
  const auto channel = std::make_unique<net::Channel>(loop, std::move(address), net::ChannelOptions{}, *budget);
  net::Request request{
      .method = std::move(method), .target = std::move(path), .authority = "localhost", .body = std::move(body)};
  if (!request.body.empty()) request.headers.add("content-type", net::wire::kJson);
  auto response = co_await channel->call(std::move(request), timeout);
  if (!response || response->status < 400) co_return response;
  auto reply = detail::from_json<spec::ErrorReply>(response->body, UnknownKeys::Ignore);
  if (reply) co_return std::unexpected(spec::to_error(*reply, response->status));
  co_return fail(ErrorCode::Internal, "status " + std::to_string(response->status) + ": " + response->body);
}

namespace {

Task<void> call_then_stop(Loop& loop, net::Address address, std::string method, std::string path, std::string body,
                          Duration timeout, std::optional<Result<net::Response>>& result) {
  result = co_await call_once(loop, std::move(address), std::move(method), std::move(path), std::move(body), timeout);
  loop.stop();
}

}  // namespace

Result<net::Response> call_and_wait(net::Address address, std::string method, std::string path, std::string body,
                                    Duration timeout) {
  SystemClock clock;
  Loop loop(clock);
  std::optional<Result<net::Response>> result;
  TaskScope scope(loop);
  loop.post([&] {
    scope.spawn(
        call_then_stop(loop, std::move(address), std::move(method), std::move(path), std::move(body), timeout, result));
  });
  loop.run();
  return std::move(*result);
}

}  // namespace manta::cli
