#include "control/traffic_endpoint.h"

#include <optional>
#include <string_view>

#include <manta/detail/json.h>

#include "control/admin_reply.h"

namespace manta::control {
namespace {

// The name in "/api/serve/applications/{application}/traffic".
std::optional<std::string> application_in(std::string_view path) {
  constexpr std::string_view kBegin = "/api/serve/applications/", kEnd = "/traffic";
  if (!path.starts_with(kBegin) || !path.ends_with(kEnd) || path.size() <= kBegin.size() + kEnd.size())
    return std::nullopt;
  return std::string(path.substr(kBegin.size(), path.size() - kBegin.size() - kEnd.size()));
}

net::Response take_report(Controller& controller, const std::string& body) {
  const auto report = detail::from_json<spec::TrafficReport>(body, UnknownKeys::Ignore);
  if (!report) return error_answer(report.error());
  const auto taken = controller.traffic().take(*report);
  return taken ? answer(200, "{}") : error_answer(taken.error());
}

net::Response show_traffic(const Controller& controller, const std::string& application) {
  const auto found = controller.applications().find(application);
  if (found == controller.applications().end() || found->second.deleting)
    return error_answer({.code = ErrorCode::NotFound, .message = "there is no application '" + application + "'"});
  return json_answer(controller.traffic().details(application));
}

net::Response change_traffic(Controller& controller, const std::string& application, const net::Request& asked) {
  const auto request = detail::from_json<TrafficRequest>(asked.body);
  if (!request) return error_answer(request.error());
  const auto changed = controller.traffic().change(application, *request, who_asks(asked));
  return changed ? json_answer(controller.traffic().details(application)) : error_answer(changed.error());
}

}  // namespace

bool handle_traffic(Controller& controller, const net::ExchangePtr& exchange, const std::string& path, bool trusted) {
  const net::Request& request = exchange->request();
  if (path == spec::kTrafficPath && trusted) {
    exchange->respond(request.method == "POST" ? take_report(controller, request.body) : method_not_allowed("POST"));
    return true;
  }
  const auto application = application_in(path);
  if (!application) return false;
  if (request.method != "GET" && request.method != "POST") {
    exchange->respond(method_not_allowed("GET, POST"));
    return true;
  }
  controller.when_loaded([&controller, exchange, name = *application] {
    const net::Request& asked = exchange->request();
    exchange->respond(asked.method == "GET" ? show_traffic(controller, name) : change_traffic(controller, name, asked));
  });
  return true;
}

}  // namespace manta::control
