#include "cli/call.h"

#include <memory>
#include <utility>

#include <manta/detail/json.h>

#include "cli/run_to_end.h"
#include "net/channel.h"
#include "net/wire.h"
#include "spec/error_reply.h"

namespace manta::cli {

Task<Result<net::Response>> call_once(Loop& loop, net::Address address, std::string method, std::string path,
                                      std::string body, Duration timeout, std::string by) {
  const auto budget = std::make_unique<net::ReceiveBudget>();
  const auto channel = std::make_unique<net::Channel>(loop, std::move(address), net::ChannelOptions{}, *budget);
  net::Request request{
      .method = std::move(method), .target = std::move(path), .authority = "localhost", .body = std::move(body)};
  if (!request.body.empty()) request.headers.add("content-type", net::wire::kJson);
  if (!by.empty()) request.headers.add(net::wire::kBy, by);
  auto response = co_await channel->call(std::move(request), timeout);
  if (!response || response->status < 400) co_return response;
  auto reply = detail::from_json<spec::ErrorReply>(response->body, UnknownKeys::Ignore);
  if (reply) co_return std::unexpected(spec::to_error(*reply, response->status));
  co_return fail(ErrorCode::Internal, "status " + std::to_string(response->status) + ": " + response->body);
}

Result<net::Response> call_and_wait(net::Address address, std::string method, std::string path, std::string body,
                                    Duration timeout, std::string by) {
  return run_to_end<Result<net::Response>>([&](Loop& loop) {
    return call_once(loop, std::move(address), std::move(method), std::move(path), std::move(body), timeout,
                     std::move(by));
  });
}

}  // namespace manta::cli
