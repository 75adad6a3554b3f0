#include "runtime/local/bundle_ledger.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace manta::runtime {
namespace {

std::string holding_text(const std::string& replica, const std::vector<spec::Bundle>& bundles) {
  std::string text = replica + " holds";
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    text += fmt::format("{} bundle {} ({:g} CPU", i == 0 ? "" : ",", i, bundles[i].resources.num_cpus);
    if (!bundles[i].gpus.empty()) text += fmt::format(", GPU {}", fmt::join(bundles[i].gpus, ","));
    text += ")";
  }
  return text;
}

}  // namespace

void BundleLedger::hold(const std::string& replica, std::string token, std::vector<spec::Bundle> bundles) {
  const std::size_t count = bundles.size();
  held_[replica] = {.token = std::move(token), .bundles = std::move(bundles), .claims = std::vector<Claim>(count)};
}

void BundleLedger::release(const std::string& replica) { held_.erase(replica); }

Error BundleLedger::refusal(const ClaimRequest& request) const {
  std::string wanted;
  for (const auto& [name, amount] : request.resources)
    wanted += fmt::format("{}{:g} {}", wanted.empty() ? "" : ", ", amount, name);
  std::string message = wanted.empty() ? "no replica here has that token"
                                       : fmt::format("{} cannot be reserved by a process of a replica", wanted);
  message += "; it claims what its replica holds, with the token in ";
  message += spec::kPlacementGroupVariable;
  for (const auto& [replica, held] : held_) message += "; " + holding_text(replica, held.bundles);
  return {.code = ErrorCode::InvalidArgument, .message = std::move(message)};
}

Result<std::vector<int>> BundleLedger::choose(const std::string& replica, const Held& held, const ClaimRequest& request,
                                              const BirthOf& birth_of) const {
  const auto user_of = [&](int bundle) {
    const Claim& claim = held.claims[static_cast<std::size_t>(bundle)];
    return claim.pid != 0 && birth_of(claim.pid) == claim.birth ? claim.pid : 0;
  };
  std::vector<int> chosen;
  if (request.bundles.empty()) {
    for (int i = 0; i < static_cast<int>(held.bundles.size()) && static_cast<int>(chosen.size()) < request.count; ++i)
      if (user_of(i) == 0 && held.bundles[static_cast<std::size_t>(i)].node_id == node_id_) chosen.push_back(i);
    if (static_cast<int>(chosen.size()) == request.count) return chosen;
    return fail(ErrorCode::Unavailable,
                fmt::format("{} bundles wanted, {} of {} unclaimed here; {}", request.count, chosen.size(),
                            held.bundles.size(), holding_text(replica, held.bundles)));
  }
  for (const int bundle : request.bundles) {
    if (bundle < 0 || bundle >= static_cast<int>(held.bundles.size()))
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("there is no bundle {}; {}", bundle, holding_text(replica, held.bundles)));
    if (const std::string& node = held.bundles[static_cast<std::size_t>(bundle)].node_id; node != node_id_)
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("bundle {} of {} is on node {}: it is claimed there", bundle, replica, node));
    if (const int user = user_of(bundle); user != 0 && user != request.pid)
      return fail(ErrorCode::Unavailable,
                  fmt::format("bundle {} of {} is claimed by process {}", bundle, replica, user));
    if (std::ranges::find(chosen, bundle) == chosen.end()) chosen.push_back(bundle);
  }
  return chosen;
}

Result<ClaimAnswer> BundleLedger::claim(const ClaimRequest& request, const BirthOf& birth_of) {
  const auto found = std::ranges::find_if(
      held_, [&](const auto& entry) { return !request.token.empty() && entry.second.token == request.token; });
  if (found == held_.end()) return std::unexpected(refusal(request));
  auto& [replica, held] = *found;
  const std::uint64_t birth = birth_of(request.pid);
  if (birth == 0)
    return fail(ErrorCode::InvalidArgument, fmt::format("there is no process {} to claim bundles for", request.pid));
  auto chosen = choose(replica, held, request, birth_of);
  if (!chosen) return std::unexpected(std::move(chosen.error()));
  ClaimAnswer answer{.replica = replica, .bundles = *chosen};
  std::vector<int> gpus;
  for (const int bundle : *chosen) {
    const auto index = static_cast<std::size_t>(bundle);
    held.claims[index] = {.pid = request.pid, .birth = birth};
    answer.held.push_back(held.bundles[index]);
    for (const int gpu : held.bundles[index].gpus)
      if (std::ranges::find(gpus, gpu) == gpus.end()) gpus.push_back(gpu);
  }
  answer.environment["CUDA_VISIBLE_DEVICES"] = fmt::format("{}", fmt::join(gpus, ","));
  return answer;
}

}  // namespace manta::runtime
