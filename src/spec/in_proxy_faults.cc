#include "spec/in_proxy_faults.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <manta/detail/describe.h>

namespace manta::spec {
namespace {

// What means something without a replica. max_ongoing_requests bounds nothing, but what bounds nothing harms nobody:
// the bounds are those of the deployments behind.
constexpr std::string_view kFits[] = {"name",
                                      "in_proxy",
                                      "max_ongoing_requests",
                                      "raise_for_batches",
                                      "request_timeout_s",
                                      "graceful_shutdown_wait_loop_s",
                                      "graceful_shutdown_timeout_s",
                                      "initialization_timeout_s",
                                      "logging_config"};

}  // namespace

std::vector<Fault> in_proxy_faults(const DeploymentConfig& config) {
  std::vector<Fault> found;
  if (!config.in_proxy) return found;
  const DeploymentConfig defaults;
  const auto check = [&]<class D>(D) {
    if (std::ranges::find(kFits, std::string_view(D::name)) != std::end(kFits)) return;
    if (config.*D::pointer == defaults.*D::pointer) return;
    found.push_back({.field = D::name,
                     .message = "not together with in_proxy, where there are no replicas that it could be about: "
                                "remove one of the two"});
  };
  [&]<template <class...> class List, class... D>(List<D...>) {
    (check(D()), ...);
  }(detail::Members<DeploymentConfig>());
  return found;
}

}  // namespace manta::spec
