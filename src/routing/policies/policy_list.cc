#include "routing/policies/policy_list.h"

#include <array>
#include <string>

#include "routing/policies/power_of_two.h"

namespace manta::routing {
namespace {

struct Entry {
  std::string_view name;
  std::string_view alias;  // Ray Serve's class path
  Policy (*make)();
};

constexpr std::array kPolicies{
    Entry{"power_of_two", "ray.serve._private.request_router:PowerOfTwoChoicesRequestRouter",
          [] { return Policy(power_of_two); }},
};

}  // namespace

Result<Policy> make_policy(std::string_view name) {
  std::string known;
  for (const Entry& entry : kPolicies) {
    if (name == entry.name || name == entry.alias) return entry.make();
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  return fail(ErrorCode::InvalidArgument, "unknown routing policy '" + std::string(name) + "'; there are: " + known);
}

}  // namespace manta::routing
