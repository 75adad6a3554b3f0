#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include <manta/detail/json.h>

#include "cli/call.h"
#include "cli/place_command.h"
#include "cli/terminal.h"
#include "runtime/local/bundle_ledger.h"
#include "spec/reservation.h"

namespace manta::cli {
namespace {

constexpr Duration kTimeout = std::chrono::seconds(10);

int complain(const std::string& message) {
  print_error_line("error: " + message);
  return 1;
}

Result<std::vector<int>> numbers(std::string_view text) {
  std::vector<int> result;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    int number = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), number);
    if (error != std::errc() || end != one.data() + one.size())
      return fail(ErrorCode::InvalidArgument, fmt::format("--bundles: expected numbers like 0,2, found '{}'", one));
    result.push_back(number);
    text = one.size() == text.size() ? "" : text.substr(one.size() + 1);
  }
  return result;
}

Result<runtime::ClaimAnswer> ask(const std::string& socket, const runtime::ClaimRequest& claim) {
  auto body = detail::to_json(claim);
  if (!body) return std::unexpected(std::move(body.error()));
  auto response = call_and_wait({"unix:" + socket}, "POST", "/claim", *std::move(body), kTimeout);
  if (!response) return std::unexpected(std::move(response.error()));
  return detail::from_json<runtime::ClaimAnswer>(response->body);
}

int become(const std::vector<std::string>& command, const runtime::ClaimAnswer& answer) {
  for (const auto& [name, value] : answer.environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv.front(), argv.data());
  return complain(fmt::format("cannot execute {}: {}", command.front(), std::strerror(errno)));
}

}  // namespace

int claim_command(const ClaimRequestLine& request, const Environment& environment) {
  const auto text = environment.get(spec::kPlacementGroupVariable);
  if (!text)
    return complain(fmt::format("{} is not set: only a process that a replica has started can claim bundles",
                                spec::kPlacementGroupVariable));
  auto note = detail::from_json<spec::PlacementGroupNote>(*text, UnknownKeys::Ignore);
  if (!note) return complain(fmt::format("{}: {}", spec::kPlacementGroupVariable, note.error().message));
  auto bundles = numbers(request.bundles);
  if (!bundles) return complain(bundles.error().message);
  const runtime::ClaimRequest claim{.token = note->token,
                                    .bundles = *std::move(bundles),
                                    .count = request.count,
                                    .pid = static_cast<int>(::getpid())};
  const auto answer = ask(note->agent_socket, claim);
  return answer ? become(request.command, *answer) : complain(answer.error().message);
}

}  // namespace manta::cli
