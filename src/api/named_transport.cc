#include "api/named_transport.h"

namespace manta::api {
namespace {

TimePoint deadline_of(const TransportCall& call) { return call.context ? call.context->deadline : TimePoint::max(); }

}  // namespace

Task<Result<std::string>> NamedTransport::find(TimePoint deadline) {
  DeploymentNames::Arrival arrival(names_, deadline);
  if (!co_await arrival)
    co_return fail(ErrorCode::DeadlineExceeded,
                   "the time given for the request ran out before the controller said where '" + deployment_ + "' is");
  co_return application_of(names_.names(), deployment_, application_, own_application_);
}

Task<Result<detail::CallResult>> NamedTransport::call(TransportCall call) {
  auto finding = find(deadline_of(call));
  Result<std::string> application = co_await finding;
  if (!application) co_return std::unexpected(std::move(application.error()));
  const auto transport = to_(*application, deployment_);
  auto calling = transport->call(std::move(call));
  Result<detail::CallResult> answer = co_await calling;
  co_return answer;
}

Task<Result<std::unique_ptr<ItemSource>>> NamedTransport::open(TransportCall call) {
  auto finding = find(deadline_of(call));
  Result<std::string> application = co_await finding;
  if (!application) co_return std::unexpected(std::move(application.error()));
  const auto transport = to_(*application, deployment_);
  auto opening = transport->open(std::move(call));
  Result<std::unique_ptr<ItemSource>> items = co_await opening;
  co_return items;
}

}  // namespace manta::api
